"""Reports that mean the same are one problem, whatever error they quote, if any.

Each report carries the vector of its words (`detectors.meaning`). It belongs to the cluster with
the nearest centre, or founds one where none is near. Where no error names the problem the cluster
does; beside an error it is a second name. A component that both name brings the two
nearer, another one keeps them apart. A centre follows its first reports and then stays, so that a
tenant's clusters are written only while something is learned. Where there are too many, the one
that was not met for longest goes.

Products of vectors are sums of whole numbers, exact in any order: every machine groups alike.
"""

from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from detectors.meaning import SCALE
from schemas.records import Millis, ProblemReport
from streams.core.anomalies.centres import SETTLED, Vector, moved, packed, vector
from streams.core.anomalies.grouping import Placed
from streams.core.versioned import body

VERSION: Final = b"\x01"
MOST_CLUSTERS: Final = 512
RENEWED: Final = 3_600_000
"""Milliseconds after which it is noted again that a cluster was met."""
NEAR: Final = 0.5
"""Cosine from which on two are one problem; chosen on the first half of our own wordings."""
AGREES: Final = 0.2
"""What the same component adds to the cosine."""
DIFFERS: Final = 0.2
"""What another component takes from it."""


class Meanings(msgspec.Struct, array_like=True):
    """A tenant's clusters, one place a cluster in each list. Whoever decoded it owns it."""

    names: list[str] = []
    components: list[str | None] = []
    weights: list[int] = []
    met: list[Millis] = []
    centres: bytes = b""
    """All centres one after another, a signed byte a number."""
    evicted: int = 0
    """Clusters given up for want of room."""


def is_meant(report: ProblemReport) -> bool:
    """Whether a report's meaning is what names its problem."""
    return report.error_text is None and report.meaning != ()


def means_more(report: ProblemReport) -> bool:
    """Whether a report's words say more than that there is an error: they name a part."""
    return report.component is not None and vector(report) != ()


def meanings_name(report: ProblemReport) -> str:
    """Under which name the clusters that a report can belong to are kept."""
    return f"{report.tenant}\x00{report.meaning_version}.{len(vector(report))}"


def place_meaning(meanings: Meanings, report: ProblemReport, at: Millis) -> Placed:
    """The cluster of a report, named for the one that founded it; the clusters learn the report."""
    numbers = vector(report)
    number = _nearest(meanings, numbers, report.component)
    if number is None:
        return _found(meanings, numbers, report, at)
    learned = meanings.weights[number] < SETTLED
    if learned:
        _follow(meanings, number, numbers, report.component)
    if at - meanings.met[number] >= RENEWED:
        meanings.met[number], learned = at, True
    return Placed(meanings.names[number], learned=learned)


def encode_meanings(meanings: Meanings) -> bytes:
    """The stored value of a tenant's clusters."""
    return VERSION + msgspec.msgpack.encode(meanings)


def decode_meanings(value: bytes) -> Meanings:
    """The clusters in a stored value. Raises ValueError, `NewerVersion`."""
    return msgspec.msgpack.decode(body(value, VERSION, "a tenant's meanings"), type=Meanings)


def _nearest(meanings: Meanings, numbers: Vector, component: str | None) -> int | None:
    if not meanings.names:
        return None
    centres = np.frombuffer(meanings.centres, np.int8).reshape(len(meanings.names), -1)
    cosines = centres.astype(np.float32) @ np.array(numbers, np.float32) / SCALE**2
    # Agreement brings no other one near enough.
    those = np.flatnonzero(cosines >= NEAR - AGREES)
    if not those.size:
        return None
    near = cosines[those]
    near += [_agreement(meanings.components[one], component) for one in those]
    best = near.argmax()
    return int(those[best]) if near[best] >= NEAR else None


def _agreement(known: str | None, component: str | None) -> float:
    if known is None or component is None:
        return 0.0
    return AGREES if known == component else -DIFFERS


def _follow(meanings: Meanings, number: int, numbers: Vector, component: str | None) -> None:
    size, weight = len(numbers), meanings.weights[number]
    start = number * size
    centre = moved(meanings.centres[start : start + size], weight, numbers)
    meanings.centres = b"".join(
        (meanings.centres[:start], centre, meanings.centres[start + size :])
    )
    meanings.weights[number] = weight + 1
    meanings.components[number] = meanings.components[number] or component


def _found(meanings: Meanings, numbers: Vector, report: ProblemReport, at: Millis) -> Placed:
    if len(meanings.names) >= MOST_CLUSTERS:
        _evict(meanings, len(numbers))
    label = f"{report.meaning_version}\x00{report.report_id}".encode(errors="replace")
    name = blake2b(label, digest_size=8).hexdigest()
    meanings.names.append(name)
    meanings.components.append(report.component)
    meanings.weights.append(1)
    meanings.met.append(at)
    meanings.centres += packed(numbers)
    return Placed(name, learned=True)


def _evict(meanings: Meanings, size: int) -> None:
    number = meanings.met.index(min(meanings.met))
    for places in (meanings.names, meanings.components, meanings.weights, meanings.met):
        del places[number]
    meanings.centres = meanings.centres[: number * size] + meanings.centres[(number + 1) * size :]
    meanings.evicted += 1
