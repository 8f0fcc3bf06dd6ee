"""How long a worker rests between two checkpoints, and who takes the reports of one."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from streams.engine import Connection, EngineConfig, Fenced, Timer
from streams.engine.checkpoint import Checkpointer
from streams.engine.pace import LEAST
from streams.engine.partition import Cut, Partition
from streams.engine.producer import NOT_A_MEMBER
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.engine.test_reports import Client
from tests.patience import PATIENCE


@pytest.fixture
def owner(tmp_path: Path) -> Partition:
    return partition(tmp_path)


def checkpointer(owner: Partition, pool: ThreadPoolExecutor) -> Checkpointer:
    config = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", batch_size=2)

    async def commit_offsets(_: object) -> None:
        raise AssertionError

    return Checkpointer(
        config, pool, lambda: {0: owner}, lambda: NOT_A_MEMBER, lambda _: None, commit_offsets
    )


def pause(owner: Partition, last_duration: float, last_start: float = 0.0) -> float:
    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
    made._last_duration, made._last_start = last_duration, last_start
    return made._pause()


def test_a_worker_at_ease_rests_half_of_what_the_last_one_took(owner: Partition) -> None:
    batch(owner, source_record(0), source_record(1))
    assert pause(owner, last_duration=0.002) == 0.01, "and never less than the commit pause"
    assert pause(owner, last_duration=0.08) == 0.04


def test_at_full_load_one_starts_a_commit_interval_after_the_other(owner: Partition) -> None:
    batch(owner, source_record(0), source_record(1), source_record(2))
    begun = monotonic() - 0.04
    rest = pause(owner, 0.002, begun)
    # However long a busy machine took over it.
    assert max(0.01, 0.1 - (monotonic() - begun)) - 1e-6 < rest < 0.06 + 1e-6
    assert pause(owner, 0.5, monotonic() - 0.5) == 0.01, "what waits makes the next one longer"


@pytest.mark.parametrize("waiting", [0, 3])
def test_only_at_full_load_does_the_loop_take_the_reports(owner: Partition, waiting: int) -> None:
    batch(owner, source_record(0)).finish()
    batch(owner, *map(source_record, range(1, waiting + 1)))
    client = Client()

    class Publisher:
        def publish(self, cuts: list[Cut], _: object) -> None:
            made._flush(cast(Producer, client), 60.0)
            for cut in cuts:
                cut.changelog_next = 1

    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
        made._producer = cast(Any, Publisher())
        asyncio.run(made.checkpoint())
    assert (client.takers == {threading.current_thread()}) == bool(waiting)


class Slow:
    """A producer that publishes a checkpoint once it may."""

    def __init__(self) -> None:
        self.began, self.may = threading.Event(), threading.Event()

    def publish(self, cuts: list[Cut], _: object) -> None:
        self.began.set()
        assert self.may.wait(PATIENCE)
        for cut in cuts:
            cut.changelog_next = 1


def run_with(
    slow: Slow, owner: Partition, does: Callable[[Checkpointer], Coroutine[Any, Any, None]]
) -> list[BaseException]:
    """Run a coroutine with a checkpointer; returns its failures."""
    failures: list[BaseException] = []
    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
        made._producer, made._fail = cast(Any, slow), failures.append
        try:
            asyncio.run(does(made))
        finally:
            slow.may.set()
    return failures


def put(owner: Partition, offset: int, key: bytes) -> None:
    made = batch(owner, source_record(offset))
    made.put(key, b"v")
    made.finish()


def test_what_is_committed_and_how_long_it_took_is_known_at_its_end(owner: Partition) -> None:
    put(owner, 0, b"k")
    slow = Slow()

    async def checkpoint_and_look(made: Checkpointer) -> None:
        making = asyncio.ensure_future(made.checkpoint())
        await asyncio.to_thread(slow.began.wait, PATIENCE)
        await asyncio.sleep(0.05)
        assert owner.committed_offsets == {TOPIC: 0}
        slow.may.set()
        await making
        assert owner.committed_offsets == {TOPIC: 1}
        assert made._pause() >= 0.025, "the next one waits for half of it"

    assert run_with(slow, owner, checkpoint_and_look) == []


def test_what_has_been_handed_over_takes_room_until_it_is_cut(owner: Partition) -> None:
    slow = Slow()

    async def fill_and_cut(made: Checkpointer) -> None:
        waiting = batch(owner, *map(source_record, range(LEAST - 1)))
        assert made.room() == 1
        waiting.finish()
        batch(owner, source_record(LEAST))
        assert made.room() == 0, "no checkpoint has taken over what is handled"
        making = asyncio.ensure_future(made.checkpoint())
        await asyncio.to_thread(slow.began.wait, PATIENCE)
        assert made.room() == LEAST - 1
        slow.may.set()
        await making

    assert run_with(slow, owner, fill_and_cut) == []


def test_what_timers_have_done_takes_room_too(owner: Partition) -> None:
    async def fire(made: Checkpointer) -> None:
        first = batch(owner, source_record(0))
        for number in range(LEAST):
            first.set_timer(Timer(number, b"k"))
        first.finish()
        assert made.room() == LEAST - 1
        fired = batch(owner, tick=LEAST)
        assert len(list(fired.due(LEAST))) == LEAST
        fired.finish()
        owner.fold()
        assert made.room() == 0
        assert (cut := owner.cut()) is not None
        assert cut.records == LEAST + 1

    assert run_with(Slow(), owner, fire) == []


def test_a_quick_checkpoint_makes_room_for_a_larger_one(owner: Partition) -> None:
    slow = Slow()
    slow.may.set()

    async def cut_and_fill(made: Checkpointer) -> None:
        batch(owner, *map(source_record, range(LEAST))).finish()
        await made.checkpoint()
        assert made.room() > LEAST

    assert run_with(slow, owner, cut_and_fill) == []


def test_large_values_fill_a_checkpoint_sooner(owner: Partition) -> None:
    async def fill(made: Checkpointer) -> None:
        large = batch(owner, source_record(0, value=b"x" * made._config.queued_bytes))
        assert made.room() == 0
        large.finish()
        owner.fold()
        assert made.room() == 0

    assert run_with(Slow(), owner, fill) == []


def test_one_that_holds_what_it_may_is_not_waited_for(owner: Partition) -> None:
    async def rest_and_fill(made: Checkpointer) -> None:
        made._last_duration = 2 * PATIENCE
        made._config = replace(made._config, checkpoint_target=4_000 * int(PATIENCE))
        resting = asyncio.ensure_future(made._rest())
        await asyncio.sleep(0.02)
        batch(owner, *map(source_record, range(LEAST))).finish()
        assert made.room() == 0
        await asyncio.wait_for(resting, PATIENCE / 2)

    assert run_with(Slow(), owner, rest_and_fill) == []


def test_after_an_outage_the_next_one_begins_soon(owner: Partition) -> None:
    assert pause(owner, last_duration=20.0) == 0.5


def test_a_checkpoint_that_is_asked_for_waits_for_the_one_under_way(owner: Partition) -> None:
    """What that one writes is neither in the store yet nor in the next one's cut."""
    put(owner, 0, b"first")
    slow = Slow()

    async def checkpoint_twice(made: Checkpointer) -> None:
        first = asyncio.ensure_future(made.checkpoint())
        await asyncio.to_thread(slow.began.wait, PATIENCE)
        put(owner, 1, b"second")
        second = asyncio.ensure_future(made.checkpoint())
        await asyncio.sleep(0.01)
        assert owner.get_many((b"first", b"second"), {}) == [b"v", b"v"]
        slow.may.set()
        await asyncio.gather(first, second)
        assert owner.store.get_many((b"first", b"second")) == [b"v", b"v"]

    assert run_with(slow, owner, checkpoint_twice) == []


