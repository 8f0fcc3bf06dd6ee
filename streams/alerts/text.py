"""Words for people, cut where a receiver's limits say."""

from datetime import UTC, datetime

from schemas.records import DurationMillis, Millis

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000))


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def duration(length: DurationMillis) -> str:
    """The two largest units: `1 h 5 min`."""
    parts = []
    for unit, size in _UNITS:
        count, length = divmod(length, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def moment(at: Millis) -> str:
    """RFC 3339, in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clip(text: str, most: int) -> str:
    """At most so many characters; a cut one ends with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def lines_of(facts: dict[str, str]) -> str:
    """A fact a line: `large accounts: acme`."""
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in facts.items())
