"""Whatever fails between a record and a receiver, nothing is lost and nothing changes places."""

from collections.abc import Callable
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import AnomalyState
from streams.alerts.ledger import Abandoned
from tests.alerts.forwarding import DOWN, Bench
from tests.alerts.samples import anomaly

steps = st.tuples(st.sampled_from(["a-1", "a-2"]), st.sampled_from(["open", "grow", "end"]))
faults = st.sampled_from(["", "", "down", "crash before", "crash after"])


@given(st.lists(st.tuples(steps, faults), max_size=15))
def test_whatever_fails_everything_arrives_in_order_and_a_repetition_has_the_same_key(
    plan: list[tuple[tuple[str, str], str]],
) -> None:
    states = {
        "open": AnomalyState.OPENED, "grow": AnomalyState.UPDATED, "end": AnomalyState.RESOLVED,
    }  # fmt: skip
    records = [
        anomaly(states[what], number, anomaly_id=name)
        for number, ((name, what), _) in enumerate(plan, 1)
    ]
    smooth, rough = Bench(), Bench()
    smooth.run(*records)
    for record, (_, fault) in zip(records, plan, strict=True):
        rough.ledger.add(record)
        FAULTS[fault](rough)
        rough.run()
    assert [arrived for arrived, _ in groupby(rough.stamped)] == smooth.stamped
    assert rough.ledger.told == smooth.ledger.told
    assert rough.ledger.committed == len(records)
    crashes = sum(fault == "crash after" for _, fault in plan)
    assert len(rough.stamped) - len(smooth.stamped) <= crashes


def _crash_after(bench: Bench) -> None:
    bench.ledger.commits_fail = True
    with pytest.raises(Abandoned):
        _step_often(bench)
    bench.ledger.commits_fail = False
    bench.ledger.restart()


def _step_often(bench: Bench) -> None:
    for _ in range(3):
        bench.forwarder.step()


def _crash_before(bench: Bench) -> None:
    def taken_away() -> None:
        bench.ledger.on_pause = lambda: None
        raise Abandoned

    bench.script, bench.ledger.on_pause = [DOWN], taken_away
    try:
        bench.forwarder.step()
    except Abandoned:
        bench.ledger.restart()
    bench.script, bench.ledger.on_pause = [], lambda: None


def _down(bench: Bench) -> None:
    bench.script = [DOWN] * 3
    bench.run()
    bench.script = []


FAULTS: dict[str, Callable[[Bench], None]] = {
    "": lambda bench: None,
    "down": _down,
    "crash before": _crash_before,
    "crash after": _crash_after,
}
