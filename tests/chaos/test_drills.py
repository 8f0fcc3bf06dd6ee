"""Short drills: nothing is lost, doubled or wrong."""

import os
from pathlib import Path

import pytest

from tests.chaos.disk import CannotMount
from tests.chaos.plans import QUICK, run
from tests.kafka import Kafka


def test_nothing_is_lost_doubled_or_wrong_when_all_goes_wrong(
    own_kafka: Kafka, tmp_path: Path
) -> None:
    try:
        result = run(QUICK["all"], own_kafka, tmp_path)
    except CannotMount as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    assert result.exact, result


def test_a_rolling_change_of_version_under_load_loses_nothing_of_what_either_keeps(
    own_kafka: Kafka, tmp_path: Path
) -> None:
    result = run(QUICK["upgrade"], own_kafka, tmp_path)
    assert result.exact, result
