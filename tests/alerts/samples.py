"""Records, an alerts file and a recording server for tests of alerts."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from schemas.records import (
    AccountHealth,
    AffectedTicket,
    Anomaly,
    AnomalyState,
    HealthLevel,
    HealthReason,
    Opportunity,
    SlaClock,
    SlaEvent,
    SlaEventKind,
)
from streams.alerts.config import AlertsConfig, Route, Slack, Webhook
from streams.alerts.config import SecretSource as Source
from tests.patience import PATIENCE

NOW = 1_767_603_600_000
"""2026-01-05T09:00:00Z"""

MINUTE = 60_000


def anomaly(
    state: AnomalyState = AnomalyState.OPENED,
    revision: int = 1,
    anomaly_id: str = "a-1",
    **changes: Any,
) -> Anomaly:
    values: dict[str, Any] = {
        "title": "Payment fails with <*>",
        "category": "technical",
        "since": NOW,
        "updated_at": NOW + revision * MINUTE,
        "window_start": NOW,
        "window_end": NOW + 5 * MINUTE,
        "accounts": 12 * revision,
        "expected": 0.4,
        "tail_probability": 1e-9,
        "component": "checkout",
        "large_accounts": ("acme",),
        "sample_tickets": (AffectedTicket("T1", NOW, "acme"),),
    }
    return Anomaly(anomaly_id=anomaly_id, state=state, revision=revision, **values | changes)


def sla(kind: SlaEventKind = SlaEventKind.BREACHED, at: int = NOW, **changes: Any) -> SlaEvent:
    values: dict[str, Any] = {
        "event_id": f"T1/{kind}/{at}",
        "ticket_id": "T1",
        "clock": SlaClock.FIRST_RESPONSE,
        "due_at": NOW,
        "target": 5 * MINUTE,
        "route": "billing",
        "segment": "enterprise",
        "account_id": "acme",
        "percent": 100,
        "elapsed": 5 * MINUTE,
    }
    return SlaEvent(kind=kind, at=at, **values | changes)


def health(
    level: HealthLevel = HealthLevel.AT_RISK,
    at: int = NOW,
    account_id: str = "acme",
    **changes: Any,
) -> AccountHealth:
    values: dict[str, Any] = {
        "score": 31.0,
        "previous_level": HealthLevel.WATCH,
        "reasons": (HealthReason("sentiment_trend", -0.31, 0.02, ("T1",)),),
        "opportunity": Opportunity("o-1", "sentiment_trend", NOW, "kim", ("T1", "T2")),
    }
    return AccountHealth(account_id=account_id, updated_at=at, level=level, **values | changes)


def config(*receivers: Slack | Webhook, **changes: Any) -> AlertsConfig:
    """An alerts file in which every receiver is told of everything."""
    routes = (Route(receivers=tuple(one.name for one in receivers)),)
    return AlertsConfig(receivers=receivers, **{"routes": routes, **changes})


def webhook(name: str = "hook", url: str = "http://127.0.0.1:9/", **changes: Any) -> Webhook:
    return Webhook(name=name, url=url, secret=Source(env="HOOK_SECRET"), **changes)


@dataclass
class Arrived:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


CLOSE = -1
"""In place of a status: the connection is closed without an answer."""


@dataclass
class Recorder:
    """A server that keeps what it was sent. `script`: what it answers first, then always 202."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    limits: dict[str, Callable[[bytes], object]] = field(default_factory=dict)
    """By path, what fails for a body that the receiver would refuse: so is it here."""
    delay: float = 0.0

    def answer(self, *statuses: int, body: bytes = b"", **headers: str) -> None:
        """Answer the next requests so."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script += [(status, named, body) for status in statuses]

    @property
    def taken(self) -> list[Arrived]:
        return [one for one in list(self.arrived) if 200 <= one.status < 300]

    def wait_for(self, count: int) -> None:
        """Wait until so many were taken."""
        self.wait_until(lambda: len(self.taken) >= count)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what was taken."""
        limit = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < limit, [one.body[:200] for one in self.arrived]
            time.sleep(0.02)

    def settle(self, quiet: float = 1.0) -> None:
        """Wait until nothing more comes."""
        count = -1
        while count != len(self.arrived):
            count = len(self.arrived)
            time.sleep(quiet)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def recorder(port: int = 0) -> Iterator[Recorder]:
    """A recording server on loopback."""
    recording = Recorder()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script = recording.script
            status, headers, text = script.pop(0) if script else (202, {}, b"ok")
            try:
                recording.limits.get(self.path, bool)(body)
            except (AssertionError, KeyError, ValueError) as error:
                status, text = 400, repr(error).encode()
            recording.arrived.append(Arrived(self.path, dict(self.headers), body, status))
            time.sleep(recording.delay)
            if status == CLOSE:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = _Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    recording.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield recording
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
