"""A worker that cannot reach the broker while others can."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.engine import BrokerFailed, Fenced
from tests.chaos.on_engine import PARTITIONS
from tests.conftest import real
from tests.engine.trial import Trial
from tests.patience import PATIENCE
from tests.relay import Relay, relayed_kafka

ALL = frozenset(range(PARTITIONS))


@pytest.fixture
def relay(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Relay]:
    """A Kafka of its own behind a relay; the shared one tells whether there can be another."""
    with relayed_kafka(tmp_path / "kafka") as made:
        yield made


def wait_until(holds: Callable[[], object], trial: Trial) -> None:
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, trial.group.log_of("A").read_text()
        time.sleep(0.1)


def test_a_worker_that_is_cut_off_is_replaced_and_what_it_still_had_is_refused(
    relay: Relay, unique: str, tmp_path: Path
) -> None:
    trial = Trial(real(relay.address), unique, tmp_path, SESSION_TIMEOUT="3000", HEARTBEAT="500")
    group = trial.group
    try:
        for worker in ("A", "B"):
            group.start(worker)
            trial.wait_until_ready(worker=worker)
        wait_until(lambda: group.owned("A") | group.owned("B") == ALL != group.owned("A"), trial)
        feed = trial.feed(None, 300)
        wait_until(lambda: all(trial.committed().values()), trial)
        relay.cut_off(group.pid_of("A"))
        wait_until(lambda: group.owned("B") == ALL, trial)
        lives = group.times_ready("A")
        relay.mend()
        trial.wait_until_ready(lives + 1, "A")
        feed.finish()
        assert trial.stop_when_read() == [0, 0]
        assert group.exits.keys() <= {Fenced.exit_code, BrokerFailed.exit_code}
        assert trial.verdict().exact
    finally:
        group.stop()
