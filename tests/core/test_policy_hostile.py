"""Whoever writes a policy, it cannot leave a ticket without a clock or relax what never relaxes."""

import copy
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.policy import PolicyError, load_policy
from streams.core.policy.load import policy_of, whole
from streams.core.policy.shipped import shipped_text
from streams.core.reasons import NEVER_RELAXED
from tests.core.conversation import Conversation, scores

Path = tuple[Any, ...]
DEFAULT = whole(shipped_text("default"))
SELDOM = "{open: {mon: ['09:00-09:01'], tue: [], wed: [], thu: [], fri: []}}"
LONG_HOLIDAY = ", ".join(f"2026-{month:02}-{day:02}" for month in (6, 7) for day in range(1, 31))


def places(values: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(values, dict):
        for key in values:
            yield from places(values[key], (*path, key))
    elif isinstance(values, list):
        for place in range(len(values)):
            yield from places(values[place], (*path, place))


def written(path: Path, value: Any) -> Any:
    values = copy.deepcopy(DEFAULT)
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return values


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"version: {10**23}", "version: expected a whole number <= 2147483647, got 1000000000"),
        ("version: 1.5", "version: expected a whole number, got 1.5"),
        ("name: 'ours\n\n'", "name: expected a name of small letters, digits"),
        (f"name: {'x' * 65}", "name: expected a name of small letters, digits"),
        ("language: ' '", "language: expected a language such as de or pt-BR"),
        (f"escalations: {{max_hand_backs: {10**23}}}", "escalations.max_hand_backs: expected"),
        (f"triggers: {{ai_loop: {{rounds: {10**23}}}}}", "triggers.ai_loop.rounds: expected"),
        (
            "triggers: {high_stakes_account: {contract_value: .inf}}",
            "triggers.high_stakes_account.contract_value: expected a number <= 1000000000",
        ),
        ("triggers: {billing: {threshold: .nan}}", "triggers.billing.threshold: expected"),
        ("overload: {queue_over: .inf}", "overload.queue_over: expected a number <= 1000"),
        ("retention: {stub: 999999d}", "retention.stub: expected a duration of at most"),
        ("retention: {stub: '٣d'}", "retention.stub: expected a duration such as"),
        ("retention: {stub: 6d}", "retention.stub: expected at least durable"),
        ("anomalies: {growth: .inf}", "anomalies.growth: expected"),
        (
            "package: {max_bytes: 1000000}",
            "package.max_bytes: expected a whole number <= 900000, got 1000000",
        ),
        ("sla: {warn_at: []}", "sla.warn_at: expected rising percentages"),
        ("sla: {first_response: {chat: 3600d}}", "sla.first_response.chat: expected at most 14d"),
        ("sla: {next_response: {email: 110h}}", "sla.next_response.email: expected at most 14d"),
        ("sla: {resolution: {other: 3000h}}", "sla.resolution.other: expected at most 366d"),
        (
            "triggers: {security: {categories: {billing: {threshold: 0.7}}}}",
            "triggers.security.categories.billing.threshold: expected at most 0.5, this trigger is",
        ),
        (
            "triggers: {ai_loop: {categories: {bill: {rounds: 2}}}}",
            "triggers.ai_loop.categories: there is no 'bill', did you mean billing?",
        ),
        (
            "triggers: {ai_loop: {segments: {top: {round: 2}}}}",
            "triggers.ai_loop.segments.top.round: there is no such key, did you mean rounds?",
        ),
        ("triggers: {ai_loop: {segments: {top: 2}}}", "triggers.ai_loop.segments.top: expected"),
        (
            "triggers: {billing: {segments: {top: {dispute: 0.2}}}}",
            "triggers.billing.segments.top.dispute: there is no such key",
        ),
        (
            "triggers: {urgency: {segments: {top: {dispute_threshold: 0.2}}}}",
            "triggers.urgency.segments.top.dispute_threshold: there is no such key",
        ),
        ("triggers: {urgency: {segments: {top: high}}}", "triggers.urgency.segments.top: expected"),
        (
            "triggers: {complex_troubleshooting: {categories: {technical: {handoff_from: 2}}}}",
            "triggers.complex_troubleshooting.categories.technical.review_from: expected at most",
        ),
        ("reviews: {judged_within: {chat: 8d}}", "reviews.judged_within.chat: expected at mos"),
        ("reviews: {draft_within: 2d}", "reviews.draft_within: expected at most 1d"),
        (f"calendars: {{office: {SELDOM}}}", "sla.first_response.email: expected at most 14d with"),
        (
            f"calendars: {{office: {{closed: [{LONG_HOLIDAY}]}}}}",
            "calendars.office.closed: more than 31 days on end from 2026-06-01",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(f"based_on: default\n{text}\n")
    assert str(refused.value).startswith(complaint), refused.value


def test_more_keywords_than_can_be_looked_for_are_refused_before_a_worker_meets_them() -> None:
    names = (blake2b(str(n).encode(), digest_size=8).hexdigest() for n in range(5_000))
    lots = [f"lot {name}" for name in names]
    rule = "{{name: recall, when: {{keywords: [{}]}}, tier: 2}}"
    text = f"based_on: default\nname: ours\nversion: 1\nrules: [{rule}]\n"
    assert load_policy(text.format(", ".join(lots[:1_000])))
    with pytest.raises(PolicyError) as refused:
        load_policy(text.format(", ".join(lots)))
    assert str(refused.value).startswith("rules[0].when.keywords: too many"), refused.value


@pytest.mark.parametrize(
    ("kind", "of_route", "complaint"),
    [
        ("routes", {"first_response": "30d"}, "routes[1].first_response: expected at most 3d"),
        ("routes", {"calendar": "seldom"}, "routes[1].first_response: expected at most 3d"),
        ("segments", {"next_response": "99d"}, "segments[1].next_response: expected at most 14d"),
        ("segments", {"resolution": "999d"}, "segments[1].resolution: expected at most 366d"),
    ],
)
def test_a_clock_that_nobody_would_live_to_see_is_none(
    kind: str, of_route: dict[str, str], complaint: str
) -> None:
    values = written((kind, 1), {**DEFAULT[kind][1], **of_route})
    hours = {"mon": ["09:00-09:01"]}
    values["calendars"] |= {"seldom": {"time_zone": "UTC", "open": hours}}
    with pytest.raises(PolicyError) as refused:
        policy_of(values)
    assert str(refused.value).startswith(complaint)


HOSTILE: list[Any] = [10**23, -1, 0, 1, 2, 0.99, 1e308, float("nan"), float("inf"), "", "a\n"]
HOSTILE += ["security", "shadow", "3660d", "1s", "x" * 5_000, True, None, [], {}, [[]], {1: 2}]
HOSTILE += [["safety"], {"mode": "shadow"}]


@given(st.sampled_from(sorted(places(DEFAULT), key=str)), st.sampled_from(HOSTILE))
def test_whatever_is_written_anywhere_what_never_relaxes_goes_to_a_person(
    place: Path, value: Any
) -> None:
    try:
        policy = policy_of(written(place, value))
    except PolicyError:
        return
    for code in NEVER_RELAXED if policy.mode == "enforce" else ():
        talk = Conversation(policy=policy)
        talk.customer("abcdef", scores(**{code: 0.5}))
        assert talk.decision.action == "handoff"
        [escalation] = talk.escalations
        assert escalation.due


@pytest.mark.parametrize("signal", NEVER_RELAXED)
@pytest.mark.parametrize(
    "text",
    [
        "modes: {segments: {default: {mode: shadow}}, routes: {general: {mode: shadow}}}",
        "modes: {triggers: {policy_rule: {mode: shadow}}, segments: {default: {mode: advise}}}",
        "rules: [{name: mine, when: {keywords: [abc]}, tier: 1, route: general, priority: 5}]",
        "stopped: {routes: [general], segments: [default]}",
        "overload: {queue_over: 1, sentiment_drop: 1, ai_loop: 1, high_stakes_account: 0}",
        "triggers: {billing: {informational: [price_question, invoice_copy, usage]}}",
        "escalations: {cool_down: 30d, max_hand_backs: 100, max_moves: 0}",
        "retention: {silence: 1s, durable: 1s, transcript: 1s, stub: 1s}",
    ],
)
def test_no_section_relaxes_it_by_another_way(signal: str, text: str) -> None:
    talk = Conversation(policy=load_policy(f"based_on: default\n{text}\n"))
    talk.customer("abcdef", scores(**{signal: 0.5}))
    assert talk.decision.action == "handoff"


def test_it_is_not_relaxed_by_the_mode_of_a_route_for_all_else() -> None:
    values = written(("modes",), {"routes": {"general": {"mode": "shadow"}}})
    talk = Conversation(policy=policy_of(values))
    talk.customer("abcdef", scores(security=0.5))
    assert (talk.decision.action, talk.decision.route) == ("handoff", "security")


def test_a_policy_whose_routes_forget_it_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"expected one with reasons: \[security\]"):
        load_policy("based_on: default\nroutes: [{name: general, priority: 3}]\n")
