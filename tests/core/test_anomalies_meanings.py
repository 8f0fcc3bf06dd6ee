"""Reports without an error text are grouped by what they mean, the same way everywhere."""

import random
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from detectors.fingerprint import component_of
from detectors.meaning import SCALE, meaning
from detectors.message import Message
from schemas.codec import Codec
from schemas.records import AnomalyState, ProblemReport
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import (
    AnomalyPolicy,
    Meanings,
    comparable,
    decode_meanings,
    encode_meanings,
    is_meant,
    means_more,
    place_meaning,
)
from streams.core.anomalies.centres import SETTLED
from streams.core.anomalies.meanings import MOST_CLUSTERS, RENEWED
from tests.agents.harness import Harness, decoded
from tests.agents.test_other_agents import MINUTE, report

REPORTS, ACTIONS = AnomaliesAgent.sources
WORDINGS = Path(__file__).parents[1] / "detectors" / "wordings.txt"
LOGIN = (
    "I cannot log in since this morning.",
    "sign in fails for everyone in our office",
    "logging in does not work any more, neither in Chrome nor in Firefox",
    "The sign in button does nothing when I press it",
    "can't get past the login, it keeps loading",
    "login page just spins and never lets me through",
)


def told(number: int, text: str) -> ProblemReport:
    """A report whose fingerprint nobody shares: only the meaning can bring it to others."""
    message = Message.of(text)
    return replace(
        report(number, f"a{number}"),
        fingerprint=f"alone-{number}",
        component=component_of(message),
        meaning=meaning(message.words),
        meaning_version=1,
    )


def wordings(half: str) -> list[tuple[str, str]]:
    """Problem and wording of one half of our own set."""
    found, problem = [], ""
    for line in WORDINGS.read_text().splitlines():
        if named := re.fullmatch(r"\[(\w+)\] (.+)", line):
            problem = named.group(2) if named.group(1) == half else ""
        elif line and problem and not line.startswith("#"):
            found.append((problem, line))
    return found


def pairwise(rows: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Precision and recall of pairs that are grouped together."""
    meanings = Meanings()
    placed = [
        (problem, place_meaning(meanings, told(number, text), 0).group)
        for number, (problem, text) in enumerate(rows)
    ]
    together = [(a[0] == b[0], a[1] == b[1]) for a, b in combinations(placed, 2)]
    right = sum(same and grouped for same, grouped in together)
    return right / sum(grouped for _, grouped in together), right / sum(
        same for same, _ in together
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("half", "precision", "recall"), [("choose", 0.75, 0.4), ("hold", 0.85, 0.55)]
)
def test_wordings_of_a_problem_meet_and_those_of_others_stay_away(
    half: str, precision: float, recall: float, seed: int
) -> None:
    rows = wordings(half)
    assert len(rows) == 120
    random.Random(seed).shuffle(rows)
    found = pairwise(rows)
    assert found[0] >= precision, found
    assert found[1] >= recall, found


def test_one_failure_in_different_words_opens_one_anomaly_and_another_stays_out(
    tmp_path: Path,
) -> None:
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)
    reports = [told(number, text) for number, text in enumerate(LOGIN, 1)]
    export = told(9, "export is empty")
    # One by one: each batch reads the clusters from the state again.
    outputs = [out for one in (*reports, export) for out in agent.feed(REPORTS, one)]
    found = decoded(outputs, "support.anomalies")
    assert found[0].state is AnomalyState.OPENED
    [resolved] = decoded(
        agent.tick(REPORTS, reports[0].occurred_at + 90 * MINUTE), "support.anomalies"
    )
    assert {one.anomaly_id for one in found} == {resolved.anomaly_id}
    tickets = {one.ticket_id for one in resolved.affected}
    assert export.ticket_id not in tickets
    assert len(tickets) >= len(LOGIN) - 1


def test_a_cluster_is_named_for_the_report_that_founded_it_and_survives_restart() -> None:
    first = told(1, LOGIN[0])
    meanings = Meanings()
    group = place_meaning(meanings, first, 0).group
    assert place_meaning(Meanings(), first, 0).group == group
    assert place_meaning(decode_meanings(encode_meanings(meanings)), first, 0).group == group
    with pytest.raises(ValueError, match="no version: 00"):
        decode_meanings(b"\x00")


def test_a_settled_cluster_is_written_once_an_hour_at_most() -> None:
    meanings, one = Meanings(), told(1, LOGIN[0])
    learned = [place_meaning(meanings, one, 0).learned for _ in range(SETTLED + 3)]
    assert learned == [True] * SETTLED + [False] * 3
    assert place_meaning(meanings, one, RENEWED).learned
    assert meanings.met == [RENEWED]
    assert not place_meaning(meanings, one, RENEWED + 1).learned


@pytest.mark.parametrize(
    ("different", "component", "together"),
    [
        (3, None, True),
        (3, "login", True),
        (3, "mail", False),
        (2, "mail", True),
        (5, None, False),
        (5, "login", True),
        (6, "login", False),
    ],
)
def test_a_component_that_both_name_brings_two_nearer_and_another_keeps_them_apart(
    different: int, component: str | None, together: bool
) -> None:
    """Their cosine is 1 less an eighth for each number that differs in sign."""

    def one(number: int, signs: int, part: str | None) -> ProblemReport:
        vector = tuple(-75 if place < signs else 75 for place in range(16))
        return replace(told(number, "x"), component=part, meaning=vector)

    meanings = Meanings()
    place_meaning(meanings, one(1, 0, "login"), 0)
    place_meaning(meanings, one(2, different, component), 0)
    assert (len(meanings.names) == 1) is together
    assert meanings.components[0] == "login"


def test_clusters_stay_few_and_what_was_not_met_for_longest_goes() -> None:
    meanings, chance = Meanings(), random.Random(1)
    for number in range(MOST_CLUSTERS + 20):
        numbers = [chance.gauss(0, SCALE / 128**0.5) for _ in range(128)]
        vector = tuple(max(-127, min(127, round(one))) for one in numbers)
        one = replace(told(number, "x"), component=None, meaning=vector)
        place_meaning(meanings, one, number)
    assert (len(meanings.names), meanings.evicted) == (MOST_CLUSTERS, 20)
    assert len(meanings.centres) == MOST_CLUSTERS * 128
    assert min(meanings.met) == 20


@pytest.mark.parametrize("vector", [(), (128,), (-128,), (1,) * 257])
def test_a_vector_that_cannot_be_one_is_not_grouped(vector: tuple[int, ...]) -> None:
    assert not is_meant(comparable(replace(report(1, "a1"), meaning=vector, also_means=(1,))))
    assert not means_more(
        comparable(replace(report(1, "a1"), component="login", also_means=vector))
    )
    assert not is_meant(replace(report(1, "a1"), meaning=(1,), error_text="error: 1"))


def test_reports_whose_vectors_cannot_be_any_count_by_their_fingerprint(tmp_path: Path) -> None:
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)
    reports = [replace(told(number, LOGIN[0]), fingerprint="same") for number in range(5)]
    outputs = agent.feed(REPORTS, *(replace(one, meaning=(128,)) for one in reports))
    assert [one.fingerprints for one in decoded(outputs, "support.anomalies")] == [("same",)]
    assert not decoded(outputs, "support.dead-letters")
