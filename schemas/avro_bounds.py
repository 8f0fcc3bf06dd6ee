"""Whether values by a schema of somebody else's are read in no more time and depth than they
have bytes.
"""

from typing import Any, Final, NamedTuple

DEEPEST: Final = 40
"""Levels that a schema may have; none of ours has more than a dozen. The reader is one in C, whose
stack ends without an error that could be caught.
"""
MOST_PARTS: Final = 5_000
"""Values within a value, lists taken as of one item."""


class Unbounded(ValueError):
    """A few bytes by the schema would be endless values, or too deep ones."""


class _Size(NamedTuple):
    parts: int
    levels: int
    takes_bytes: bool


_PRIMITIVE: Final = _Size(1, 1, takes_bytes=True)
_NULL: Final = _Size(1, 1, takes_bytes=False)


def check_bounds(schema: Any) -> None:
    """Look at a schema as fastavro has parsed it: with the full names of what it names.

    Raises:
        Unbounded: It leads back to itself, is deeper or larger than any record, or has lists of
            what takes no bytes.

    """
    _size(schema, {}, 0)


def _size(schema: Any, named: dict[str, _Size | None], level: int) -> _Size:
    if level > DEEPEST:
        raise Unbounded("it is too deep")
    if isinstance(schema, str):
        return _size_of_name(schema, named)
    if isinstance(schema, list):
        return _around([_size(one, named, level + 1) for one in schema], takes_bytes=True)
    kind = schema["type"]
    if kind in ("array", "map"):
        item = _size(schema["items" if kind == "array" else "values"], named, level + 1)
        if kind == "array" and not item.takes_bytes:
            raise Unbounded("it has lists of what takes no bytes")
        return _around([item], takes_bytes=True)
    if kind in ("record", "error"):
        named[schema["name"]] = None
        fields = [_size(field["type"], named, level + 1) for field in schema["fields"]]
        named[schema["name"]] = size = _around(
            fields, takes_bytes=any(one.takes_bytes for one in fields)
        )
        return size
    if kind in ("enum", "fixed"):
        named[schema["name"]] = size = _NULL if schema.get("size") == 0 else _PRIMITIVE
        return size
    return _size(kind, named, level + 1)


def _size_of_name(name: str, named: dict[str, _Size | None]) -> _Size:
    if name not in named:
        return _NULL if name == "null" else _PRIMITIVE
    size = named[name]
    if size is None:
        raise Unbounded(f"{name} leads back to itself")
    return size


def _around(parts: list[_Size], *, takes_bytes: bool) -> _Size:
    size = _Size(
        1 + sum(one.parts for one in parts),
        1 + max((one.levels for one in parts), default=0),
        takes_bytes,
    )
    if size.parts > MOST_PARTS or size.levels > DEEPEST:
        raise Unbounded("it is too large")
    return size
