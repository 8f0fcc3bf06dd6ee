"""What a person gets who takes over: the whole context, in one record."""

from streams.core.handoff.package import carry, complement, complete

__all__ = ["carry", "complement", "complete"]
