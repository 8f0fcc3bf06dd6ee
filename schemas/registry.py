"""The Schema Registry: ids of our schemas, and the schemas of others' ids."""

import json
import time
import warnings
from typing import Any, Final

from schemas.avro import schema_of
from schemas.records import Record
from schemas.registry_errors import RegistryError, UnknownSchemaError
from schemas.topics import RECORD_TYPES

# The client's own dependencies warn of each other's deprecations on import, past any filter.
with warnings.catch_warnings(record=True):
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
    from confluent_kafka.schema_registry.error import SchemaRegistryError

ANSWER_TIMEOUT: Final = 5.0
"""Seconds the registry has to answer: who reads or writes waits for it, and does nothing else. The
client by itself waits for ever.
"""
UNKNOWN_FOR: Final = 10.0
"""Seconds until it is asked again for what it does not have: there may be many records by that."""
MOST_UNKNOWN: Final = 1_000
"""Ids remembered for that."""

_NONE_OF_IT: Final = (400, 404, 422)
"""What registries answer to an id that there is not, or cannot be."""
_LAST_ID: Final = 2**31 - 1


class Registry:
    """Registers our schemas and finds those of what is read; each is asked for once.

    A schema's subject is its full name (RecordNameStrategy), not the topic's: a topic may carry
    two records, and a record travel on many topics.

    Args:
        url: Where it is. `mock://NAME` is one in memory, a new one each time; all of them give our
            schemas the same ids, so that processes of one version understand each other.
        auth: `user:password` for HTTP basic authentication. It appears in no error.

    Attributes:
        client: The client of confluent-kafka that it asks.

    Raises:
        RegistryError: The settings are not valid.

    """

    def __init__(self, url: str = "mock://baton", auth: str | None = None) -> None:
        settings: dict[str, Any] = {"url": url, "timeout": ANSWER_TIMEOUT}
        if auth is not None:
            settings["basic.auth.user.info"] = auth
        try:
            self.client = SchemaRegistryClient.new_client(settings)
        except (ValueError, TypeError):
            raise RegistryError(
                "The Schema Registry's settings are not valid; give a URL that starts with "
                "http://, https:// or mock://, and the authentication as 'user:password' beside it."
            ) from None
        self._ids: dict[type[Record], int] = {}
        self._writers: dict[int, dict[str, Any]] = {}
        self._unknown: dict[int, float] = {}
        if url.startswith("mock://"):
            for record_type in RECORD_TYPES:
                self.id_of(record_type)

    def id_of(self, record_type: type[Record]) -> int:
        """The id of a record's schema, registered when it was not.

        Raises:
            RegistryError: The registry refused, or could not be reached.

        """
        known = self._ids.get(record_type)
        if known is None:
            schema = schema_of(record_type)
            subject = f"{schema['namespace']}.{schema['name']}"
            try:
                known = self.client.register_schema(subject, Schema(json.dumps(schema), "AVRO"))
            except Exception as error:
                raise RegistryError(f"Registering {subject} failed: {_advice(error)}") from None
            self._ids[record_type] = known
        return known

    def writer_schema(self, schema_id: int) -> dict[str, Any]:
        """The Avro schema of that id, as JSON says it.

        Raises:
            UnknownSchemaError: There is none of that id, or it is no Avro record.
            RegistryError: The registry refused, or could not be reached.

        """
        known = self._writers.get(schema_id)
        if known is None:
            known = self._fetch(schema_id)
            self._writers[schema_id] = known
        return known

    def _fetch(self, schema_id: int) -> dict[str, Any]:
        now = time.monotonic()
        if schema_id > _LAST_ID or self._unknown.get(schema_id, 0.0) > now:
            raise _unknown(schema_id)
        try:
            found = self.client.get_schema(schema_id)
        except Exception as error:
            if isinstance(error, SchemaRegistryError) and error.http_status_code in _NONE_OF_IT:
                if len(self._unknown) >= MOST_UNKNOWN:
                    self._unknown.clear()
                self._unknown[schema_id] = now + UNKNOWN_FOR
                raise _unknown(schema_id) from None
            raise RegistryError(f"Reading schema {schema_id} failed: {_advice(error)}") from None
        schema = _parsed(found)
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise UnknownSchemaError(f"Schema {schema_id} is not of an Avro record.")
        return schema


def _unknown(schema_id: int) -> UnknownSchemaError:
    return UnknownSchemaError(f"The registry has no schema {schema_id}.")


def _parsed(found: Schema) -> Any:
    """What an Avro schema says; None for others, and for what is no JSON."""
    try:
        return json.loads(found.schema_str) if found.schema_type == "AVRO" else None
    except (ValueError, TypeError, RecursionError):
        return None


def _advice(error: Exception) -> str:
    """What an error of the client means; its own text may hold the URL and so credentials."""
    if not isinstance(error, SchemaRegistryError):
        return (
            f"{type(error).__name__}; check that the Schema Registry's URL is right and it is up."
        )
    status = error.http_status_code
    if status in (401, 403):
        return f"status {status}; check the registry's user, password and rights."
    if status == 409:
        return "the registry holds a version that this one is not compatible with (status 409)."
    return f"status {status}, code {error.error_code}; look at the Schema Registry's log."
