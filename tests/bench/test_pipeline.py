"""How the pipeline's figures are reckoned."""

import time

import pytest

from tests.bench.measure import Span
from tests.bench.pipeline import AROUND, of_stages, of_worker
from tests.bench.stages import Stages, Taken

STAGES = {"decode": 1.0, "encode": 2.0, "state": 3.0, "decide": 2.5}


def test_kafka_is_what_the_timed_worker_takes_beyond_its_stages_and_their_timing() -> None:
    taken = Taken(1_000_000, cpu_seconds=12.0, stages=STAGES, timing=1.5)
    found = {(one.what, one.unit): one.value for one in of_stages([taken])}
    assert found["Kafka", "us/message"] == 12 - 8.5 - 1.5
    assert found[" + ".join(AROUND), "us/message"] == 1 + 2 + 3 + 2
    shares = [value for (_, unit), value in found.items() if unit == "%"]
    assert sum(shares) == pytest.approx(100)
    assert len(shares) == len(STAGES) + 1


def test_what_a_worker_took_while_it_was_cold_counts_for_no_message() -> None:
    cold = Taken(10, cpu_seconds=9.0, stages={"decode": 5.0}, timing=1.0)
    last = Taken(30, cpu_seconds=11.0, stages={"decode": 5.5, "encode": 0.5}, timing=1.5)
    assert last.since(cold) == Taken(20, 2.0, {"decode": 0.5, "encode": 0.5}, 0.5)


def test_a_core_is_a_second_of_cpu() -> None:
    span = Span(500_000, seconds=10.0, cpu_seconds=5.0)
    found = {one.unit: one.value for one in of_worker([span])}
    assert found == {
        "messages/s": 50_000.0,
        "messages/s per core": 100_000.0,
        "us/message": 10.0,
    }


def test_what_a_stage_calls_of_another_counts_for_the_other_only() -> None:
    stages = Stages()
    inner = stages.timed("inner", lambda: sum(range(100_000)))
    stages.timed("outer", lambda: inner())()
    assert 0 <= stages.seconds["outer"] < stages.seconds["inner"]


def test_to_time_a_call_costs_no_stage() -> None:
    stages = Stages()
    call, started = stages.timed("nothing", lambda: None), time.thread_time()
    outer = stages.timed("outer", lambda: [call() for _ in range(20_000)])
    outer()
    took = time.thread_time() - started
    assert abs(stages.seconds["nothing"]) + abs(stages.seconds["outer"]) < took / 2
