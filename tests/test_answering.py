"""What a process answers over HTTP, and what a worker knows of itself, without a broker."""

import asyncio
import json
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge

from streams import health
from streams.errors import ConfigError
from streams.health import Address, EngineChecks, Health
from tests.patience import PATIENCE
from tests.ports import free_port, get


class Checks:
    """Of a process that is as it is told to be."""

    living, at_work = True, True

    def alive(self) -> bool:
        return self.living

    def ready(self) -> tuple[bool, dict[str, Any]]:
        return self.at_work, {"lag": 3}


def test_each_page_says_in_its_status_how_the_process_is() -> None:
    checks, registry, port = Checks(), CollectorRegistry(), free_port()
    Gauge("height", "Of a tree.", registry=registry).set(7)
    Health(Address("127.0.0.1", port), checks, registry)
    found = []
    for checks.living, checks.at_work in ((True, True), (True, False), (False, True)):
        pages = [get(port, path) for path in ("/livez", "/readyz")]
        found.append([(status, json.loads(body)) for status, body in pages])
    assert found == [
        [(200, {"ok": True}), (200, {"ok": True, "lag": 3})],
        [(200, {"ok": True}), (503, {"ok": False, "lag": 3})],
        [(503, {"ok": False}), (200, {"ok": True, "lag": 3})],
    ]
    assert "height 7.0" in get(port, "/metrics")[1]
    assert get(port, "/")[0] == 404


def test_it_listens_at_its_address_only() -> None:
    """All of this machine's other addresses are free for others."""
    port = free_port()
    Health(Address("127.0.0.1", port), Checks(), CollectorRegistry())
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port)):
        pass


def test_an_address_that_is_taken_is_told_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1], "alerts_address")
        with pytest.raises(ConfigError, match="set BATON_ALERTS_ADDRESS to another"):
            Health(address, Checks(), CollectorRegistry())


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:1", "127.0.0.1", 1), ("[::1]:9464", "::1", 9464), ("host:65535", "host", 65_535)],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert Address.parse(text, "alerts_address") == Address(host, port, "alerts_address")


def engine(loop: asyncio.AbstractEventLoop | None) -> Any:
    return SimpleNamespace(
        app=SimpleNamespace(loop=loop),
        ready=False,
        partitions={3: 0, 1: 0},
        lag=lambda: {("t", 3): 5},
    )


def test_a_worker_lives_while_its_loop_turns_and_before_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, hanging, go_on = asyncio.new_event_loop(), threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        go_on.wait()

    checks = EngineChecks(engine(loop))
    assert checks.alive(), "it has not begun yet"
    turning = threading.Thread(target=loop.run_forever)
    turning.start()
    try:
        assert checks.alive()
        loop.call_soon_threadsafe(hang)
        hanging.wait()
        monkeypatch.setattr(health, "ANSWER_WITHIN", 0.01)
        assert not checks.alive()
    finally:
        go_on.set()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        turning.join()
        loop.close()


def test_a_worker_tells_whether_it_works_what_it_has_and_how_far_behind_it_is() -> None:
    told = EngineChecks(engine(None)).ready()
    assert told == (False, {"partitions": [1, 3], "lag": {"t[3]": 5}})
