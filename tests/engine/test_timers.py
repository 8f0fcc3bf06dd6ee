"""Timers fire once, in time order, before the first record past them, whatever lies in between."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine import Timer
from streams.engine import timers as timers_module
from streams.engine.timers import HORIZON, Timers, timer_bound, timer_key
from tests.engine.records import batch, checkpoint, partition, source_record

STEPS = st.lists(
    st.tuples(
        st.integers(0, 3 * HORIZON),
        st.lists(st.integers(1, 3 * HORIZON), max_size=3),
        st.booleans(),
    ),
    max_size=15,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_each_timer_fires_once_before_the_first_later_record(
    steps: list[tuple[int, list[int], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        owner = partition(Path(folder))
        clock, waiting = 0, set[Timer]()
        for number, (ahead, delays, commit) in enumerate(steps):
            clock += ahead
            made = batch(owner, source_record(number, clock))
            now = made.now(made.records[0])
            fired = list(made.due(now))
            assert fired == sorted(timer for timer in waiting if timer.due < now)
            waiting.difference_update(fired)
            for index, delay in enumerate(delays):
                timer = Timer(now + delay, b"%d-%d" % (number, index))
                made.set_timer(timer)
                waiting.add(timer)
            made.finish()
            if commit:
                checkpoint(owner)
        end = batch(owner, tick=clock + 4 * HORIZON)
        assert set(end.due(clock + 4 * HORIZON)) == waiting
        owner.store.close()


def test_a_cleared_timer_does_not_fire(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0, 1))
    first.set_timer(Timer(10, b"a"))
    first.set_timer(Timer(20, b"b"))
    first.finish()
    checkpoint(owner)
    second = batch(owner, source_record(1, 2))
    second.clear_timer(Timer(10, b"a"))
    assert list(second.due(100)) == [Timer(20, b"b")]


def test_a_new_timer_that_is_taken_back_in_its_batch_is_never_written(tmp_path: Path) -> None:
    owner, timer = partition(tmp_path), Timer(10, b"a")
    first = batch(owner, source_record(0, 1))
    first.set_timer(timer, new=True)
    first.clear_timer(timer)
    assert not first.timer_changes
    assert not list(first.due(100))


def test_a_timer_that_was_written_is_deleted_however_often_its_batch_sets_it(
    tmp_path: Path,
) -> None:
    owner, timer = partition(tmp_path), Timer(10, b"a")
    first = batch(owner, source_record(0, 1))
    first.set_timer(timer, new=True)
    first.finish()
    checkpoint(owner)
    second = batch(owner, source_record(1, 2))
    second.clear_timer(timer)
    second.set_timer(timer, new=True)
    second.clear_timer(timer)
    second.finish()
    checkpoint(owner)
    owner.store.close()
    assert not list(batch(partition(tmp_path), tick=100).due(100))


def test_a_timer_of_the_batch_under_way_fires_though_the_batch_before_has_only_just_ended(
    tmp_path: Path,
) -> None:
    owner = partition(tmp_path)
    first, second = batch(owner, source_record(0, 1)), batch(owner, source_record(1, 2))
    first.finish()
    second.set_timer(Timer(10, b"a"))
    assert list(second.due(100)) == [Timer(10, b"a")]


def test_timers_of_a_checkpoint_under_way_are_found_again_after_a_rollback(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0, 1))
    first.set_timer(Timer(10, b"a"))
    first.finish()
    assert owner.cut() is not None
    made = batch(owner, source_record(1, 20))
    made.rollback(made.mark())
    assert list(made.due(20)) == [Timer(10, b"a")]


def test_timers_survive_a_restart(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0, 1))
    first.set_timer(Timer(10, b"a"))
    first.finish()
    checkpoint(owner)
    owner.store.close()
    again = partition(tmp_path)
    assert list(batch(again, tick=100).due(100)) == [Timer(10, b"a")]


def test_a_timer_set_by_a_timer_fires_in_the_same_tick_when_it_is_due(tmp_path: Path) -> None:
    made = batch(partition(tmp_path), tick=100)
    made.set_timer(Timer(10, b"a"))
    fired = []
    for timer in made.due(100):
        fired.append(timer.due)
        if timer.due < 40:
            made.set_timer(Timer(timer.due + 10, b"a"))
    assert fired == [10, 20, 30, 40]


def test_far_deadlines_are_not_held_and_the_next_minutes_are_looked_for_once() -> None:
    looked: list[tuple[bytes, bytes]] = []

    def scan(start: bytes, end: bytes) -> Iterator[bytes]:
        looked.append((start, end))
        return iter(sorted(timer_key(timer) for timer in kept if start <= timer_key(timer) < end))

    kept = [Timer(5 * HORIZON, b"far"), Timer(7, b"near")]
    timers = Timers(scan)
    for now in range(1, 8):
        assert timers.first_before(now) is None
    timers.add(kept[0])
    assert timers._live == {kept[1]}
    assert looked == [(timer_bound(0), timer_bound(1 + HORIZON))]
    assert timers.first_before(8) == kept[1]
    timers.remove(kept[1])
    assert timers.first_before(5 * HORIZON + 1) == kept[0]


def test_of_a_long_backlog_only_the_next_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers_module, "LOOKED_AT", 4)
    waiting = [Timer(due, b"%d" % n) for due in (1, 2, 3, 9, 10) for n in range(3)]

    def scan(start: bytes, end: bytes) -> Iterator[bytes]:
        return (key for key in map(timer_key, list(waiting)) if start <= key < end)

    timers, fired, most, every = Timers(scan), list[Timer](), 0, list(waiting)
    while (timer := timers.first_before(10)) is not None:
        most = max(most, len(timers._live))
        fired.append(timer)
        waiting.remove(timer)
        timers.remove(timer)
    assert fired == every[:-3]
    assert most == 6, "those of the last one's time are held, too"
