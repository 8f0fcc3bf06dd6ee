"""What holds for every conversation, golden or thrown together, as the detectors really read it."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Tombstone
from schemas.records import Cause, Decision, OpenEscalation, SlaEvent, SlaEventKind
from streams.core.tickets import Owner
from tests.golden.playing import Play
from tests.golden.talk import POLICIES, Golden, Line, conversations

ALL: Final = conversations()
BY_PEOPLE: Final = ("human", "note", "robot", "update")
ENDED: Final = (SlaEventKind.MET, SlaEventKind.CANCELLED)

every_one = pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.name)
both = pytest.mark.parametrize("policy", POLICIES)


def is_by_people(line: Line) -> bool:
    return any(getattr(line, name) is not None for name in BY_PEOPLE)


LINES: Final = tuple(line for golden in ALL for line in golden.talk if not line.fault)
thrown_together = st.builds(
    Golden,
    about=st.just(""),
    channel=st.sampled_from(["chat", "email"]),
    product=st.just(""),
    talk=st.lists(st.sampled_from(LINES), max_size=12).map(tuple),
    account=st.sampled_from([None, {"tier": "enterprise"}, {"vip": True}]),
)


def whole(golden: Golden, policy: str, lines: int | None = None) -> Play:
    talk = Play(golden, policy, corrected=False)
    for line in golden.talk[:lines]:
        talk.line(line)
    return talk


@both
@every_one
def test_a_golden_conversation_keeps_every_promise(golden: Golden, policy: str) -> None:
    keeps_every_promise(golden, policy)


@settings(max_examples=100, deadline=None)
@given(thrown_together, st.sampled_from(POLICIES))
def test_a_conversation_thrown_together_keeps_every_promise(golden: Golden, policy: str) -> None:
    keeps_every_promise(golden, policy)


def keeps_every_promise(golden: Golden, policy: str) -> None:
    talk = Play(golden, policy, corrected=False)
    for number, line in enumerate(golden.talk):
        owner = None if talk.state is None else talk.state.owner
        earlier = list(talk.outputs)
        talk.line(line)
        assert talk.outputs[: len(earlier)] == earlier
        for output in talk.outputs[len(earlier) :]:
            if owner is Owner.HUMAN and isinstance(output, Decision):
                asked = output.cause is Cause.MESSAGE
                assert not asked or output.action in ("silent", "collect"), f"line {number}"
        has_one_owner_and_a_route(talk)
        has_one_open_escalation_at_most(talk)
        every_clock_has_ended_or_runs(talk)
    every_reason_has_its_evidence(talk)
    again = whole(golden, policy)
    assert (again.outputs, again.escalations) == (talk.outputs, talk.escalations)


def has_one_owner_and_a_route(talk: Play) -> None:
    routes = {route.name for route in talk.policy.routes}
    for decision in talk.all(Decision):
        merged_away = decision.action == "silent" and decision.tier == 0
        if decision.action in ("review", "handoff", "collect", "silent") and not merged_away:
            assert decision.route in routes
    assert all(escalation.route in routes for escalation in talk.escalations)
    if talk.state is not None:
        assert (talk.ticket.owner is Owner.HUMAN) == (talk.ticket.case is not None)
        assert (talk.ticket.owner is Owner.REVIEW) == (talk.ticket.review is not None)


def every_reason_has_its_evidence(talk: Play) -> None:
    """Those of a message, of its draft, or of the time since it. What an update tells has no words,
    and stands without any as long as it waits with the ticket.
    """
    wordless: set[str] = set()
    for decision in talk.all(Decision):
        by_update = decision.message_id is None or decision.cause is Cause.UPDATE
        for reason in decision.reasons:
            if by_update and not reason.evidence:
                wordless.add(reason.code)
            assert reason.evidence or reason.code in wordless, reason
            for one in reason.evidence:
                longest = max(map(len, talk.said[one.message_id]), default=-1)
                assert 0 <= one.start <= one.end <= longest, (reason, one)


def has_one_open_escalation_at_most(talk: Play) -> None:
    shown: str | None = None
    for output in talk.outputs:
        if isinstance(output, OpenEscalation):
            assert shown in (None, output.escalation_id)
            shown = output.escalation_id
        elif isinstance(output, Tombstone):
            shown = None
    case = None if talk.state is None else talk.state.case
    assert shown == (None if case is None else case.escalation_id)


def every_clock_has_ended_or_runs(talk: Play) -> None:
    begun = [event for event in talk.all(SlaEvent) if event.kind is SlaEventKind.ACTIVATED]
    ended = [event for event in talk.all(SlaEvent) if event.kind in ENDED]
    running = 0 if talk.state is None else len(talk.state.clocks)
    assert len(begun) == len(ended) + running


@every_one
def test_what_is_cut_off_at_any_line_was_decided_the_same(golden: Golden) -> None:
    full = whole(golden, "default")
    for lines in range(len(golden.talk)):
        shorter = whole(golden, "default", lines)
        assert full.outputs[: len(shorter.outputs)] == shorter.outputs


@settings(max_examples=100, deadline=None)
@given(thrown_together | st.sampled_from(ALL))
def test_without_people_the_strict_reading_hands_over_no_later(golden: Golden) -> None:
    alone = tuple(line for line in golden.talk if not is_by_people(line))
    golden = Golden("", golden.channel, "", alone, golden.account, golden.policy)
    strict, usual = (first_handoff(whole(golden, policy)) for policy in ("seed", "default"))
    assert strict <= usual


def first_handoff(talk: Play) -> float:
    handed = (decision.decided_at for decision in talk.all(Decision) if decision.tier == 2)
    return min(handed, default=float("inf"))
