"""Whatever fails inside the engine is handed to `fail`, which ends the process with its code."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import (
    CorruptRecordException,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from streams.engine import (
    AccessDenied,
    AgentFailed,
    BrokerFailed,
    Connection,
    Engine,
    EngineConfig,
    Observer,
    StoreFailed,
    TopicMismatch,
    make_app,
)
from streams.engine.consumer import BatchConsumer
from streams.engine.producer import Member
from tests.engine.records import TOPIC, batch, partition, source_record


class Broken(Observer):
    """Whoever watches fails."""

    def checkpoint(self, seconds: float, changes: int, outputs: Mapping[str, int]) -> None:
        raise OSError("nobody listens")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An engine that notes in `failures` what it would end with."""
    config = EngineConfig(
        Connection(""), "g", (TOPIC,), "s", tmp_path / "data", "A", observer=Broken()
    )
    made: Any = Engine(make_app(config), config)
    made.failures, made.member = [], Member(1, "A")
    monkeypatch.setattr(made, "fail", made.failures.append)
    monkeypatch.setattr(made._checkpointer, "_fail", made.failures.append)
    return made


def failures(engine: Any) -> list[type[BaseException]]:
    return [type(error) for error in engine.failures]


@pytest.mark.logs_errors
@pytest.mark.parametrize(
    ("error", "code", "line", "traced"),
    [
        (StoreFailed("disk full"), StoreFailed.exit_code, "StoreFailed: disk full", False),
        (KeyError("k"), AgentFailed.exit_code, "AgentFailed: KeyError: 'k'", True),
    ],
)
def test_the_process_ends_with_a_line_and_its_code(
    engine: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    code: int,
    line: str,
    traced: bool,
) -> None:
    """What the agent raised has a traceback; the engine's own errors say it all."""
    codes: list[Any] = []
    monkeypatch.setattr("os._exit", codes.append)
    monkeypatch.setattr("logging.shutdown", lambda: None)
    Engine.fail(engine, error)
    [record] = caplog.records
    assert (codes, record.getMessage(), bool(record.exc_info)) == ([code], line, traced)


def test_an_observer_that_raises(engine: Any, tmp_path: Path) -> None:
    part = engine.partitions[0] = partition(tmp_path)
    batch(part, source_record(0)).finish()
    engine._checkpointer._publish_and_apply = lambda cuts, member: None
    with pytest.raises(OSError, match="nobody listens"):
        asyncio.run(engine.checkpoint())
    assert failures(engine) == [OSError]


def test_a_store_that_cannot_be_closed(engine: Any, tmp_path: Path) -> None:
    def full() -> None:
        raise StoreFailed("disk full")

    part: Any = partition(tmp_path)
    part.store.close()
    part.store.close = full
    engine.partitions[0] = part
    asyncio.run(engine.release())
    assert failures(engine) == [StoreFailed]


def test_a_restore_that_raises_outside_of_the_stores(engine: Any) -> None:
    def broken() -> None:
        raise OSError("no agents")

    engine._watch_agents = broken
    with pytest.raises(OSError, match="no agents"):
        asyncio.run(engine._restore_assigned(engine.app))
    assert failures(engine) == [OSError]


def test_giving_up_partitions_that_raises(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Consumer(BatchConsumer):
        def __init__(self) -> None:
            self.app: Any = SimpleNamespace(engine=engine)

    async def broken(consumer: Any, revoked: Any) -> None:
        raise OSError("not given up")

    monkeypatch.setattr(BatchConsumer.__base__, "on_partitions_revoked", broken)
    asyncio.run(Consumer().on_partitions_revoked(set()))
    assert failures(engine) == [OSError]


def test_what_is_owned_is_committed_as_the_member_that_got_it(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, committed = partition(tmp_path), list[Member]()

    async def assign_and_checkpoint() -> None:
        await engine._restore()
        batch(part, source_record(0)).finish()
        engine.member = Member(2, "later")
        await engine.checkpoint()
        engine._loops.cancel()

    engine.app.consumer = SimpleNamespace(assignment=set)
    engine._prepare_and_restore = lambda numbers: {0: part}
    engine._checkpointer._publish_and_apply = lambda cuts, member: committed.append(member)
    engine.member = Member(1, "first")
    engine.config.observer.checkpoint = lambda *told: None
    asyncio.run(assign_and_checkpoint())
    assert committed == [Member(1, "first")]


def test_a_loop_that_raises(engine: Any) -> None:
    async def broken() -> None:
        raise OSError("no more checkpoints")

    async def restore() -> None:
        await engine._restore()
        await engine._loops

    engine.app.consumer = SimpleNamespace(assignment=set)
    engine._prepare_and_restore = lambda numbers: {}
    engine._checkpointer.run = broken
    asyncio.run(restore())
    assert failures(engine) == [OSError]


def test_loops_that_are_ended_with_the_worker_do_not_fail(engine: Any) -> None:
    async def restore_and_stop() -> None:
        await engine._restore()
        await asyncio.sleep(0)
        await engine._on_shutdown(engine.app)
        await asyncio.sleep(0.01)
        assert engine._loops.done()

    engine.app.consumer = SimpleNamespace(assignment=set)
    engine._prepare_and_restore = lambda numbers: {}
    asyncio.run(restore_and_stop())
    assert failures(engine) == []


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (StoreFailed("cannot read the store"), StoreFailed),
        (CorruptRecordException(), BrokerFailed),
        (TopicAuthorizationFailedError(TOPIC), AccessDenied),
        (OffsetOutOfRangeError({(TOPIC, 0): 7}), TopicMismatch),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_reading_that_raises(engine: Any, raised: Exception, kind: type[Exception]) -> None:
    class Consumer(BatchConsumer):
        def __init__(self) -> None:
            self.app: Any = SimpleNamespace(should_stop=False, engine=engine)

        async def _drain(self, fetcher: Any) -> None:
            raise raised

    asyncio.run(Consumer()._drain_messages(None))
    assert failures(engine) == [kind]
