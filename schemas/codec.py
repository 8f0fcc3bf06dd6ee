"""Records to Kafka values and back: JSON, or Avro in the Confluent wire format."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, final

import msgspec

from schemas.bad_record import BadRecord, BadRecordCode
from schemas.envelope import NAMESPACE, Header, Stamp
from schemas.json_format import read_json, write_json
from schemas.records import Record
from schemas.registry_errors import RegistryError
from schemas.topics import RECORD_TYPES, find_topic, key_of, topic_of
from schemas.validation import dated, validated

if TYPE_CHECKING:  # The registry's client takes most of a second to import.
    from schemas.registry import Registry

__all__ = [
    "BadRecord",
    "BadRecordCode",
    "Codec",
    "Encoded",
    "Format",
    "Reading",
    "RegistryError",
    "Tombstone",
]

Headers = Sequence[tuple[str, bytes | None]]

_AVRO_MAGIC = 0
_BY_CE_TYPE: dict[bytes | None, type[Record]] = {
    name.encode(): record
    for record in RECORD_TYPES
    for name in (record.__name__, f"{NAMESPACE}.{record.__name__}")
}


class Format(StrEnum):
    """How a value is written."""

    JSON = "json"
    AVRO = "avro"


class Encoded(msgspec.Struct, frozen=True, gc=False):
    """A record as Kafka takes it."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[Header]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A record as it is to be handled, and as it was said: that has a time that cannot be, or ids
    that are empty, or is the same.
    """

    record: Record
    said: Record


@final
class Tombstone(msgspec.Struct, frozen=True):
    """Says on a compacted topic that the key's record is gone."""

    topic: str
    key: str


class Codec:
    """Encodes and decodes the records of all topics.

    Values of either format are read, recognised from the first byte; `output` says which is
    written.

    Args:
        output: The format of what is written.
        registry: Where Avro schemas are registered and found; without one, Avro is not read.
        source: The `ce_source` of what is written.

    Raises:
        ValueError: Avro is to be written, but there is no registry.

    """

    def __init__(
        self,
        output: Format = Format.JSON,
        registry: "Registry | None" = None,
        source: str = "/baton",
    ) -> None:
        self._write: Callable[[Record], bytes] = write_json
        self._avro = None
        if registry is not None:
            from schemas.avro_format import AvroFormat

            self._avro = AvroFormat(registry)
        if output is Format.AVRO:
            if self._avro is None:
                raise ValueError("Avro needs a schema registry: set its URL, or write JSON.")
            self._write = self._avro.write
        self._stamps = {
            record: Stamp(record, source, f"application/{output.value}") for record in RECORD_TYPES
        }

    def encode(self, record: Record | Tombstone, traceparent: str | None = None) -> Encoded:
        """The record's topic, key, value and headers.

        Args:
            record: What is written.
            traceparent: The W3C trace context of the message that caused it.

        """
        trace = [] if traceparent is None else [("traceparent", traceparent.encode())]
        # Not `isinstance`: it asks the records' metaclass, and takes eight times as long.
        if type(record) is Tombstone:
            return Encoded(record.topic, record.key.encode(), None, trace)
        headers = self._stamps[type(record)].headers(record)
        headers += trace
        return Encoded(topic_of(record), key_of(record).encode(), self._write(record), headers)

    def decode(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = (),
        timestamp: int | None = None,
    ) -> Record:
        """The record that a value of a topic says, as `read` gives it."""
        return self.read(topic, value, headers, timestamp).record

    def read(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = (),
        timestamp: int | None = None,
    ) -> Reading:
        """The record that a value of a topic says.

        Args:
            topic: The topic it lies on.
            value: Its bytes.
            headers: Its headers; `ce_type` names the record, as the JSON member `type` does.
                Where neither does it is of the topic's first type.
            timestamp: Its Kafka time stamp in milliseconds; None or below 1 without one. It stands
                in for the time of a message or an update that cannot be.

        Raises:
            BadRecord: It cannot be read, or what it says cannot be. No value raises anything else.
            RegistryError: It is Avro and the registry does not answer, which is not its fault.

        """
        if not value:
            raise BadRecord(BadRecordCode.EMPTY, "The value is empty; send a JSON object or Avro.")
        carried = _carried_by(topic)
        if value[0] == _AVRO_MAGIC:
            return _reading(self._read_avro(value, carried), timestamp, numbers=True)
        record = read_json(value, _named_by(headers, carried) if headers else None, carried)
        return _reading(record, timestamp)

    def _read_avro(self, value: bytes, carried: tuple[type[Record], ...]) -> Record:
        if self._avro is None:
            raise BadRecord(
                BadRecordCode.UNKNOWN_SCHEMA,
                "The value is Avro, but no schema registry is set; set its URL, or send JSON.",
            )
        return self._avro.read(value, carried)


def _reading(record: Record, timestamp: int | None, *, numbers: bool = False) -> Reading:
    try:
        return Reading(validated(record, timestamp, numbers=numbers), record)
    except BadRecord:
        if (again := dated(record, timestamp)) is None:
            raise
        return Reading(validated(again, timestamp, numbers=numbers), record)


def _carried_by(topic: str) -> tuple[type[Record], ...]:
    described = find_topic(topic)
    if described is None:
        raise BadRecord(
            BadRecordCode.UNKNOWN_TOPIC, f"{topic!r} is no topic of Baton; see the topics table."
        )
    return described.records


def _named_by(headers: Headers, carried: tuple[type[Record], ...]) -> type[Record] | None:
    for name, value in headers:
        if name == "ce_type":
            record = _BY_CE_TYPE.get(value)
            if record in carried:
                return record
            raise BadRecord(
                BadRecordCode.UNKNOWN_RECORD,
                f"The topic does not carry what header ce_type names, {(value or b'')[:80]!r}; "
                f"it carries {' and '.join(record.__name__ for record in carried)}.",
            )
    return None
