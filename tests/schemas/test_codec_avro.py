"""Avro comes back as it went, and understands confluent-kafka's own serializers."""

import json
from contextlib import suppress
from typing import Any

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import avro_bounds
from schemas.avro import schema_of
from schemas.bad_record import BadRecordCode
from schemas.codec import BadRecord, Codec, Format
from schemas.records import (
    Attachment,
    ConversationMessage,
    DeadLetter,
    Header,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
)
from schemas.registry import Registry
from schemas.topics import RECORD_TYPES

NOW = 1_750_000_000_123
CONVERSATIONS = "support.conversations"
REGISTRY = Registry()
CODEC = Codec(Format.AVRO, REGISTRY)

MESSAGE = ConversationMessage(
    message_id="m-1",
    ticket_id="t-1",
    role=Role.CUSTOMER,
    text="The export fails, ünd häufig 😀",
    sent_at=NOW,
    attachments=(Attachment(media_type="image/png", size_bytes=12),),
    confidence=0.25,
    attributes={"plan": "pro"},
)
UPDATE = TicketUpdate(update_id="u", ticket_id="t-1", kind=UpdateKind.OPENED, occurred_at=NOW)
LETTER = DeadLetter(
    dead_letter_id="x",
    topic=CONVERSATIONS,
    partition=0,
    offset=1,
    error_code="empty",
    error="The value is empty.",
    failed_at=NOW,
    agent="tickets",
    key=b"\xff",
    headers=(Header(name="a", value=b"\xfe"), Header(name="b")),
)


def avro(record: Record) -> bytes:
    value = CODEC.encode(record).value
    assert value is not None
    return value


def refusal(value: bytes, topic: str = CONVERSATIONS) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        CODEC.decode(topic, value)
    return caught.value


def registered(schema: dict[str, Any]) -> bytes:
    """The first five bytes of values written by a schema of somebody's own."""
    from confluent_kafka.schema_registry import Schema

    name = f"{schema['namespace']}.{schema['name']}-theirs"
    schema_id: int = REGISTRY.client.register_schema(name, Schema(json.dumps(schema), "AVRO"))
    return b"\x00" + schema_id.to_bytes(4, "big")


@pytest.mark.parametrize("record", [MESSAGE, UPDATE, LETTER], ids=lambda it: type(it).__name__)
def test_a_record_comes_back_as_it_went(record: Record) -> None:
    encoded = CODEC.encode(record)
    assert encoded.value is not None
    assert encoded.value[0] == 0
    assert dict(encoded.headers)["content-type"] == b"application/avro"
    assert CODEC.decode(encoded.topic, encoded.value, encoded.headers, NOW) == record


def test_a_codec_reads_the_format_that_it_does_not_write() -> None:
    written_as_json = Codec().encode(MESSAGE)
    assert CODEC.decode(written_as_json.topic, written_as_json.value) == MESSAGE
    assert Codec(Format.JSON, REGISTRY).decode(CONVERSATIONS, avro(UPDATE)) == UPDATE


def test_registries_in_memory_agree_on_the_ids() -> None:
    assert Codec(registry=Registry()).decode(CONVERSATIONS, avro(UPDATE)) == UPDATE


def test_an_older_writer_is_read_by_our_schema() -> None:
    schema = schema_of(TicketUpdate)
    fields = [field for field in schema["fields"] if "default" not in field]
    prefix = registered({**schema, "fields": fields})
    names = [field["name"] for field in fields]
    assert names == ["update_id", "ticket_id", "kind", "occurred_at"]
    body = avro(UPDATE)[5:]
    shortest = body[: body.index(b"default") - 1]
    assert CODEC.decode(CONVERSATIONS, prefix + shortest) == UPDATE


def test_numbers_that_are_none_are_refused() -> None:
    for number in (float("nan"), float("inf")):
        value = avro(msgspec.structs.replace(MESSAGE, confidence=number))
        assert refusal(value).code == BadRecordCode.INSANE_NUMBER


def test_another_topics_record_is_refused() -> None:
    assert refusal(avro(LETTER)).code == BadRecordCode.UNKNOWN_RECORD


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\x00", BadRecordCode.NOT_DECODABLE),
        (b"\x00\x00\x00\x00", BadRecordCode.NOT_DECODABLE),
        (b"\x00\x7f\xff\xff\xff", BadRecordCode.UNKNOWN_SCHEMA),
        (avro(MESSAGE)[:20], BadRecordCode.NOT_DECODABLE),
        (avro(MESSAGE) + b"\x00", BadRecordCode.NOT_DECODABLE),
        (avro(MESSAGE)[:5], BadRecordCode.NOT_DECODABLE),
    ],
)
def test_avro_that_cannot_be_read_is_refused(value: bytes, code: BadRecordCode) -> None:
    assert refusal(value).code == code


def beside_ours(kind: Any) -> dict[str, Any]:
    """Our schema with one more field before the others."""
    schema = schema_of(ConversationMessage)
    return {**schema, "fields": [{"name": "theirs", "type": kind}, *schema["fields"]]}


