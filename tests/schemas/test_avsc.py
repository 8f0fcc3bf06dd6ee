"""The contracts as a set: no stray files, one meaning a type, every allowed value travels."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from fastavro.utils import generate_many

from schemas.avro import FOLDER, schema_of, snake_name
from schemas.avro_format import AvroFormat
from schemas.records import Record
from schemas.registry import Registry
from schemas.topics import RECORD_TYPES

NAMES = {snake_name(record_type) for record_type in RECORD_TYPES}
FORMAT = AvroFormat(Registry())


def by_reference(schema: Any) -> Any:
    """A type with the named types it is made of as mere names."""
    if isinstance(schema, list):
        return [by_reference(part) for part in schema]
    if isinstance(schema, dict):
        if "name" in schema and schema["type"] in ("record", "enum"):
            return schema["name"]
        return {key: by_reference(part) for key, part in schema.items()}
    return schema


def definitions(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every record and enum defined within a schema, by its name."""
    for part in schema if isinstance(schema, list) else [schema]:
        if not isinstance(part, dict):
            continue
        if part["type"] in ("record", "enum"):
            fields = [
                {**field, "type": by_reference(field["type"])} for field in part.get("fields", ())
            ]
            yield part["name"], {**part, "fields": fields, "namespace": None}
        for inside in (part.get("items"), part.get("values")):
            yield from definitions(inside)
        for field in part.get("fields", ()):
            yield from definitions(field["type"])


def without_logical_types(schema: Any) -> Any:
    """Times as the numbers that our records hold."""
    if isinstance(schema, list):
        return [without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {
            key: without_logical_types(part) for key, part in schema.items() if key != "logicalType"
        }
    return schema


def test_each_contract_belongs_to_a_record_that_travels() -> None:
    assert {file.stem for file in FOLDER.glob("*.avsc")} == NAMES
    assert {folder.name for folder in (FOLDER / "versions").iterdir()} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_versions_are_numbered_from_one_without_gaps(name: str) -> None:
    numbers = sorted(int(file.stem) for file in (FOLDER / "versions" / name).iterdir())
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_type_means_the_same_in_every_contract() -> None:
    first: dict[str, tuple[str, Any]] = {}
    for record_type in RECORD_TYPES:
        for name, meaning in definitions(schema_of(record_type)):
            where, known = first.setdefault(name, (record_type.__name__, meaning))
            assert meaning == known, f"{name} in {record_type.__name__} and {where}"


@pytest.mark.parametrize("record_type", RECORD_TYPES, ids=snake_name)
def test_whatever_a_schema_allows_its_record_holds_and_writes(record_type: type[Record]) -> None:
    for fields in generate_many(without_logical_types(schema_of(record_type)), 20):
        record = msgspec.convert(fields, record_type)
        assert FORMAT.read(FORMAT.write(record), (record_type,)) == record
