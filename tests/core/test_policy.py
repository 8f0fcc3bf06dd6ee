"""The policy file: what it refuses, and that it says what to write instead."""

from importlib.resources import files

import pytest

from streams.core.policy import PolicyError, default_policy, load_policy, shipped_policy
from streams.core.reasons import REASONS, Code
from streams.core.routing import route_for, segment_of

DEFAULT = (files("streams.core.policy") / "default.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("chat: 60s", "chat: 60", 'triggers.ai_no_answer.after.chat: expected a duration such as'),
        ("chat: 60s", "chat: 0s", "triggers.ai_no_answer.after.chat: expected a duration"),
        ("urgency: {tier: 2", "urgency: {tier: 3", "triggers.urgency.tier: "),
        ("urgency: {tier: 2", "urgency: {teir: 2", "triggers.urgency: "),
        ("contract_value: 1", "contract_value: -1", "triggers.high_stakes_account.contract"),
        ("security: {tier: 2", "security: {tier: 1", "triggers.security.tier: expected 2"),
        ("review_from: 3", "review_from: 9", "triggers.complex_troubleshooting.review_from: "),
        ("reasons: [safety]", "reasons: [saftey]", "routes[0].reasons[0]: "),
        ("lead_route: general", "lead_route: nobody", "escalations.lead_route: expected one of"),
        ("  - name: general", "  - name: legal", "routes: expected every name once"),
        ("reasons: [high_stakes_account]", "reasons: []", "routes[5]: only the last takes all"),
        ("warn_at: [50, 80]", "warn_at: [80, 50]", "sla.warn_at: "),
        ("name: default\nversion", "name: Default!\nversion", "name: "),
        ("mode: enforce", "mode: [", "not readable as YAML"),
        ("mode: enforce", "mode: enforce\nmood: good", "policy: "),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_work_is_refused_with_its_path(
    written: str, instead: str, complaint: str
) -> None:
    assert written in DEFAULT
    with pytest.raises(PolicyError) as refused:
        load_policy(DEFAULT.replace(written, instead, 1))
    assert str(refused.value).startswith(complaint)


def test_the_last_segment_takes_every_account() -> None:
    with pytest.raises(PolicyError, match=r"segments\[2\]"):
        load_policy(DEFAULT.replace("  - name: default\n", "  - name: default\n    vip: true\n"))


def test_the_shipped_policy_has_the_tiers_the_reasons_declare() -> None:
    triggers = default_policy().triggers
    for code in Code:
        tier = getattr(getattr(triggers, code, None), "tier", None)
        assert tier in (None, REASONS[code].tier)


@pytest.mark.parametrize(
    ("codes", "category", "route"),
    [
        ({"billing", "safety"}, "billing", "safety"),
        ({"billing", "security"}, "billing", "security"),
        ({"billing", "legal_compliance"}, "general", "legal"),
        ({"negative_sentiment"}, "billing", "billing"),
        ({"negative_sentiment"}, "technical", "technical"),
        ({"high_stakes_account"}, "general", "success"),
        ({"high_stakes_account", "complex_troubleshooting"}, "general", "technical"),
        ({"human_request"}, "general", "general"),
        (set(), "never heard of", "general"),
    ],
)
def test_the_most_pressing_reason_picks_the_queue(
    codes: set[str], category: str, route: str
) -> None:
    assert route_for(default_policy(), codes, category).name == route


def test_an_unknown_account_is_in_the_last_segment() -> None:
    assert segment_of(default_policy(), None).name == "default"


def test_the_strict_reading_gives_each_of_the_six_signals_to_a_person() -> None:
    seed, default = shipped_policy("seed"), default_policy()
    triggers = seed.triggers
    emotion = (triggers.negative_sentiment, triggers.sentiment_drop, triggers.urgency)
    others = (triggers.billing, triggers.security, triggers.legal_compliance)
    assert {rule.tier for rule in (*emotion, *others)} == {2}
    complexity, stakes = triggers.complex_troubleshooting, triggers.high_stakes_account
    assert complexity.review_from == complexity.handoff_from
    assert (stakes.tier_alone, stakes.tier_with_problem) == (2, 2)
    assert (seed.reference, seed.routes, seed.sla) == ("seed@1", default.routes, default.sla)


def test_a_policy_says_only_where_it_differs_from_its_base() -> None:
    ours = load_policy(
        "based_on: default\nname: ours\nversion: 3\ntriggers: {billing: {threshold: 0.4}}"
    )
    assert ours.triggers.billing.threshold == 0.4
    assert ours.triggers.billing.dispute_threshold == 0.5
    assert ours.segments == default_policy().segments


@pytest.mark.parametrize(
    ("base", "complaint"),
    [
        ("nothing", "based_on: expected one of default, seed, got 'nothing'"),
        ("[default]", "based_on: expected one of default, seed"),
        ("seed", "based_on: seed is itself based on default, name that"),
    ],
)
def test_a_base_is_shipped_and_whole(base: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(f"based_on: {base}\nname: ours")
    assert str(refused.value).startswith(complaint)
