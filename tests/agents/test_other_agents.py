"""What the anomalies and accounts agents make of records, before any broker is involved."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from detectors.fingerprint import error_fingerprint
from schemas.codec import Codec
from schemas.records import (
    AccountActivity,
    AccountProfile,
    ActivityKind,
    AnomalyState,
    OpportunityStatus,
    OpportunityUpdate,
    ProblemReport,
)
from schemas.topics import OPEN_ANOMALIES
from streams.agents.accounts import HEALTH_TOPIC, OPPORTUNITIES_TOPIC, PROFILES_TOPIC, AccountsAgent
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import AnomalyPolicy
from streams.core.policy import default_policy, load_policy
from streams.measuring import AnomalyCount
from tests.agents.harness import START, Harness, decoded, raw

REPORTS, ACTIONS = AnomaliesAgent.sources
ACTIVITY = "support.account-activity"
MINUTE = 60_000


def report(number: int, account: str) -> ProblemReport:
    at = START + number * 1_000
    return ProblemReport(
        report_id=f"r{number}",
        ticket_id=f"T{number}",
        message_id=f"m{number}",
        fingerprint="502",
        fingerprint_version=1,
        category="technical",
        occurred_at=at,
        source_partition=0,
        source_watermark=at,
        account_id=account,
    )


def anomalies(folder: Path) -> Harness:
    return Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), folder, REPORTS, ACTIONS)


def test_many_accounts_with_one_problem_open_an_anomaly_that_time_resolves(tmp_path: Path) -> None:
    agent = anomalies(tmp_path)
    outputs = agent.feed(REPORTS, *(report(number, f"a{number}") for number in range(1, 6)))
    opened = decoded(outputs, "support.anomalies")[0]
    assert opened.state is AnomalyState.OPENED
    assert decoded(outputs, OPEN_ANOMALIES)[0].anomaly_id == opened.anomaly_id
    outputs = agent.tick(REPORTS, START + 60 * MINUTE)
    [resolved] = decoded(outputs, "support.anomalies")
    assert (resolved.anomaly_id, resolved.state) == (opened.anomaly_id, AnomalyState.RESOLVED)
    assert decoded(outputs, OPEN_ANOMALIES) == [None]


def test_error_texts_that_differ_in_a_name_open_one_anomaly(tmp_path: Path) -> None:
    agent = anomalies(tmp_path)
    names = ("ann", "bo", "cy", "di", "ed", "flo", "gus", "hal")
    found = [error_fingerprint(f"no ledger for {name} in this region") for name in names]
    reports = [
        replace(
            report(number, f"a{number}"),
            fingerprint=one.id,
            template=one.template,
            error_text=one.error_text,
        )
        for number, one in enumerate(found)
    ]
    # Restarted in between: the groups lie in the state.
    first = agent.feed(REPORTS, *reports[:2])
    opened, *_ = decoded(agent.feed(REPORTS, *reports[2:]), "support.anomalies")
    assert first == []
    assert opened.state is AnomalyState.OPENED
    assert (opened.fingerprints, opened.accounts) == ((found[0].id,), 3)
    of_group_and_category = list(agent.partition.store.scan(b"f", b"g"))
    assert len(of_group_and_category) == 2


def test_one_loud_account_opens_nothing(tmp_path: Path) -> None:
    agent = anomalies(tmp_path)
    outputs = agent.feed(REPORTS, *(report(number, "a1") for number in range(1, 100)))
    assert outputs == []


def test_reports_that_cannot_be_read_go_to_the_dead_letters(tmp_path: Path) -> None:
    outputs = anomalies(tmp_path).feed(REPORTS, raw(b"{", b"default"), report(1, "a1"))
    letters = decoded(outputs, "support.dead-letters")
    assert [(letter.agent, letter.error_code) for letter in letters] == [
        ("anomalies", "not_decodable")
    ]


def test_a_profile_that_cannot_be_read_makes_no_time_pass(tmp_path: Path) -> None:
    agent, in_microseconds = accounts(tmp_path), raw(Codec().encode(profile()).value or b"", b"a1")
    in_microseconds.timestamp *= 1_000
    outputs = agent.feed(PROFILES_TOPIC, in_microseconds)
    letters = decoded(outputs, "support.dead-letters")
    assert [letter.error_code for letter in letters] == ["insane_time"]
    assert agent.partition.time == 0


def test_activity_gives_an_account_its_health_and_a_deleted_profile_is_forgotten(
    tmp_path: Path,
) -> None:
    agent = accounts(tmp_path)
    agent.feed(PROFILES_TOPIC, raw(Codec().encode(profile()).value or b"", b"a1"))
    seen = [
        AccountActivity(f"x{number}", f"T{number}", ActivityKind.OPENED, START, account_id="a1")
        for number in range(3)
    ]
    outputs = agent.feed(ACTIVITY, *seen)
    health = decoded(outputs, "support.account-health")
    assert health
    assert {one.account_id for one in health} == {"a1"}
    assert list(agent.partition.store.scan(b"p", b"q"))
    deletion = raw(b"", b"a1")
    deletion.value = None
    agent.feed(PROFILES_TOPIC, deletion)
    assert list(agent.partition.store.scan(b"p", b"q")) == []


def test_an_account_whose_profile_names_nothing_as_what_it_became_keeps_its_history(
    tmp_path: Path,
) -> None:
    agent = accounts(tmp_path)
    opened = AccountActivity("x1", "T1", ActivityKind.OPENED, START, account_id="a1")
    agent.feed(ACTIVITY, opened)
    exported = replace(profile(), merged_into="")
    outputs = agent.feed(PROFILES_TOPIC, raw(Codec().encode(exported).value or b"", b"a1"))
    assert decoded(outputs, ACTIVITY) == []
    assert list(agent.partition.store.scan(b"a", b"b"))


def test_what_comes_for_an_account_that_was_merged_and_then_deleted_follows_it(
    tmp_path: Path,
) -> None:
    agent, deletion = accounts(tmp_path), raw(b"", b"a1")
    merged = replace(profile(), merged_into="a2")
    deletion.value = None
    agent.feed(PROFILES_TOPIC, raw(Codec().encode(merged).value or b"", b"a1"))
    agent.feed(PROFILES_TOPIC, deletion)
    erased = AccountActivity("T1/a/erased/1", "T1", ActivityKind.ERASED, START, account_id="a1")
    [told] = decoded(agent.feed(ACTIVITY, erased), ACTIVITY)
    assert (told.kind, told.account_id) == (ActivityKind.ERASED, "a2")


def test_an_account_whose_timer_could_not_be_handled_is_woken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = accounts(tmp_path)
    seen = [
        AccountActivity(f"x{number}", "T1", kind, START + number * 1_000, account_id="a1")
        for number, kind in enumerate((ActivityKind.OPENED, ActivityKind.MESSAGE), 1)
    ]
    agent.feed(ACTIVITY, *seen)

    def fails(*_: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as broken:
        broken.setattr("streams.agents.accounts.tick", fails)
        assert decoded(agent.tick(ACTIVITY, START + 2 * MINUTE), HEALTH_TOPIC) == []
    [told] = decoded(agent.tick(ACTIVITY, START + 120 * MINUTE), HEALTH_TOPIC)
    assert told.account_id == "a1"


def test_an_account_that_never_can_be_handled_ends_no_worker_that_was_away_for_a_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, tried = accounts(tmp_path), list[int]()
    agent.feed(
        ACTIVITY,
        *(
            AccountActivity(f"x{number}", "T1", kind, START + number * 1_000, account_id="a1")
            for number, kind in enumerate((ActivityKind.OPENED, ActivityKind.MESSAGE), 1)
        ),
    )

    def fails(*_: Any) -> None:
        tried.append(1)
        raise RuntimeError("boom")

    monkeypatch.setattr("streams.agents.accounts.tick", fails)
    assert decoded(agent.tick(ACTIVITY, START + 30 * 24 * 60 * MINUTE), HEALTH_TOPIC) == []
    assert 8 < len(tried) < 20


def test_an_anomaly_whose_timer_could_not_be_handled_is_resolved_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = anomalies(tmp_path)
    agent.feed(REPORTS, *(report(number, f"a{number}") for number in range(1, 6)))

    def fails(*_: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as broken:
        broken.setattr("streams.agents.anomalies.wake", fails)
        assert agent.tick(REPORTS, START + 20 * MINUTE) == []
    [resolved] = decoded(agent.tick(REPORTS, START + 120 * MINUTE), "support.anomalies")
    assert resolved.state is AnomalyState.RESOLVED


def accounts(folder: Path) -> Harness:
    return Harness(
        AccountsAgent(Codec(), lambda _now: default_policy()), folder, *AccountsAgent.sources
    )


def profile() -> AccountProfile:
    return AccountProfile(account_id="a1", updated_at=START, tier="enterprise")


def souring() -> list[AccountActivity]:
    """A ticket a day of a1 that gets worse, each bad one escalated."""
    days = enumerate((0.0, 0.1, 0.1, 0.6, 0.9, 1.0, 1.0))
    heard = [
        AccountActivity(
            f"m{day}",
            f"T{day}",
            ActivityKind.MESSAGE,
            START + day * 24 * 60 * MINUTE,
            account_id="a1",
            negative=mood,
        )
        for day, mood in days
    ]
    called = [
        replace(one, activity_id=f"e{one.ticket_id}", kind=ActivityKind.ESCALATED, negative=None)
        for one in heard[3:]
    ]
    return [*heard, *called]


@pytest.mark.parametrize(
    ("known", "owner"),
    [
        ({"vip": True}, "success-lead"),
        ({"tier": "enterprise"}, "success-team"),
        ({"tier": "free"}, "kim"),
    ],
)
def test_a_suggestion_is_given_to_whom_the_policy_in_force_names_for_the_accounts_segment(
    tmp_path: Path, known: dict[str, Any], owner: str
) -> None:
    named = load_policy(
        "based_on: default\nname: own\n"
        "outreach: {owners: {top: success-lead, enterprise: success-team}}\n"
    )
    begins = START + 24 * 60 * MINUTE
    agent = Harness(
        AccountsAgent(Codec(), lambda now: named if now >= begins else default_policy()),
        tmp_path,
        *AccountsAgent.sources,
    )
    agent.feed(PROFILES_TOPIC, AccountProfile("a1", START, owner_id="kim", **known))
    health = decoded(agent.feed(ACTIVITY, *souring()), HEALTH_TOPIC)
    assert {one.opportunity.owner_id for one in health if one.opportunity} == {owner}


def test_an_answer_of_customer_success_reaches_the_suggestion_and_the_tickets_hear_of_the_risk(
    tmp_path: Path,
) -> None:
    agent = accounts(tmp_path)
    outputs = agent.feed(ACTIVITY, *souring())
    told = decoded(outputs, "support.conversations")
    assert {(one.kind, one.account.health) for one in told} == {("account_changed", "at_risk")}
    made = decoded(outputs, HEALTH_TOPIC)[-1].opportunity
    update = OpportunityUpdate(
        "u1",
        made.opportunity_id,
        "a1",
        OpportunityStatus.ACCEPTED,
        told[-1].occurred_at,
        actor_id="lee",
    )
    [health] = decoded(agent.feed(OPPORTUNITIES_TOPIC, update), HEALTH_TOPIC)
    assert (health.opportunity.owner_id, health.opportunity.accepted_at) == (
        "lee",
        health.updated_at,
    )


def test_a_merged_account_is_gone_from_the_topic_and_what_comes_late_follows_it(
    tmp_path: Path,
) -> None:
    agent = accounts(tmp_path)
    agent.feed(PROFILES_TOPIC, profile())
    agent.feed(ACTIVITY, *souring())
    outputs = agent.feed(PROFILES_TOPIC, replace(profile(), merged_into="a2"))
    assert decoded(outputs, HEALTH_TOPIC)[-1] is None
    moved = decoded(outputs, ACTIVITY)
    assert {one.account_id for one in moved} == {"a2"}
    late = replace(souring()[0], activity_id="late")
    outputs = agent.feed(ACTIVITY, late)
    assert [one.account_id for one in decoded(outputs, ACTIVITY)] == ["a2"]
    health = decoded(agent.feed(ACTIVITY, *moved), HEALTH_TOPIC)
    assert {one.account_id for one in health} == {"a2"}


def test_an_answer_to_a_merged_accounts_suggestion_comes_to_the_account_that_it_is_part_of(
    tmp_path: Path,
) -> None:
    agent = accounts(tmp_path)
    made = decoded(agent.feed(ACTIVITY, *souring()), HEALTH_TOPIC)[-1].opportunity
    moved = agent.feed(PROFILES_TOPIC, replace(profile(), merged_into="a2"))
    agent.feed(ACTIVITY, *decoded(moved, ACTIVITY))
    chain = agent.feed(PROFILES_TOPIC, AccountProfile("a2", START, merged_into="a3"))
    agent.feed(ACTIVITY, *decoded(chain, ACTIVITY))
    update = OpportunityUpdate(
        "u1", made.opportunity_id, "a1", OpportunityStatus.ACCEPTED, START, actor_id="lee"
    )
    [first] = decoded(agent.feed(OPPORTUNITIES_TOPIC, update), ACTIVITY)
    [second] = decoded(agent.feed(ACTIVITY, first), ACTIVITY)
    assert (first.account_id, second.account_id) == ("a2", "a3")
    [health] = decoded(agent.feed(ACTIVITY, second), HEALTH_TOPIC)
    assert (health.account_id, health.opportunity.owner_id) == ("a3", "lee")
    assert health.opportunity.opportunity_id == made.opportunity_id


def test_what_is_not_counted_and_what_is_forgotten_is_told_as_metrics(tmp_path: Path) -> None:
    registry, count = CollectorRegistry(), AnomalyCount("anomalies")
    for collector in count.collectors:
        registry.register(collector)
    policy = replace(AnomalyPolicy(), tracked_fingerprints=2)
    handler = AnomaliesAgent(Codec(), policy, count=count)
    agent = Harness(handler, tmp_path, REPORTS, ACTIONS)

    def told(name: str, **label: str) -> float | None:
        return registry.get_sample_value(name, {"agent": "anomalies", **label})

    agent.feed(REPORTS, *(replace(report(n, "a"), fingerprint=f"f{n}") for n in range(4)))
    assert told("baton_uncounted_reports_total", why="untracked") == 2
    agent.tick(REPORTS, START + 60 * MINUTE)
    assert told("baton_forgotten_problems_total", what="fingerprint") == 2
    agent.feed(REPORTS, report(4_000, "b"), report(1, "c"))
    assert told("baton_uncounted_reports_total", why="late") == 1
    words = ["".join(letters) for letters in product("abcdefghi", repeat=3)]
    found = [error_fingerprint(f"error: {word}o {word}a {word}e") for word in words]
    agent.feed(
        REPORTS,
        *(
            replace(
                report(5_000 + number, "d"),
                fingerprint=one.id,
                template=one.template,
                error_text=one.error_text,
            )
            for number, one in enumerate(found)
        ),
    )
    assert (told("baton_forgotten_problems_total", what="text") or 0) > 0
