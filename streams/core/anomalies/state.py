"""What is kept between reports: a value per fingerprint and a small one per tenant.

Both are frozen values; the anomalies agent owns the store they lie in. A stored value is one
version byte and a msgpack array.
"""

from dataclasses import dataclass

import msgspec

from schemas.records import Anomaly, Millis
from streams.core.anomalies.statistics import Baseline

VERSION = b"\x01"


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """The earliest report of a ticket in a bucket, and whether its account is a large one."""

    at: Millis
    large: bool


Bucket = dict[str, dict[str, Sighting]]
"""Sightings by reporter and ticket id. A reporter is `a:account`, `r:requester` or `t:ticket`."""

Buckets = dict[int, Bucket]
"""Buckets by number: event time divided by the length of a bucket."""


class OpenAnomaly(msgspec.Struct, frozen=True, array_like=True):
    """An anomaly that has not been resolved."""

    anomaly_id: str
    since: Millis
    revision: int
    announced: int
    """Accounts in the window when the last record went out."""
    peak: int
    peak_end: int
    """Last bucket of the window that had the most accounts."""
    expected: float
    tail: float
    hot_until: int
    """Last bucket that lay in a window too full to be chance."""
    affected: dict[str, tuple[Millis, str | None]]
    """Time of report and account id by ticket id."""
    large: tuple[str, ...] = ()
    acknowledged_by: str | None = None


class FingerprintState(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one problem of one tenant."""

    tenant: str
    fingerprint: str
    category: str
    title: str
    component: str | None
    settled: int
    """Last bucket that can no longer change; what belongs there is late."""
    seen_at: Millis
    deadline: Millis
    """When `tick` is to be called."""
    buckets: Buckets = {}
    baseline: Baseline = Baseline()
    open: OpenAnomaly | None = None
    muted_until: Millis = 0


class Source(msgspec.Struct, frozen=True, array_like=True):
    """How far a source partition has come, and when it was last heard of."""

    watermark: Millis
    heard_at: Millis


class Watch(msgspec.Struct, frozen=True, array_like=True):
    """What all fingerprints of a tenant share."""

    sources: dict[int, Source] = {}
    watermark: Millis = 0
    late: int = 0
    pool: Baseline = Baseline()
    open: dict[str, str] = {}
    """Fingerprint by id of the open anomalies."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a report, a timer or an action. A state of None is to be deleted."""

    state: FingerprintState | None
    watch: Watch
    outputs: tuple[Anomaly, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_fingerprint_decoder = msgspec.msgpack.Decoder(FingerprintState)
_watch_decoder = msgspec.msgpack.Decoder(Watch)


def encode_fingerprint(state: FingerprintState) -> bytes:
    """The stored value of a fingerprint's state."""
    return VERSION + _encoder.encode(state)


def decode_fingerprint(value: bytes) -> FingerprintState:
    """The state in a stored value. Raises ValueError when another version wrote it."""
    return _fingerprint_decoder.decode(_body(value))


def encode_watch(watch: Watch) -> bytes:
    """The stored value of a tenant's watch."""
    return VERSION + _encoder.encode(watch)


def decode_watch(value: bytes) -> Watch:
    """The watch in a stored value. Raises ValueError when another version wrote it."""
    return _watch_decoder.decode(_body(value))


def _body(value: bytes) -> bytes:
    if value[:1] != VERSION:
        raise ValueError(
            f"anomaly state of version {value[:1].hex() or 'none'} cannot be read, only"
            f" {VERSION.hex()}: run the release that wrote it, or rebuild the state"
        )
    return value[1:]
