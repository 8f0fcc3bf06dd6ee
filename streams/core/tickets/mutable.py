"""Structs whose fields are set again and again."""

from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def mutable(kind: type[S]) -> type[S]:
    """Let fields be set by Python's own function: the interpreter knows it, and takes a fourteenth
    of the time for it.

    That of msgspec also tells the collector of cycles what it may have to follow, and so this is
    only for structs that the collector leaves alone. Raises TypeError for any other.
    """
    if kind.__struct_config__.gc is not False:
        raise TypeError(f"{kind.__name__} is followed by the collector: only for gc=False")
    for name in ("__setattr__", "__delattr__"):
        setattr(kind, name, getattr(object, name))
    return kind
