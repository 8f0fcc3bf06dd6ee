"""States as they are stored: one version byte and a msgpack array."""

import msgspec

from streams.core.anomalies import first_version
from streams.core.anomalies.affected import with_samples
from streams.core.anomalies.state import Incident, Subject, Watch
from streams.core.versioned import body

VERSION = b"\x03"
SECOND = b"\x02"
"""Its incidents held their affected tickets, and no samples of them."""

_encoder = msgspec.msgpack.Encoder()
_subject_decoder = msgspec.msgpack.Decoder(Subject)
_incident_decoder = msgspec.msgpack.Decoder(Incident)
_watch_decoder = msgspec.msgpack.Decoder(Watch)


def encode(state: Subject | Incident | Watch) -> bytes:
    """The stored value of a state."""
    return VERSION + _encoder.encode(state)


def decode_subject(value: bytes) -> Subject:
    """The subject in a stored value. Raises ValueError, `NewerVersion`."""
    if value[:1] == first_version.VERSION:
        return first_version.subject_of(value[1:])
    return _subject_decoder.decode(body(value, VERSION, "an anomaly's state"))


def decode_incident(value: bytes) -> Incident:
    """The incident in a stored value. Raises ValueError, `NewerVersion`."""
    incident = _incident_decoder.decode(body(value, VERSION, "an anomaly's state"))
    return with_samples(incident) if value[:1] == SECOND else incident


def decode_watch(value: bytes) -> Watch:
    """The watch in a stored value. Raises ValueError, `NewerVersion`."""
    if value[:1] == first_version.VERSION:
        return first_version.watch_of(value[1:])
    return _watch_decoder.decode(body(value, VERSION, "an anomaly's state"))
