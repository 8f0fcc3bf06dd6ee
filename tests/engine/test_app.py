"""How a Faust app of the engine's is set up, and how the process ends."""

import logging
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types.settings import Settings

from streams.engine import (
    BrokerFailed,
    Connection,
    EngineConfig,
    Guarantee,
    TopicMismatch,
    make_app,
    run,
)
from streams.engine import app as engine_app
from tests.engine.records import TOPIC
from tests.patience import PATIENCE


def config_in(folder: Path, guarantee: Guarantee = Guarantee.EXACTLY_ONCE) -> EngineConfig:
    return EngineConfig(
        Connection("one:1, two:2"), "g", (TOPIC,), "s", folder / "not" / "there", "A",
        guarantee=guarantee, session_timeout=9_000, heartbeat_interval=2_000,
    )  # fmt: skip


def test_what_the_engine_is_told_faust_is_told(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    conf = make_app(config).conf
    assert [str(url) for url in conf.broker] == ["baton://one:1", "baton://two:2"]
    assert (conf.broker_session_timeout, conf.broker_heartbeat_interval) == (9.0, 2.0)
    assert conf.broker_request_timeout > conf.broker_session_timeout, "joining waits for others"
    assert conf.consumer_max_fetch_size == config.fetch_bytes
    assert conf.broker_max_poll_records == config.queued_records
    assert conf.consumer_auto_offset_reset == "earliest"
    assert not conf.web_enabled, "it would serve tables on all interfaces"
    assert (config.data_dir / "g").is_dir()


def test_a_worker_keeps_its_place_by_its_name_where_that_is_fenced(tmp_path: Path) -> None:
    names = [
        make_app(config_in(tmp_path, guarantee)).conf.consumer_group_instance_id
        for guarantee in (Guarantee.EXACTLY_ONCE, Guarantee.AT_LEAST_ONCE)
    ]
    assert names == ["A", None]


def test_workers_are_told_apart_by_name_alone_on_whatever_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def url(worker: str, host: str) -> str:
        monkeypatch.setattr(Settings, "NODE_HOSTNAME", host)
        return str(make_app(replace(config_in(tmp_path), worker_id=worker)).conf.canonical_url)

    assert url("A", "one") == url("A", "two")
    names = ("A", "a", "a b", "a%20b", "a+b", "a_b", "a/b", "a&b", "ä", ".", "..")
    assert len({url(name, "one") for name in names}) == len(names)


def test_requests_are_not_logged_whatever_is_logged(tmp_path: Path) -> None:
    """To log on with PLAIN is to send the password."""
    of_connections = logging.getLogger("aiokafka.conn")
    of_connections.setLevel(logging.DEBUG)
    make_app(config_in(tmp_path))
    assert not of_connections.isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize(("partitions", "code"), [({0: "held"}, BrokerFailed.exit_code), ({}, 0)])
def test_who_is_told_to_stop_and_cannot_says_so_where_something_is_lost(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    partitions: dict[int, str],
    code: int,
) -> None:
    class Ended(BaseException):
        pass

    def end(code: int) -> None:
        codes.append(code)
        raise Ended

    codes: list[int] = []
    engine: Any = SimpleNamespace(partitions=partitions)
    monkeypatch.setattr("logging.shutdown", lambda: None)
    monkeypatch.setattr("os._exit", end)
    with pytest.raises(Ended):
        engine_app._give_up(engine)
    assert codes == [code]
    assert ("BrokerFailed: told to stop" in capsys.readouterr().err) == bool(code)


def app_whose(engine: object) -> Any:
    return SimpleNamespace(engine=engine)


def test_what_is_wrong_with_the_topics_ends_the_process_before_faust_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def prepare() -> None:
        raise TopicMismatch("make them")

    with pytest.raises(SystemExit) as end:
        run(app_whose(SimpleNamespace(prepare=prepare)))
    assert end.value.code == TopicMismatch.exit_code
    assert capsys.readouterr().err == "TopicMismatch: make them\n"


def test_who_is_told_to_stop_has_a_limit_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    asked: list[object] = []

    def give_up(engine: object) -> None:
        asked.append(engine)
        given_up.set()

    async def stop(worker: object) -> None:
        assert given_up.wait(PATIENCE)

    monkeypatch.setattr(engine_app, "STOP_LIMIT", 0.01)
    monkeypatch.setattr(engine_app, "_give_up", give_up)
    monkeypatch.setattr("faust.Worker.stop", stop)
    worker: Any = object.__new__(engine_app._Worker)
    worker.app = app_whose("its engine")
    with pytest.raises(StopIteration):
        worker.stop().send(None)
    assert asked == ["its engine"]
