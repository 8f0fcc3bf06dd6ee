"""The Avro schema and the typed record of a contract are twins."""

import json
import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

import fastavro
import msgspec
import pytest

from schemas.avro import schema_of, snake_name
from schemas.envelope import NAMESPACE
from schemas.records import Record
from schemas.topics import RECORD_TYPES

TIMES = {"at", "as_of", "since", "until", "customer_since", "window_start", "window_end"}
TIMES |= {"source_watermark", "effective_from", "open_since", "paused_since"}
DURATIONS = {"target", "elapsed", "elapsed_business", "waited", "expected_wait", "time_to_human"}
DURATIONS |= {"paused"}
NAMES = {str: "string", int: "long", float: "double", bool: "boolean", bytes: "bytes"}

each_record = pytest.mark.parametrize("record_type", RECORD_TYPES, ids=snake_name)


def described(annotation: Any) -> Any:
    """The Avro type of an annotation, named types by their name alone."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return described(arguments[0])
    if origin in (Union, types.UnionType):
        return ["null", *(described(part) for part in arguments if part is not types.NoneType)]
    if origin is tuple:
        return {"array": described(arguments[0])}
    if origin is dict:
        return {"map": described(arguments[1])}
    return NAMES.get(annotation, annotation.__name__)


def written(schema: Any) -> Any:
    """The same of a type as a schema says it."""
    if isinstance(schema, list):
        return [written(part) for part in schema]
    if isinstance(schema, str):
        return schema
    if schema["type"] == "array":
        return {"array": written(schema["items"])}
    if schema["type"] == "map":
        return {"map": written(schema["values"])}
    return schema.get("name", schema["type"])


def named_types(schema: Any) -> Iterator[dict[str, Any]]:
    """Every record and enum defined within a schema, itself included."""
    if isinstance(schema, list):
        for part in schema:
            yield from named_types(part)
    elif isinstance(schema, dict):
        if "name" in schema:
            yield schema
        for field in schema.get("fields", ()):
            yield from named_types(field["type"])
        for inside in ("items", "values"):
            yield from named_types(schema.get(inside))


def parts_of(annotation: Any) -> Iterator[type]:
    """Every struct and enum that an annotation is made of, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
        for field in msgspec.structs.fields(annotation):
            yield from parts_of(field.type)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    value = field.default if made is msgspec.NODEFAULT else made()
    return msgspec.to_builtins(value)


@each_record
def test_a_schema_parses_by_itself_and_is_named_like_its_record(record_type: type[Record]) -> None:
    schema = schema_of(record_type)
    fastavro.parse_schema(schema)
    assert (schema["namespace"], schema["name"]) == (NAMESPACE, record_type.__name__)


@each_record
def test_schema_and_record_agree_field_by_field(record_type: type[Record]) -> None:
    classes = {part.__name__: part for part in parts_of(record_type)}
    schemas = {schema["name"]: schema for schema in named_types(schema_of(record_type))}
    assert schemas.keys() == classes.keys()
    for name, part in classes.items():
        if issubclass(part, Enum):
            assert schemas[name]["symbols"] == [symbol.value for symbol in part], name
            continue
        assert issubclass(part, msgspec.Struct)
        fields = msgspec.structs.fields(part)
        assert [field["name"] for field in schemas[name]["fields"]] == [f.name for f in fields]
        for avro, ours in zip(schemas[name]["fields"], fields, strict=True):
            where = f"{name}.{ours.name}"
            assert written(avro["type"]) == described(ours.type), where
            assert ("default" in avro) is not ours.required, where
            if not ours.required:
                assert avro["default"] == msgspec.json.decode(
                    msgspec.json.encode(default_of(ours))
                ), where


@each_record
def test_everything_in_a_schema_is_documented(record_type: type[Record]) -> None:
    for schema in named_types(schema_of(record_type)):
        assert schema["doc"].endswith("."), schema["name"]
        for field in schema.get("fields", ()):
            assert field["doc"].endswith("."), f"{schema['name']}.{field['name']}"


@each_record
def test_times_say_so_and_durations_give_their_unit(record_type: type[Record]) -> None:
    for schema in named_types(schema_of(record_type)):
        for field in schema.get("fields", ()):
            name, kind = field["name"], json.dumps(field["type"])
            is_time = name in TIMES or name.endswith(("_at", "_as_of"))
            is_time = is_time or (schema["name"], name) == ("UsedInputs", "clock")
            if "fields" not in kind:
                assert ("timestamp-millis" in kind) is is_time, name
            assert name not in DURATIONS or "milliseconds" in field["doc"], name


@each_record
def test_optional_fields_are_null_and_enums_have_a_symbol_for_what_is_not_known(
    record_type: type[Record],
) -> None:
    for schema in named_types(schema_of(record_type)):
        if schema["type"] == "enum":
            assert schema["default"] in schema["symbols"]
            assert "unknown" not in schema["symbols"] or schema["default"] == "unknown"
        for field in schema.get("fields", ()):
            if isinstance(field["type"], list):
                assert field["type"][0] == "null", field["name"]
                assert field["default"] is None, field["name"]
