"""What any earlier version of a schema wrote can be read (BACKWARD_TRANSITIVE)."""

import json
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from typing import Any

import avro.schema
import fastavro
import msgspec
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from fastavro.utils import generate_many

from schemas.avro import schema_of, snake_name, versions_of
from schemas.records import ConversationMessage, Record
from schemas.topics import RECORD_TYPES

Schema = dict[str, Any]

# Its constructor has no annotations.
_Checker: Any = ReaderWriterCompatibilityChecker

each_record = pytest.mark.parametrize("record_type", RECORD_TYPES, ids=snake_name)


def incompatibilities(reader: Schema, writer: Schema) -> set[str]:
    """Why a reader cannot read what a writer wrote, by Avro's resolution rules; none if it can."""
    verdict = _Checker().get_compatibility(
        reader=avro.schema.parse(json.dumps(reader)), writer=avro.schema.parse(json.dumps(writer))
    )
    if verdict.compatibility is SchemaCompatibilityType.compatible:
        return set()
    return verdict.messages or {"incompatible"}


@each_record
def test_the_current_schema_is_the_newest_version_kept(record_type: type[Record]) -> None:
    name, versions = snake_name(record_type), versions_of(record_type)
    assert versions, f"keep the first version: copy {name}.avsc to versions/{name}/1.avsc"
    assert schema_of(record_type) == versions[-1], (
        f"{name}.avsc was changed: copy it to versions/{name}/{len(versions) + 1}.avsc. A version "
        "that was released is never edited; one that was not may be replaced."
    )


@each_record
def test_the_current_schema_reads_what_every_earlier_version_wrote(
    record_type: type[Record],
) -> None:
    current = schema_of(record_type)
    reader = fastavro.parse_schema(deepcopy(current))
    for number, version in enumerate(versions_of(record_type), 1):
        assert not incompatibilities(current, version), f"version {number}"
        writer = fastavro.parse_schema(deepcopy(version))
        for fields in generate_many(writer, 5):
            body = BytesIO()
            fastavro.schemaless_writer(body, writer, fields)
            body.seek(0)
            assert fastavro.schemaless_reader(body, writer, reader)


def field_named(schema: Schema, name: str) -> Schema:
    return next(field for field in schema["fields"] if field["name"] == name)


def add_required(schema: Schema) -> None:
    schema["fields"].append({"name": "brand", "type": "string", "doc": "The brand."})


def rename(schema: Schema) -> None:
    field_named(schema, "ticket_id")["name"] = "case_id"


def narrow(schema: Schema) -> None:
    field_named(schema, "sent_at")["type"] = "int"


def forbid_null(schema: Schema) -> None:
    field_named(schema, "subject").update(type="string", default="")


def drop_symbol_and_default(schema: Schema) -> None:
    roles = field_named(schema, "role")["type"]
    roles["symbols"].remove("system")
    del roles["default"]


def retype_inside(schema: Schema) -> None:
    attachment = field_named(schema, "attachments")["type"]["items"]
    field_named(attachment, "media_type")["type"] = "long"


@pytest.mark.parametrize(
    "break_it",
    [add_required, rename, narrow, forbid_null, drop_symbol_and_default, retype_inside],
    ids=lambda change: change.__name__,
)
def test_an_incompatible_change_is_found(break_it: Callable[[Schema], None]) -> None:
    changed = deepcopy(schema_of(ConversationMessage))
    break_it(changed)
    assert incompatibilities(changed, schema_of(ConversationMessage))


def add_optional(schema: Schema) -> None:
    schema["fields"].append(
        {"name": "brand", "type": ["null", "string"], "doc": "The brand.", "default": None}
    )


def add_symbol(schema: Schema) -> None:
    field_named(schema, "role")["type"]["symbols"].insert(0, "partner")


def drop_optional(schema: Schema) -> None:
    schema["fields"].remove(field_named(schema, "intent"))


@pytest.mark.parametrize(
    "change", [add_optional, add_symbol, drop_optional], ids=lambda change: change.__name__
)
def test_a_compatible_change_passes(change: Callable[[Schema], None]) -> None:
    changed = deepcopy(schema_of(ConversationMessage))
    change(changed)
    assert not incompatibilities(changed, schema_of(ConversationMessage))


def test_a_symbol_not_known_yet_reads_as_unknown_in_both_formats() -> None:
    newer = deepcopy(schema_of(ConversationMessage))
    add_symbol(newer)
    message = {
        "message_id": "m-1",
        "ticket_id": "t-1",
        "role": "partner",
        "text": "Hello.",
        "sent_at": 1_750_000_000_000,
    }
    writer = fastavro.parse_schema(newer)
    reader = fastavro.parse_schema(deepcopy(schema_of(ConversationMessage)))
    body = BytesIO()
    fastavro.schemaless_writer(body, writer, message)
    body.seek(0)
    read = fastavro.schemaless_reader(body, writer, reader)
    assert isinstance(read, dict)
    assert read["role"] == "unknown"
    assert msgspec.convert(message, ConversationMessage).role == "unknown"