def test_a_checkpoint_goes_on_to_its_end_when_who_asked_for_it_is_cancelled(
    owner: Partition,
) -> None:
    put(owner, 0, b"k")
    slow = Slow()

    async def cancel(made: Checkpointer) -> None:
        asking = asyncio.ensure_future(made.checkpoint())
        await asyncio.to_thread(slow.began.wait, PATIENCE)
        asking.cancel()
        slow.may.set()
        await made.checkpoint()
        assert owner.committed_offsets == {TOPIC: 1}

    assert run_with(slow, owner, cancel) == []


def test_one_checkpoint_after_the_other_rests_in_between(
    owner: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 3:
            raise asyncio.CancelledError

    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
        monkeypatch.setattr(asyncio, "sleep", rest)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(made.run())
    assert rests == [0.01] * 3


def test_at_ease_it_rests_as_long_as_it_is_to(owner: Partition) -> None:
    async def rest(made: Checkpointer) -> None:
        made._last_duration, started = 0.2, monotonic()
        await made._rest()
        assert monotonic() - started >= 0.09

    assert run_with(Slow(), owner, rest) == []


def test_a_store_is_written_only_when_its_checkpoint_counts(owner: Partition) -> None:
    """One that is ahead of its changelog would keep what never happened."""
    made = batch(owner, source_record(0))
    made.put(b"k", b"v")
    made.finish()

    class Refused:
        def publish(self, cuts: list[Cut], _: object) -> None:
            cuts[0].changelog_next = 1
            raise Fenced("another worker has our partitions")

    with ThreadPoolExecutor(1) as pool:
        checkpoints = checkpointer(owner, pool)
        checkpoints._producer = cast(Any, Refused())
        with pytest.raises(Fenced):
            asyncio.run(checkpoints.checkpoint())
    assert (owner.store.get(b"k"), owner.store.position) == (None, None)
