"""What a person gets who takes over: the whole context, in one record."""

from streams.core.handoff.package import complement, complete

__all__ = ["complement", "complete"]
