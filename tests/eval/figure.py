"""One measured value."""

import msgspec


class Figure(msgspec.Struct):
    """A value of a signal on a set; `low` and `high` bound its 95 % interval."""

    set: str
    signal: str
    what: str
    value: float
    low: float | None = None
    high: float | None = None
    texts: int = 0