def nested(levels: int) -> Any:
    kind: Any = "int"
    for _ in range(levels):
        kind = {"type": "array", "items": kind}
    return kind


def doubled(times: int) -> Any:
    """A record of two records of two records and so on, the last of which has no bytes."""
    kind: Any = {"type": "record", "name": "D0", "fields": []}
    for number in range(times):
        fields = [{"name": "a", "type": kind}, {"name": "b", "type": f"baton.support.D{number}"}]
        kind = {"type": "record", "name": f"D{number + 1}", "fields": fields}
    return kind


CYCLE = {
    "type": "record",
    "name": "Node",
    "fields": [{"name": "next", "type": ["null", "baton.support.Node"]}],
}
NOTHING = [
    "null",
    {"type": "fixed", "name": "F", "size": 0},
    {"type": "record", "name": "E", "fields": [{"name": "n", "type": "null"}]},
]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (CYCLE, b"\x02" * 10),  # by 100,000 of these the process died
        *(({"type": "array", "items": one}, b"\xc0\x84\x3d\x00") for one in NOTHING),
        (nested(50), b"\x02" * 50),
        (nested(900), b"\x02" * 900),
        (doubled(16), b""),
        ({"type": "enum", "name": "N"}, b""),
        ({"type": "array"}, b""),
    ],
)
def test_a_schema_whose_values_have_no_bound_is_refused(kind: Any, body: bytes) -> None:
    prefix = registered(beside_ours(kind))
    assert refusal(prefix + body + avro(MESSAGE)[5:]).code == BadRecordCode.UNKNOWN_SCHEMA


def test_a_schema_that_says_it_is_parsed_already_is_looked_at_all_the_same() -> None:
    notes = {"__fastavro_parsed__": True, "__named_schemas": {"baton.support.Node": CYCLE}}
    prefix = registered({**beside_ours("baton.support.Node"), **notes})
    value = prefix + b"\x02" * 10 + b"\x00" + avro(MESSAGE)[5:]
    assert refusal(value).code == BadRecordCode.UNKNOWN_SCHEMA


def test_a_newer_schema_with_a_new_part_is_read() -> None:
    part = {"type": "record", "name": "Part", "fields": [{"name": "n", "type": ["null", "int"]}]}
    both = {"type": "record", "name": "Both", "fields": [
        {"name": "a", "type": part},
        {"name": "b", "type": {"type": "array", "items": "baton.support.Part"}},
    ]}  # fmt: skip
    prefix = registered(beside_ours(both))
    assert CODEC.decode(CONVERSATIONS, prefix + b"\x00\x00" + avro(MESSAGE)[5:]) == MESSAGE


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_our_own_schemas_stay_far_within_the_bounds(record_type: type[Record]) -> None:
    size = avro_bounds._size(fastavro.parse_schema(schema_of(record_type)), {}, 0)
    assert size.levels < avro_bounds.DEEPEST / 2
    assert size.parts < avro_bounds.MOST_PARTS / 10


@given(st.data())
def test_avro_with_bytes_cut_and_changed_raises_nothing_else(data: st.DataObject) -> None:
    value = bytearray(avro(data.draw(st.sampled_from([MESSAGE, UPDATE]))))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(value)))
        end = data.draw(st.integers(start, min(len(value), start + 8)))
        value[start:end] = data.draw(st.binary(max_size=8))
    with suppress(BadRecord):
        CODEC.decode(CONVERSATIONS, bytes(value), (), NOW)


@given(st.sampled_from([MESSAGE, UPDATE]), st.binary(max_size=80))
def test_a_random_body_raises_nothing_else(record: Record, body: bytes) -> None:
    with suppress(BadRecord):
        CODEC.decode(CONVERSATIONS, avro(record)[:5] + body)


def test_confluents_deserializer_reads_what_we_write() -> None:
    from confluent_kafka.schema_registry.avro import AvroDeserializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    read = AvroDeserializer(REGISTRY.client)
    context = SerializationContext(CONVERSATIONS, MessageField.VALUE)
    fields = read(avro(MESSAGE), context)
    assert fields["message_id"] == "m-1"
    assert fields["role"] == "customer"
    assert int(fields["sent_at"].timestamp() * 1000) == NOW


def test_we_read_what_confluents_serializer_writes() -> None:
    from confluent_kafka.schema_registry import record_subject_name_strategy
    from confluent_kafka.schema_registry.avro import AvroSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    write = AvroSerializer(
        REGISTRY.client,
        json.dumps(schema_of(ConversationMessage)),
        conf={"subject.name.strategy": record_subject_name_strategy},
    )
    context = SerializationContext(CONVERSATIONS, MessageField.VALUE)
    value = write(msgspec.to_builtins(MESSAGE), context)
    assert CODEC.decode(CONVERSATIONS, value) == MESSAGE
