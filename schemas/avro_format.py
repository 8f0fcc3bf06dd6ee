"""Records as Avro in the Confluent wire format: a zero byte, the schema's id, the body."""

from io import BytesIO
from typing import Any, NamedTuple

import fastavro
import msgspec

from schemas.avro import schema_of
from schemas.avro_bounds import check_bounds
from schemas.bad_record import BadRecord, BadRecordCode
from schemas.records import Record
from schemas.registry import Registry
from schemas.registry_errors import UnknownSchemaError

_MAGIC = b"\x00"
_PREFIX_BYTES = 5


class _Writer(NamedTuple):
    prefix: bytes
    schema: dict[str, Any]


class _Reader(NamedTuple):
    record_type: type[Record]
    writer_schema: dict[str, Any]
    reader_schema: dict[str, Any] | None


class AvroFormat:
    """Writes records by our schemas and reads what was written by any version of them.

    Args:
        registry: Where schemas are registered and found.

    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._writers: dict[type[Record], _Writer] = {}
        self._readers: dict[tuple[int, tuple[type[Record], ...]], _Reader] = {}

    def write(self, record: Record) -> bytes:
        """A record's bytes.

        Raises:
            RegistryError: Its schema cannot be registered.

        """
        writer = self._writers.get(type(record)) or self._new_writer(type(record))
        body = BytesIO()
        body.write(writer.prefix)
        fields = msgspec.to_builtins(record, builtin_types=(bytes,))
        fastavro.schemaless_writer(body, writer.schema, fields)
        return body.getvalue()

    def read(self, value: bytes, carried: tuple[type[Record], ...]) -> Record:
        """The record of the bytes, one of the types carried.

        Raises:
            BadRecord: It is no such record.
            RegistryError: The registry cannot be asked for its schema.

        """
        if len(value) < _PREFIX_BYTES:
            raise BadRecord(
                BadRecordCode.NOT_DECODABLE,
                "The value ends within its schema id; send Avro in the Confluent wire format.",
            )
        schema_id = int.from_bytes(value[1:_PREFIX_BYTES], "big")
        reader = self._readers.get((schema_id, carried)) or self._new_reader(schema_id, carried)
        fields = _fields(value, reader)
        try:
            return msgspec.convert(fields, reader.record_type)
        except (msgspec.ValidationError, RecursionError) as error:
            raise BadRecord(
                BadRecordCode.WRONG_TYPE, f"{str(error)[:300]}; write it by the record's schema."
            ) from None

    def _new_writer(self, record_type: type[Record]) -> _Writer:
        schema_id = self._registry.id_of(record_type)
        prefix = _MAGIC + schema_id.to_bytes(4, "big")
        writer = _Writer(prefix, _plain(schema_of(record_type)))
        self._writers[record_type] = writer
        return writer

    def _new_reader(self, schema_id: int, carried: tuple[type[Record], ...]) -> _Reader:
        try:
            schema = self._registry.writer_schema(schema_id)
        except UnknownSchemaError as error:
            raise BadRecord(
                BadRecordCode.UNKNOWN_SCHEMA, f"{error} Register it before writing by it."
            ) from None
        name = str(schema.get("name")).rpartition(".")[2]
        for record_type in carried:
            if record_type.__name__ == name:
                ours, theirs = _plain(schema_of(record_type)), _theirs(schema_id, schema)
                reader = _Reader(record_type, theirs, None if ours == theirs else ours)
                self._readers[schema_id, carried] = reader
                return reader
        raise BadRecord(
            BadRecordCode.UNKNOWN_RECORD,
            f"The topic does not carry schema {schema_id}, {name[:80]!r}; "
            f"it carries {' and '.join(record.__name__ for record in carried)}.",
        )


def _fields(value: bytes, reader: _Reader) -> Any:
    body = BytesIO(value)
    body.seek(_PREFIX_BYTES)
    try:
        fields = fastavro.schemaless_reader(body, reader.writer_schema, reader.reader_schema)
    except Exception as error:
        # Bytes that no schema wrote fail in many ways, from EOFError to MemoryError.
        raise BadRecord(
            BadRecordCode.NOT_DECODABLE,
            f"The body is not what its schema says ({type(error).__name__}); "
            "write it with a Confluent Avro serializer.",
        ) from None
    if body.tell() != len(value):
        raise BadRecord(
            BadRecordCode.NOT_DECODABLE,
            f"{len(value) - body.tell()} bytes follow the record; send one record a value.",
        )
    return fields


def _theirs(schema_id: int, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        parsed = _plain(schema)
        check_bounds(parsed)
    except Exception as error:
        # What is no schema fails in many ways, from KeyError to RecursionError.
        raise BadRecord(
            BadRecordCode.UNKNOWN_SCHEMA,
            f"Schema {schema_id} cannot be used ({type(error).__name__}); register one that is "
            "whole, without references and not much larger than ours.",
        ) from None
    return parsed


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema parsed, with its logical types taken out: our records keep times as numbers."""
    parsed = fastavro.parse_schema(_without_logical_types(schema))
    if not isinstance(parsed, dict):
        raise TypeError("A record's schema is an object.")
    return parsed


def _without_logical_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {
            name: part if name == "default" else _without_logical_types(part)
            for name, part in schema.items()
            # Two underscores begin fastavro's own notes, by which a schema counts as parsed.
            if name != "logicalType" and not name.startswith("__")
        }
    return schema
