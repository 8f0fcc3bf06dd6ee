"""The registry's subjects are records' names, and its errors help without telling secrets."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

import schemas.registry
from schemas.avro import schema_of
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


class Answers(BaseHTTPRequestHandler):
    """A registry that says to every question what a test wants."""

    url = ""
    status = 200
    body: Any = None
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        body = json.dumps(self.body).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any, **__: Any) -> None:
        """Nothing is told."""


@pytest.fixture
def answers() -> Iterator[type[Answers]]:
    class Mine(Answers):
        pass

    with HTTPServer(("127.0.0.1", 0), Mine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        Mine.url = f"http://127.0.0.1:{server.server_port}"
        yield Mine
        server.shutdown()
        thread.join()


def test_a_registry_that_takes_a_question_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schemas.registry, "ANSWER_TIMEOUT", 0.1, raising=False)
    told: list[str] = []

    def ask(registry: Registry) -> None:
        for call in (lambda: registry.writer_schema(7), lambda: registry.id_of(TicketUpdate)):
            try:
                call()
            except RegistryError as error:
                told.append(str(error))

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        asking = threading.Thread(target=ask, args=(Registry(url),), daemon=True)
        asking.start()
        asking.join(5)
        assert not asking.is_alive(), "it waits for ever"
    assert ["Timeout" in one for one in told] == [True, True]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_id_that_the_registry_refuses_is_the_records_fault(
    answers: type[Answers], status: int
) -> None:
    answers.status, answers.body = status, {"error_code": status, "message": "no such id"}
    with pytest.raises(UnknownSchemaError):
        Registry(answers.url).writer_schema(7)


def test_an_id_larger_than_any_is_not_asked_for(answers: type[Answers]) -> None:
    answers.status = 500
    with pytest.raises(UnknownSchemaError):
        Registry(answers.url).writer_schema(2**31)
    assert answers.asked == 0


def test_what_it_does_not_have_is_asked_for_once_in_a_while(
    answers: type[Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.status, answers.body = 404, {"error_code": 40403, "message": "Schema not found"}
    registry = Registry(answers.url)
    for _ in range(3):
        with pytest.raises(UnknownSchemaError):
            registry.writer_schema(7)
    assert answers.asked == 1
    later = time.monotonic() + schemas.registry.UNKNOWN_FOR
    monkeypatch.setattr(schemas.registry, "time", SimpleNamespace(monotonic=lambda: later))
    answers.status, answers.body = 200, {"schema": json.dumps(schema_of(TicketUpdate))}
    assert registry.writer_schema(7)["name"] == "TicketUpdate"


@pytest.mark.parametrize("schema", ["{", "", "[" * 100_000, '"string"', "null"])
def test_a_schema_that_is_none_is_the_records_fault(answers: type[Answers], schema: str) -> None:
    answers.body = {"schema": schema}
    with pytest.raises(UnknownSchemaError):
        Registry(answers.url).writer_schema(7)
