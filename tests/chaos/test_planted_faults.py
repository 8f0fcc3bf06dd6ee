"""The verifier is not blind: engines that are broken on purpose are found out."""

from collections.abc import Mapping

import pytest

from tests.chaos.planted import run_all
from tests.chaos.result import Result
from tests.kafka import Kafka


@pytest.fixture(scope="module")
def results(own_kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Result]:
    """What came of all of them, run beside each other."""
    found = run_all(own_kafka, tmp_path_factory.mktemp("planted"))
    return {result.drill: result for result in found}


def test_the_sound_engine_survives_what_finds_the_others_out(
    results: Mapping[str, Result],
) -> None:
    assert results["sound"].exact, results["sound"]


def test_a_checkpoint_without_its_marker_loses_state(results: Mapping[str, Result]) -> None:
    verdict = results["skip-marker"].verdict
    assert verdict.wrong > 0, verdict


def test_offsets_committed_before_the_outputs_lose_some(results: Mapping[str, Result]) -> None:
    verdict = results["commit-before-flush"].verdict
    assert verdict.lost > 0, verdict


def test_a_replaced_worker_that_is_not_refused_answers_again(
    results: Mapping[str, Result],
) -> None:
    verdict = results["ignore-generation"].verdict
    assert verdict.doubled > 0, verdict
