"""Raw records to typed events; what cannot be read goes to the dead letters."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from schemas.codec import BadRecord, BadRecordCode, Codec, RegistryError, Tombstone
from schemas.fields import LONGEST_ID
from schemas.records import DeadLetter, Header, Millis, Record
from schemas.topics import find_topic, key_of, partition_of
from streams.engine import Batch, BrokerFailed, NewerRelease, SourceRecord

_NEW_WORDS = (BadRecordCode.UNKNOWN_RECORD, BadRecordCode.UNKNOWN_SYMBOL)
WRONG_PARTITION = "wrong_partition"
INTERNAL_ERROR = "internal_error"

LONGEST_TRACE = 128
"""Bytes of a trace context; version 00 has 55 (W3C Trace Context, section 3.2), later ones more."""

KEPT_BYTES = 512 * 1024
"""How much of a value a dead letter keeps; the rest can be read where the record lies."""

KEPT_KEY = 16 * 1024
KEPT_HEADERS = 16 * 1024
"""How much of key and headers it keeps: all of the letter must fit into a record, as JSON too."""

CUT = "baton-cut"
"""The only header of a letter whose record has more headers than are kept."""

KEPT_SENTENCE = 1_000
"""Characters of what is wrong."""


E = TypeVar("E", bound=Record)


PRODUCERS_CLOCK = 0
"""The stamp of a record that the producer dates; see `streams.engine.record.Output`."""


class Received(msgspec.Struct, Generic[E], frozen=True, gc=False):
    """A record that could be read; `said` is the event with the time it was sent with."""

    record: SourceRecord
    event: E
    said: Record


class Inbox(Generic[E]):
    """Reads batches of one agent: typed events out, all else to the dead letters.

    What only a newer release can have written ends the worker: `NewerRelease`.
    """

    def __init__(self, agent: str, codec: Codec, accepts: tuple[type[E], ...]) -> None:
        self.agent = agent
        self.codec = codec
        self._accepts = accepts

    def receive(self, batch: Batch, records: Iterable[SourceRecord]) -> list[Received[E]]:
        """The events of the records in their order."""
        return list(self._receive(batch, records))

    def read(self, record: SourceRecord) -> Received[E]:
        """The event of a record. Raises `BadRecord`, or `BrokerFailed` without a registry."""
        try:
            reading = self.codec.read(record.topic, record.value, record.headers, record.timestamp)
        except RegistryError as error:
            raise BrokerFailed(str(error)) from error
        event = reading.record
        if not isinstance(event, self._accepts):
            raise BadRecord(
                BadRecordCode.UNKNOWN_RECORD, f"the {self.agent} agent does not read it"
            )
        return Received(record, event, reading.said)

    def _receive(self, batch: Batch, records: Iterable[SourceRecord]) -> Iterator[Received[E]]:
        for record in records:
            try:
                received = self.read(record)
            except BadRecord as bad:
                refuse_newer(record, bad.code, str(bad))
                self.set_aside(batch, record, bad.code, str(bad))
                continue
            key = key_of(received.event)
            if partition_of(key.encode(), batch.partitions) != record.partition:
                sentence = (
                    f"the key {key[:100]!r} belongs on another partition: use Java's partitioner"
                )
                self.set_aside(batch, record, WRONG_PARTITION, sentence)
            else:
                yield received

    def set_aside(self, batch: Batch, record: SourceRecord, code: str, sentence: str) -> None:
        """What no ticket ever sees must not make time pass for those that come before it."""
        at = max(record.timestamp, batch.owner.time)
        letter = letter_of(record, self.agent, code, sentence, at, ticket_of(record))
        self._send(batch, record, letter)

    def reject(
        self,
        batch: Batch,
        record: SourceRecord,
        code: str,
        sentence: str,
        ticket_id: str | None = None,
    ) -> None:
        """Send a record to the dead letters with what is wrong with it."""
        letter = letter_of(record, self.agent, code, sentence, batch.now(record), ticket_id)
        self._send(batch, record, letter)

    def _send(self, batch: Batch, record: SourceRecord, letter: DeadLetter) -> None:
        """A letter is kept from the moment it is written, however old its record is."""
        encoded = self.codec.encode(letter, trace_of(record))
        batch.emit(
            encoded.topic, encoded.key, encoded.value, encoded.headers, stamp=PRODUCERS_CLOCK
        )


def refuse_newer(record: SourceRecord, code: str, sentence: str) -> None:
    """Raise `NewerRelease` for a word that an agent wrote and this release does not know.

    On topics that only agents write nobody else can have sent it: the fault is not in the record.
    """
    topic = find_topic(record.topic)
    if topic is not None and topic.is_own and code in _NEW_WORDS:
        # What follows is advice to a sender, and the sender was an agent.
        cause, _, _ = sentence.partition(";")
        raise NewerRelease(
            f"{record.topic}/{record.partition}/{record.offset}: {cause}. A newer release wrote "
            "it: run that one"
        )


def ticket_of(record: SourceRecord) -> str | None:
    """The ticket that a record is of, whatever it says, where its topic's key is a ticket."""
    described = find_topic(record.topic)
    if described is None or described.key != "ticket_id" or not record.key:
        return None
    key = record.key.decode("utf-8", "replace")
    return key if len(key) <= LONGEST_ID else None


def letter_of(
    record: SourceRecord,
    agent: str,
    code: str,
    sentence: str,
    failed_at: Millis,
    ticket_id: str | None = None,
) -> DeadLetter:
    """The dead letter of a record, with as much of it as is kept."""
    return DeadLetter(
        dead_letter_id=f"{record.topic}/{record.partition}/{record.offset}",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        error_code=code,
        error=sentence[:KEPT_SENTENCE],
        failed_at=failed_at,
        agent=agent,
        recorded_at=record.timestamp if record.timestamp > 0 else None,
        key=None if record.key is None else record.key[:KEPT_KEY],
        value=None if record.value is None else record.value[:KEPT_BYTES],
        headers=_kept_headers(record),
        ticket_id=ticket_id,
    )


def _kept_headers(record: SourceRecord) -> tuple[Header, ...]:
    size = sum(len(name) + len(value or b"") for name, value in record.headers)
    if size > KEPT_HEADERS:
        return (Header(name=CUT, value=b"%d" % size),)
    return tuple(Header(name=name, value=value) for name, value in record.headers)


def is_whole(letter: DeadLetter) -> bool:
    """Whether a letter has all of its record."""
    return (
        len(letter.value or b"") < KEPT_BYTES
        and len(letter.key or b"") < KEPT_KEY
        and all(header.name != CUT for header in letter.headers)
    )


def trace_of(record: SourceRecord) -> str | None:
    """The W3C trace context that a record carries: what follows from it carries it on."""
    for name, value in record.headers:
        if name == "traceparent" and value is not None and len(value) <= LONGEST_TRACE:
            return value.decode("ascii", "replace")
    return None


def send(
    batch: Batch,
    codec: Codec,
    outputs: Sequence[Record | Tombstone],
    trace: str | None = None,
    stamp: int | None = None,
) -> None:
    """Emit records on their topics; `trace` is that of the record they follow from, `stamp` as for
    `Batch.emit`.
    """
    for output in outputs:
        encoded = codec.encode(output, trace)
        batch.emit(encoded.topic, encoded.key, encoded.value, encoded.headers, stamp=stamp)
