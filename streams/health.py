"""What a worker says of itself over HTTP: `/metrics`, `/livez` and `/readyz`.

- `/livez`: 200 while the worker's event loop answers, else 503: a supervisor may restart it.
- `/readyz`: 200 while its partitions are restored and worked on, else 503; the body is JSON with
  the lag by topic and partition.
- `/metrics`: `docs/metrics.md` tells what they mean.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app

from streams.errors import ConfigError
from streams.settings import PREFIX

if TYPE_CHECKING:
    from streams.engine import Engine

# When a counter was made is a series more for each, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]

ANSWER_WITHIN = 5.0
"""Seconds that the event loop has to show that it lives."""


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str
    port: int
    setting: str = "health_address"

    @classmethod
    def parse(cls, text: str, setting: str = "health_address") -> "Address":
        """Read `host:port`. Raises `ConfigError` naming the setting."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
            raise ConfigError(f"{setting}: expected host:port, got {text!r}")
        return cls(host.strip("[]"), int(port), setting)


class Checks(Protocol):
    """What a process knows of itself."""

    def alive(self) -> bool:
        """Whether it goes on."""

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether it does its work, and what there is to tell of it."""


class Health:
    """Answers for one process, in a thread of its own.

    Raises `ConfigError` when it cannot listen there.
    """

    def __init__(self, address: Address, checks: Checks, registry: CollectorRegistry) -> None:
        self._checks = checks
        self._metrics: Any = make_wsgi_app(registry)
        host = f"[{address.host}]" if ":" in address.host else address.host
        server_class = _ServerOf6 if ":" in address.host else ThreadingWSGIServer
        try:
            server = make_server(address.host, address.port, self._answer, server_class, _Silent)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host}:{address.port}: {error.strerror}; set "
                f"{PREFIX}{address.setting.upper()} to another address, or to nothing"
            ) from error
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def _answer(self, environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        pages: dict[str, Callable[[], tuple[bool, Any]]] = {
            "/livez": lambda: (self._checks.alive(), {}),
            "/readyz": self._checks.ready,
        }
        path = environment.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environment, start)
            return answer
        if path not in pages:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics, /livez, /readyz\n"]
        fine, told = pages[path]()
        status = "200 OK" if fine else "503 Service Unavailable"
        start(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode({"ok": fine, **told}), b"\n"]


class EngineChecks:
    """What a worker knows of itself."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def alive(self) -> bool:
        """Whether its event loop answers."""
        loop = self._engine.app.loop
        if not loop.is_running():
            return True  # it has not started yet
        try:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(ANSWER_WITHIN)
        except NotInTime:
            return False
        return True

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether its partitions are restored and worked on."""
        lag = {f"{topic}[{number}]": n for (topic, number), n in self._engine.lag().items()}
        return self._engine.ready, {"partitions": sorted(self._engine.partitions), "lag": lag}


class _ServerOf6(ThreadingWSGIServer):
    """Listens on an IPv6 address."""

    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    """Does not log every request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""
