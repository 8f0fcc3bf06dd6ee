"""What workers say of themselves over HTTP while they decide."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from schemas.codec import Codec
from schemas.records import ConversationMessage, Role
from streams.cli.main import main
from streams.demo.stage import Stage, stage
from streams.errors import ConfigError
from streams.health import Address, Health
from streams.history.playing import Pace, Player
from streams.metrics import METRICS, TICKET_METRICS
from streams.security import connection_of
from tests.integration.running import children
from tests.patience import PATIENCE
from tests.ports import get

MESSAGES = 40


def neighbouring_ports(count: int) -> int:
    """The first of so many neighbouring ports that nobody has now."""
    while True:
        with ExitStack() as held:
            first: int = held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            try:
                for port in range(first + 1, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except (OSError, OverflowError):
                continue
            return first


def values(text: str) -> dict[tuple[str, str], float]:
    """Samples by name and by stage, topic or partition."""
    return {
        (sample.name, "".join(v for k, v in sample.labels.items() if k not in ("agent", "le"))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def port() -> int:
    return neighbouring_ports(3)


@pytest.fixture(scope="module")
def workers(port: int) -> Iterator[Stage]:
    """The three workers after some messages, the tickets agent listening on the port."""
    with stage(1.0, f"127.0.0.1:{port}") as made:
        player = Player(connection_of(made.settings), Codec())
        now = made.clock()
        asked = [
            ConversationMessage(
                message_id=f"m{n}",
                ticket_id=f"T{n}",
                role=Role.CUSTOMER,
                text="Hello",
                sent_at=now,
            )
            for n in range(MESSAGES)
        ]
        list(player.play(asked, Pace(None)))
        yield made


def test_metrics_count_what_was_handled_and_what_came_of_it(workers: Stage, port: int) -> None:
    limit = time.monotonic() + PATIENCE
    found: dict[tuple[str, str], float] = {}
    while found.get(("baton_outputs_total", "support.decisions")) != MESSAGES:
        assert time.monotonic() < limit, found
        time.sleep(0.1)
        found = values(get(port, "/metrics")[1])
    assert found["baton_records_total", ""] == MESSAGES
    assert found["baton_ready", ""] == 1
    assert found["baton_commit_age_seconds_count", ""] > 0
    assert found["baton_stage_seconds_count", "checkpoint"] > 0
    lag = {key: value for key, value in found.items() if key[0] == "baton_lag_records"}
    assert lag
    assert set(lag.values()) == {0.0}


def test_every_declared_metric_is_served_and_no_other(workers: Stage, port: int) -> None:
    families = text_string_to_metric_families(get(port, "/metrics")[1])
    served = {family.name for family in families}
    declared = {metric.name.removesuffix("_total") for metric in (*METRICS, *TICKET_METRICS)}
    assert served == declared


def test_a_worker_says_that_it_lives_and_is_ready_and_how_far_behind(
    workers: Stage, port: int
) -> None:
    assert get(port, "/livez") == (200, '{"ok":true}\n')
    status, body = get(port, "/readyz")
    told = json.loads(body)
    assert (status, told["ok"]) == (200, True)
    assert told["partitions"] == [0, 1, 2, 3]
    assert get(port, "/else")[0] == 404


def test_each_agent_listens_on_a_port_of_its_own(workers: Stage, port: int) -> None:
    for place, agent in enumerate(("tickets", "anomalies", "accounts")):
        assert f'agent="{agent}"' in get(port + place, "/metrics")[1]


def test_a_worker_that_hangs_is_not_alive(workers: Stage, port: int) -> None:
    accounts = children(workers.worker.pid)[2]
    os.kill(accounts, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            get(port + 2, "/livez")
    finally:
        os.kill(accounts, signal.SIGCONT)
    assert get(port + 2, "/livez")[0] == 200


def test_a_busy_address_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("BATON_HEALTH_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(SystemExit) as end:
            main(["worker", "--agents", "tickets"])
    assert end.value.code == ConfigError.exit_code
    assert "BATON_HEALTH_ADDRESS" in capfd.readouterr().err


class Well:
    """A process with nothing to complain of."""

    def alive(self) -> bool:
        return True

    def ready(self) -> tuple[bool, dict[str, Any]]:
        return True, {}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_it_listens_on_addresses_of_both_kinds(host: str) -> None:
    family = socket.AF_INET6 if host == "[::1]" else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), 0), family=family) as free:
            port = free.getsockname()[1]
    except OSError:
        pytest.skip(f"this machine has no {host}")
    Health(Address.parse(f"{host}:{port}"), Well(), CollectorRegistry())
    with urlopen(f"http://{host}:{port}/livez", timeout=PATIENCE) as answer:
        assert answer.read() == b'{"ok":true}\n'


@pytest.mark.parametrize("text", ["9464", "host:", ":1", "host:0", "host:65536", "host:x"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="host:port"):
        Address.parse(text)
