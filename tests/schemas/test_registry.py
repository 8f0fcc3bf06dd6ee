"""The registry's subjects are records' names, and its errors help without telling secrets."""

import pytest

from schemas.records import ConversationMessage, TicketUpdate
from schemas.registry import Registry
from schemas.registry_errors import RegistryError, UnknownSchemaError

SECRET = "hunter2"


def test_a_schemas_subject_is_the_records_full_name() -> None:
    registry = Registry()
    assert "baton.support.TicketUpdate" in registry.client.get_subjects()
    assert registry.id_of(TicketUpdate) != registry.id_of(ConversationMessage)


def test_a_writers_schema_is_found_by_its_id() -> None:
    registry = Registry()
    schema = registry.writer_schema(registry.id_of(TicketUpdate))
    assert schema["name"] == "TicketUpdate"


def test_an_unknown_id_is_told_from_a_registry_that_does_not_answer() -> None:
    with pytest.raises(UnknownSchemaError, match="no schema 4711"):
        Registry().writer_schema(4711)


@pytest.mark.parametrize("url", ["http://user:hunter2@127.0.0.1:1", "ftp://user:hunter2@host"])
def test_no_error_tells_a_password(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Registry(url, auth=f"user:{SECRET}").id_of(TicketUpdate)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "URL" in str(caught.value)
