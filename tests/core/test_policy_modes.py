"""How far what fires binds: watched for a while, then switched on for a part of the tickets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.records import AccountSnapshot, Decision, Mode, UpdateKind
from schemas.topics import topic_of
from streams.core.policy import Policy, PolicyError, load_policy
from streams.core.policy.binding import share_of
from tests.core.conversation import HOUR, START, Conversation, scores

VIP = AccountSnapshot("a1", START, vip=True)


def ours(modes: str) -> Policy:
    return load_policy(f"based_on: default\nname: ours\nversion: 1\nmodes: {{{modes}}}")


def by_mode(talk: Conversation) -> tuple[list[Decision], list[Decision]]:
    """The decisions that count, and those of the shadow."""
    made = talk.all(Decision)
    real = [one for one in made if topic_of(one) == "support.decisions"]
    return real, [one for one in made if topic_of(one) == "support.decisions.shadow"]


@pytest.mark.parametrize(
    "modes",
    [
        "triggers: {billing: {mode: shadow}}",
        "segments: {default: {mode: shadow}}",
        "routes: {billing: {mode: shadow}}",
    ],
)
def test_in_shadow_the_ai_goes_on_and_what_would_have_been_is_recorded_apart(modes: str) -> None:
    talk = Conversation(policy=ours(modes))
    talk.customer("my bill", replace(scores(billing=0.9), category="billing"))
    [real], [shadow] = by_mode(talk)
    assert (real.action, real.tier, real.reasons, real.mode) == ("reply", 0, (), Mode.ENFORCE)
    assert ("billing", 0.9, 0.5) in [(one.code, one.score, one.threshold) for one in real.signals]
    assert (shadow.action, shadow.tier, shadow.route) == ("handoff", 2, "billing")
    assert [(one.code, one.mode) for one in shadow.reasons] == [("billing", Mode.SHADOW)]
    assert shadow.subject_id == real.subject_id
    assert shadow.decision_id != real.decision_id
    assert talk.ticket.owner == "ai"
    assert not talk.escalations


def test_advice_is_told_with_the_decision_and_changes_nothing() -> None:
    talk = Conversation(policy=ours("triggers: {billing: {mode: advise}}"))
    talk.customer("my bill", scores(billing=0.9))
    [real], shadow = by_mode(talk)
    assert (real.action, real.tier, shadow) == ("reply", 0, [])
    assert [(one.code, one.mode) for one in real.reasons] == [("billing", Mode.ADVISE)]


def test_what_binds_is_decided_as_if_the_rest_had_not_fired() -> None:
    talk = Conversation(policy=ours("triggers: {billing: {mode: shadow}}"))
    talk.customer("a person, for my bill", scores(billing=0.9, human_request=0.9))
    [real], [shadow] = by_mode(talk)
    assert (real.route, shadow.route) == ("general", "billing")
    assert [one.code for one in real.reasons] == ["human_request"]
    assert {one.code for one in shadow.reasons} == {"human_request", "billing"}


def test_a_queue_that_only_what_is_watched_leads_to_takes_nothing_from_what_binds() -> None:
    talk = Conversation(
        policy=ours("triggers: {billing: {mode: shadow}}, routes: {billing: {mode: shadow}}")
    )
    talk.customer("a person, for my bill", scores(billing=0.9, human_request=0.9))
    [real], _ = by_mode(talk)
    assert (real.action, real.route) == ("handoff", "general")


def test_what_is_only_watched_stays_so_where_the_queue_is_advised() -> None:
    talk = Conversation(
        policy=ours("triggers: {billing: {mode: shadow}}, routes: {general: {mode: advise}}")
    )
    talk.customer("a person, for my bill", scores(billing=0.9, human_request=0.9))
    [real], [shadow] = by_mode(talk)
    assert [(one.code, one.mode) for one in real.reasons] == [("human_request", Mode.ADVISE)]
    assert [(one.code, one.mode) for one in shadow.reasons] == [("billing", Mode.SHADOW)]


def test_the_weaker_of_two_modes_counts() -> None:
    talk = Conversation(
        policy=ours("triggers: {billing: {mode: advise}}, segments: {default: {mode: shadow}}")
    )
    talk.customer("my bill", scores(billing=0.9))
    assert [one.reasons[0].mode for one in by_mode(talk)[1]] == [Mode.SHADOW]


def test_a_part_of_the_tickets_is_always_the_same_and_the_others_are_watched() -> None:
    policy = ours("triggers: {billing: {mode: enforce, percent: 10}}")

    def handed_over(ticket: str) -> bool:
        talk = Conversation(policy=policy, ticket_id=ticket)
        talk.customer("my bill", scores(billing=0.9))
        real, shadow = by_mode(talk)
        assert (real[0].action == "handoff") != bool(shadow)
        return real[0].action == "handoff"

    chosen = [ticket for ticket in map(str, range(300)) if handed_over(ticket)]
    assert chosen == [ticket for ticket in map(str, range(300)) if share_of(ticket) < 10]
    assert 15 <= len(chosen) <= 45


def test_tickets_are_spread_evenly_and_for_good() -> None:
    assert [share_of(ticket) for ticket in ("T1", "T2", "\ud800")] == [43, 35, 64]
    counts = [0] * 100
    for number in range(20_000):
        counts[share_of(f"ticket-{number}")] += 1
    assert min(counts) > 140
    assert max(counts) < 260


@pytest.mark.parametrize("signal", ["safety", "security", "legal_compliance"])
@pytest.mark.parametrize(
    "modes", ["segments: {default: {mode: shadow}}", "routes: {general: {mode: shadow}}"]
)
def test_what_is_never_relaxed_binds_in_every_mode(signal: str, modes: str) -> None:
    talk = Conversation(policy=ours(modes))
    talk.customer("danger", scores(**{signal: 0.9}, billing=0.9))
    real, _ = by_mode(talk)
    assert [one.action for one in real] == ["handoff"]


@pytest.mark.parametrize(
    "modes", ["segments: {default: {mode: shadow}}", "routes: {general: {mode: shadow}}"]
)
def test_what_has_happened_already_binds_in_every_mode(modes: str) -> None:
    talk = Conversation(policy=ours(modes))
    talk.customer()
    talk.update(UpdateKind.GATE_TIMEOUT)
    assert talk.decision.action == "handoff"


def test_a_timer_in_shadow_is_recorded_and_the_ticket_stays_with_the_ai() -> None:
    talk = Conversation(
        policy=ours("triggers: {ai_no_answer: {mode: shadow}, open_time: {mode: shadow}}")
    )
    talk.customer()
    talk.wait(HOUR)
    real, shadow = by_mode(talk)
    assert [one.cause for one in real] == ["message"]
    assert [one.reasons[0].code for one in shadow] == ["ai_no_answer", "open_time"]
    assert talk.ticket.owner == "ai"


def test_a_timer_that_is_advised_is_told_and_the_ticket_stays_with_the_ai() -> None:
    talk = Conversation(policy=ours("triggers: {ai_no_answer: {mode: advise}}"))
    talk.customer()
    talk.wait(HOUR // 6)
    advised = [(one.code, one.mode) for one in talk.decision.reasons]
    assert (talk.decision.cause, advised) == ("timer", [("ai_no_answer", Mode.ADVISE)])
    assert talk.ticket.owner == "ai"


def test_an_account_that_becomes_known_in_shadow_changes_nothing() -> None:
    talk = Conversation(policy=ours("triggers: {high_stakes_account: {mode: shadow}}"))
    talk.customer()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    real, shadow = by_mode(talk)
    assert ([one.action for one in real], len(shadow)) == (["reply", "none"], 1)


def test_while_a_person_has_the_ticket_nothing_is_shadowed() -> None:
    talk = Conversation(policy=ours("triggers: {billing: {mode: shadow}}"))
    talk.customer("a person", scores(human_request=0.9))
    talk.customer("my bill", scores(billing=0.9))
    assert by_mode(talk)[1] == []


@pytest.mark.parametrize(
    ("modes", "complaint"),
    [
        ("triggers: {security: {mode: shadow}}", "modes.triggers.security: expected no mode"),
        (
            "triggers: {safety: {mode: enforce, percent: 9}}",
            "modes.triggers.safety: expected no mode, it always binds",
        ),
        ("routes: {legal: {mode: advise}}", "modes.routes.legal: expected no mode"),
        ("triggers: {biling: {mode: shadow}}", "modes.triggers: there is no 'biling', did you"),
        ("segments: {x: {mode: shadow}}", "modes.segments: there is no 'x', expected one of"),
        ("routes: {general: {mode: off}}", "modes.routes.general.mode: "),
        (
            "routes: {general: {mode: shadow, percent: 0}}",
            "modes.routes.general.percent: expected a whole number >= 1, got 0",
        ),
    ],
)
def test_a_mode_that_cannot_be_is_refused(modes: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        ours(modes)
    assert str(refused.value).startswith(complaint)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["billing", "negative_sentiment", "human_request", "urgency"]),
        st.tuples(st.sampled_from(["shadow", "advise", "enforce"]), st.integers(1, 100)),
    ),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_a_mode_never_makes_a_decision_stricter(
    modes: dict[str, tuple[str, int]], levels: list[float]
) -> None:
    names = ("billing", "negative", "human_request", "urgency")
    signals = scores(**dict(zip(names, levels, strict=True)))
    written = ", ".join(f"{code}: {{mode: {m}, percent: {p}}}" for code, (m, p) in modes.items())
    talk, whole = Conversation(policy=ours(f"triggers: {{{written}}}")), Conversation()
    talk.customer("x y z", signals)
    whole.customer("x y z", signals)
    real, shadow = by_mode(talk)
    assert real[0].tier <= whole.decision.tier
    assert shadow or {one.code for one in real[0].reasons} == whole.codes
