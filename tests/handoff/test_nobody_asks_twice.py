"""What the customer has told is in the package, outside the transcript: nobody asks twice."""

from collections import Counter
from collections.abc import Iterator

import pytest

from schemas.records import Escalation
from tests.handoff.talks import FILES, MISSING, Talk, hand_over, talks

SHARE = 0.9
"""Of the facts at least this share must be found: in the package, and named among its entities."""
KINDS = 0.8
"""Of the facts at least this share must stand under their own kind: a desk fills its form by it."""

Judged = list[tuple[Talk, Escalation]]


@pytest.fixture(scope="module", params=FILES)
def judged(request: pytest.FixtureRequest) -> Judged:
    """The conversations of a file with the escalation each leads to."""
    return [(talk, hand_over(talk)) for talk in talks(request.param)]


def test_there_are_a_hundred_conversations_and_every_fact_was_said() -> None:
    told = [talk for name in FILES for talk in talks(name)]
    assert len({talk.id for talk in told}) == len(told) >= 100
    for talk in told:
        words = " ".join(text for role, text in talk.turns() if role == "customer")
        assert [fact for fact in talk.known() if fact.value not in words] == [], talk.id


def test_nine_of_ten_facts_are_in_the_package_and_named(judged: Judged) -> None:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("facts", *MISSING)}
    for talk, escalation in judged:
        facts = talk.known()
        counts["facts"].update(fact.kind for fact in facts)
        for name, lost_of in MISSING.items():
            lost = lost_of(escalation, facts)
            counts[name].update(fact.kind for fact in lost)
            if name == "named":
                print("\n".join(f"not named: {talk.id}: {kind}: {value}" for kind, value in lost))
    print("\n".join(_table(counts)))
    total = counts["facts"].total()
    assert 1 - counts["in package"].total() / total >= SHARE
    assert 1 - counts["named"].total() / total >= SHARE
    assert 1 - counts["by kind"].total() / total >= KINDS


def test_every_entity_is_quoted_from_where_it_says(judged: Judged) -> None:
    for _, escalation in judged:
        texts = {line.message_id: line.text for line in escalation.package.transcript}
        for entity in escalation.package.entities:
            assert texts[entity.message_id][entity.start : entity.end] == entity.value


def _table(counts: dict[str, Counter[str]]) -> Iterator[str]:
    facts = counts["facts"]
    yield f"{'kind':<14}{'facts':>6}" + "".join(f"{name:>12}" for name in MISSING)
    for kind in [*sorted(facts), "all"]:
        of_kind = {
            name: count.total() if kind == "all" else count[kind] for name, count in counts.items()
        }
        shares = (1 - of_kind[name] / of_kind["facts"] for name in MISSING)
        yield f"{kind:<14}{of_kind['facts']:>6}" + "".join(f"{share:>12.1%}" for share in shares)
