"""Names of what is counted: a fingerprint's is its id, a category's is marked as one."""

from hashlib import blake2b

from schemas.records import Millis

_CATEGORY = "category:"


def category_name(category: str) -> str:
    """The subject of a category."""
    return _CATEGORY + category


def is_category(name: str) -> bool:
    """Whether a subject is a category rather than a fingerprint."""
    return name.startswith(_CATEGORY)


def newest(names: tuple[str, ...], more: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Names with more of them, at most so many, the newest last."""
    return tuple(dict.fromkeys((*names, *more)))[-most:]


def anomaly_id(tenant: str, subject: str, since: Millis) -> str:
    """The id of the anomaly that a subject opened and whose first report was at `since`."""
    name = "\x00".join((tenant, subject, str(since))).encode("utf-8", "surrogatepass")
    return f"anomaly-{blake2b(name, digest_size=8).hexdigest()}"
