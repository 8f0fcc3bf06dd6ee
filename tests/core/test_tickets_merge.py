"""Two tickets become one, whatever comes first."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.signals import Found, Signals
from schemas.codec import Tombstone
from schemas.records import (
    Action,
    AiAttempt,
    ConversationMessage,
    Decision,
    Entity,
    EscalationUpdate,
    MergedTicket,
    OpenEscalation,
    Record,
    Role,
    SlaEvent,
    TicketOutcome,
    TicketUpdate,
    TranscriptEntry,
    UpdateKind,
    Verdict,
)
from streams.core.handoff import carry, complete
from streams.core.policy import default_policy
from streams.core.tickets import (
    Arrival,
    Due,
    Event,
    Handoff,
    Owner,
    Ticket,
    decide,
    decode_ticket,
    encode_ticket,
)
from streams.core.tickets.state import KNOWN_ENTITIES
from tests.core.conversation import MINUTE, START, scores

ANGRY = scores(negative=0.9)
SIGNALS = st.sampled_from(
    [
        Signals(),
        ANGRY,
        scores(billing=0.9),
        Signals(complexity=3, entities=(Found("version", "4.1", (0, 2)),)),
        scores(security=0.9),
        Signals(entities=(Found("order", "B-77", (0, 2)),)),
    ]
)


class Desk:
    """Several tickets under one clock; what Baton tells another ticket waits in `post`."""

    def __init__(self) -> None:
        self.now = START
        self.tickets: dict[str, Ticket | None] = {}
        self.outputs: dict[str, list[Record | Tombstone]] = defaultdict(list)
        self.post: list[TicketUpdate | ConversationMessage] = []
        self.lines: dict[str, list[TranscriptEntry]] = defaultdict(list)
        self.heard: dict[str, Signals] = {}
        self.handoffs: list[Handoff] = []
        self.count = 0

    def ticket(self, name: str) -> Ticket:
        ticket = self.tickets[name]
        assert ticket is not None
        return ticket

    def write(self, name: str, signals: Signals, text: str = "hm") -> None:
        self.count += 1
        message = ConversationMessage(f"m{self.count}", name, Role.CUSTOMER, text, self.now)
        self.heard[message.message_id] = signals
        self.apply(message, signals)

    def answer(self, name: str, text: str) -> None:
        self.count += 1
        self.apply(ConversationMessage(f"m{self.count}", name, Role.AI, text, self.now))

    def update(self, name: str, kind: UpdateKind, other: str | None = None) -> None:
        self.count += 1
        self.apply(TicketUpdate(f"u{self.count}", name, kind, self.now, other_ticket_id=other))

    def apply(self, event: Event, signals: Signals | None = None) -> None:
        state = self.tickets.get(event.ticket_id)
        arrival = Arrival(self.now, "support.conversations", 0, self.count)
        step = decide(state, event, signals, None, default_policy(), arrival)
        self.tickets[event.ticket_id] = step.state
        self.outputs[event.ticket_id] += step.outputs
        lines = self.lines[event.ticket_id]
        lines += [] if step.appended is None else [step.appended]
        self.handoffs += [] if step.handoff is None else [step.handoff]
        for output in step.outputs:
            if (
                isinstance(output, TicketUpdate)
                and output.merged is not None
                and output.merged.ticket_id == event.ticket_id
            ):
                output = carry(output, output.merged, self.ticket(event.ticket_id), lines)
            if isinstance(output, TicketUpdate | ConversationMessage):
                self.post.append(output)

    def deliver(self) -> None:
        while self.post:
            event = self.post.pop(0)
            self.apply(event, self.heard.get(event.message_id or ""))

    def decision(self, name: str) -> Decision:
        return [one for one in self.outputs[name] if isinstance(one, Decision)][-1]

    def wait(self, duration: int) -> None:
        until = self.now + duration
        while due := [
            (ticket.deadline, name)
            for name, ticket in self.tickets.items()
            if ticket is not None and ticket.deadline is not None and ticket.deadline <= until
        ]:
            self.now, name = min(due)
            self.apply(Due(name))
        self.now = until


@dataclass(frozen=True)
class Kept:
    """What a merge decides of its target."""

    owner: Owner
    tier: int
    codes: frozenset[str]
    opened_at: int
    due_at: int | None
    escalated: bool
    given: frozenset[tuple[str, str]]


def kept(ticket: Ticket) -> Kept:
    return Kept(
        ticket.owner,
        ticket.tier,
        frozenset(reason.code for reason in ticket.reasons),
        ticket.opened_at,
        None if ticket.clock is None else ticket.clock.due_at,
        ticket.case is not None,
        frozenset((one.kind, one.value) for one in ticket.given),
    )


def open_escalations(desk: Desk, name: str) -> set[str]:
    shown: set[str] = set()
    for output in desk.outputs[name]:
        if isinstance(output, OpenEscalation):
            shown.add(output.escalation_id)
        elif isinstance(output, Tombstone):
            shown.clear()
    return shown


tickets = st.lists(st.tuples(st.sampled_from([0, 1_000, 20_000, MINUTE]), SIGNALS), max_size=3)


def histories(desk: Desk, **written: list[tuple[int, Signals]]) -> None:
    for name, messages in written.items():
        for pause, signals in messages:
            desk.wait(pause)
            desk.write(name, signals)


@settings(max_examples=150, deadline=None)
@given(tickets, tickets, st.sampled_from(["before", "between", "after", "never"]))
def test_the_platforms_two_updates_come_in_any_order_and_lead_to_the_same(
    of_source: list[tuple[int, Signals]], of_target: list[tuple[int, Signals]], word: str
) -> None:
    desk, plain = Desk(), Desk()
    for one in (desk, plain):
        histories(one, source=of_source, target=of_target)
    if word == "before":
        desk.update("target", UpdateKind.MERGED_FROM, "source")
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    if word == "between":
        desk.update("target", UpdateKind.MERGED_FROM, "source")
    desk.deliver()
    if word == "after":
        desk.update("target", UpdateKind.MERGED_FROM, "source")
    plain.update("source", UpdateKind.MERGED_INTO, "target")
    plain.deliver()
    assert kept(desk.ticket("target")) == kept(plain.ticket("target"))
    assert desk.ticket("source").owner is Owner.CLOSED
    assert not open_escalations(desk, "source")


@settings(max_examples=150, deadline=None)
@given(tickets, tickets)
def test_the_target_keeps_the_earliest_clock_the_strictest_tier_and_one_escalation(
    of_source: list[tuple[int, Signals]], of_target: list[tuple[int, Signals]]
) -> None:
    desk = Desk()
    histories(desk, source=of_source, target=of_target)
    before = [kept(ticket) for ticket in desk.tickets.values() if ticket is not None]
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    after = kept(desk.ticket("target"))
    assert after.tier == max([one.tier for one in before], default=0)
    assert after.opened_at == min([one.opened_at for one in before], default=START)
    assert after.escalated == any(one.escalated for one in before)
    assert len(open_escalations(desk, "target")) == int(after.escalated)
    assert after.given == frozenset().union(*(one.given for one in before))
    running = [one.due_at for one in before if one.due_at is not None]
    assert after.due_at == min(running, default=None)


@settings(max_examples=100, deadline=None)
@given(tickets, tickets, tickets)
def test_two_merges_into_one_ticket_lead_to_the_same_in_either_order(
    one: list[tuple[int, Signals]],
    other: list[tuple[int, Signals]],
    of_target: list[tuple[int, Signals]],
) -> None:
    ends = []
    for order in (("one", "other"), ("other", "one")):
        desk = Desk()
        histories(desk, one=one, other=other, target=of_target)
        for source in order:
            desk.update(source, UpdateKind.MERGED_INTO, "target")
        desk.deliver()
        ends.append(kept(desk.ticket("target")))
    assert ends[0] == ends[1]


def merged(signals: Signals = ANGRY) -> Desk:
    desk = Desk()
    desk.write("source", signals)
    desk.write("target", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    return desk


def test_either_update_alone_is_harmless() -> None:
    desk = merged()
    assert desk.ticket("target").owner is Owner.AI
    alone = Desk()
    alone.write("target", Signals())
    alone.update("target", UpdateKind.MERGED_FROM, "source")
    assert alone.ticket("target").owner is Owner.AI
    assert [d.action for d in alone.outputs["target"] if isinstance(d, Decision)][-1] == "none"


def test_what_baton_tells_the_target_twice_counts_once() -> None:
    desk = merged()
    desk.post *= 2
    desk.deliver()
    assert desk.ticket("target").owner is Owner.HUMAN
    assert len(open_escalations(desk, "target")) == 1


def told() -> Desk:
    """A source in which the customer has told much and the AI has tried something."""
    desk = Desk()
    order = Signals(gist=(1, 2, 3), entities=(Found("order", "B-77", (6, 10)),))
    desk.write("source", order, "Order B-77 never came. Where is it?")
    desk.answer("source", "Please look at the tracking page.")
    desk.write("source", Signals(), "It says delivered. What now?")
    return desk


def test_nobody_asks_in_the_target_what_was_told_in_the_source() -> None:
    desk = told()
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    desk.write("target", scores(human_request=0.9), "A person, please.")
    package = complete(desk.handoffs[-1], desk.lines["target"]).package
    assert [(one.kind, one.value) for one in package.entities] == [("order", "B-77")]
    [section] = package.context
    assert section.fields == {
        "ticket": "source",
        "category": "general",
        "issue": "Order B-77 never came. Where is it? […] It says delivered. What now?",
        "tried 1": "Please look at the tracking page. → customer: It says delivered. What now?",
        "given": "order: B-77",
        "asked": "What now?",
        "messages": "3 on support.conversations, partition 0, offsets 1 to 3",
    }


VERSION = Signals(entities=(Found("version", "4.1", (0, 3)),))


def test_what_was_told_in_the_source_leaves_the_target_when_the_source_is_erased() -> None:
    desk = told()
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    desk.write("target", VERSION, "4.1, and I want a person.")
    desk.write("target", scores(human_request=0.9))
    assert b"B-77" in encode_ticket(desk.ticket("target"))
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    target = desk.ticket("target")
    assert [one.value for one in target.given] == ["4.1"]
    assert target.context == ()
    assert b"B-77" not in encode_ticket(target)
    changes = [one for one in desk.outputs["target"] if isinstance(one, EscalationUpdate)]
    assert [(one.source, one.fields) for one in changes[-1].context] == [("ticket source", {})]


def test_what_was_told_in_an_erased_ticket_leaves_every_ticket_of_a_chain_of_merges() -> None:
    desk = told()
    desk.write("two", VERSION)
    for source, target in (("source", "two"), ("two", "three")):
        desk.update(source, UpdateKind.MERGED_INTO, target)
        desk.deliver()
    assert {one.value for one in desk.ticket("three").given} == {"B-77", "4.1"}
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    for name in ("two", "three"):
        assert [one.value for one in desk.ticket(name).given] == ["4.1"]
        assert b"B-77" not in encode_ticket(desk.ticket(name))


def test_what_was_told_in_an_erased_ticket_leaves_a_chain_whose_middle_is_erased_before() -> None:
    desk = told()
    for source, target in (("source", "two"), ("two", "three")):
        desk.update(source, UpdateKind.MERGED_INTO, target)
        desk.deliver()
    for name in ("two", "source"):
        desk.update(name, UpdateKind.ERASED)
        desk.deliver()
    assert (desk.ticket("three").given, desk.ticket("three").context) == ((), ())
    assert desk.decision("two").erased


def test_a_source_that_went_on_by_itself_and_is_erased_leaves_its_target_all_the_same() -> None:
    desk = told()
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    desk.update("source", UpdateKind.REOPENED)
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    assert desk.ticket("target").given == ()


def test_what_was_told_in_an_erased_ticket_leaves_all_that_it_was_ever_merged_into() -> None:
    desk = told()
    for target in ("one", "two"):
        desk.update("source", UpdateKind.MERGED_INTO, target)
        desk.deliver()
        desk.update("source", UpdateKind.REOPENED)
    assert b"B-77" in encode_ticket(desk.ticket("one"))
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    for name in ("one", "two"):
        assert b"B-77" not in encode_ticket(desk.ticket(name))


def test_what_was_told_in_a_source_that_an_earlier_version_merged_leaves_its_target_too() -> None:
    desk = told()
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    stored = encode_ticket(desk.ticket("source"))
    fields = msgspec.msgpack.decode(stored[1:])[: Ticket.__struct_fields__.index("carried_to")]
    desk.tickets["source"] = decode_ticket(stored[:1] + msgspec.msgpack.encode(fields))
    desk.update("source", UpdateKind.REOPENED)
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    assert (desk.ticket("target").given, desk.ticket("target").context) == ((), ())


def test_the_erasure_of_a_ticket_ends_in_a_circle_of_merges() -> None:
    desk = told()
    for source, target in (("source", "two"), ("two", "three"), ("three", "two")):
        desk.update(source, UpdateKind.MERGED_INTO, target)
        desk.deliver()
    desk.update("source", UpdateKind.ERASED)
    desk.deliver()
    assert [desk.ticket(name).given for name in ("two", "three")] == [(), ()]


def test_what_an_erased_ticket_told_does_not_come_back_round_a_circle_of_merges() -> None:
    desk = told()
    desk.update("source", UpdateKind.MERGED_INTO, "one")
    desk.deliver()
    desk.update("one", UpdateKind.MERGED_INTO, "two")
    told_of_source = desk.post.pop()
    desk.deliver()
    desk.update("source", UpdateKind.ERASED)
    desk.apply(desk.post.pop())
    erased = desk.post.pop()
    desk.update("two", UpdateKind.MERGED_INTO, "one")
    desk.post += [told_of_source, erased]
    desk.deliver()
    for name in ("one", "two"):
        assert b"B-77" not in encode_ticket(desk.ticket(name))


def test_a_ticket_that_is_merged_into_one_that_is_erased_meanwhile_goes_on_by_itself() -> None:
    desk = merged()
    desk.update("target", UpdateKind.ERASED)
    desk.deliver()
    assert desk.decision("source").action is Action.HANDOFF
    assert open_escalations(desk, "source") == {"source/e/2"}
    desk.write("source", Signals(), "Hello?")
    assert desk.decision("source").action is Action.SILENT
    assert not desk.post


def test_a_customer_whose_ticket_went_on_in_one_that_is_erased_is_answered_by_itself() -> None:
    desk = merged(Signals())
    desk.deliver()
    desk.update("target", UpdateKind.ERASED)
    desk.deliver()
    desk.write("source", Signals(), "Hello?")
    desk.deliver()
    assert desk.decision("source").action is Action.REPLY
    assert desk.decision("target").action is Action.NONE


def test_a_resolved_ticket_that_is_merged_into_an_erased_one_stays_resolved() -> None:
    desk = told()
    desk.update("target", UpdateKind.ERASED)
    desk.update("source", UpdateKind.RESOLVED)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("source").owner is Owner.CLOSED
    desk.write("source", Signals(), "Hello?")
    assert desk.decision("source").action is Action.REPLY


def test_a_desk_that_has_the_target_is_told_what_was_told_in_the_source() -> None:
    desk = told()
    desk.write("target", ANGRY)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    update = desk.outputs["target"][-2]
    assert isinstance(update, EscalationUpdate)
    assert [one.fields["given"] for one in update.context] == ["order: B-77"]


def test_a_source_that_was_closed_before_carries_what_was_told_all_the_same() -> None:
    desk = told()
    desk.update("source", UpdateKind.RESOLVED)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert [one.value for one in desk.ticket("target").given] == ["B-77"]


def test_what_a_merge_carries_is_bounded() -> None:
    desk = Desk()
    given = tuple(Entity("order", f"{number}" * 1_000, "m", 0, 2) for number in range(5_000))
    attempts = (AiAttempt("m", "a" * 9_000, "b"),) * 5_000
    much = MergedTicket("source", START, given=given, issue="i" * 9_000, attempts=attempts)
    word = TicketUpdate("u", "target", UpdateKind.MERGED_FROM, START, merged=much)
    desk.apply(word)
    assert len(desk.ticket("target").given) == KNOWN_ENTITIES
    assert len(encode_ticket(desk.ticket("target"))) < 32 * 1024


def test_a_customer_who_waited_in_the_source_is_waited_for_in_the_target() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    desk.wait(MINUTE)
    assert [reason.code for reason in desk.ticket("target").reasons] == ["ai_no_answer"]


def test_a_ticket_that_a_merge_makes_open_for_too_long_is_due_at_once() -> None:
    desk = Desk()
    desk.write("target", Signals())
    desk.answer("target", "Please try this.")
    desk.wait(20 * MINUTE)
    desk.write("source", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").owner is Owner.AI
    desk.wait(0)
    assert [reason.code for reason in desk.ticket("target").reasons] == ["open_time"]


def test_a_customer_of_the_target_has_waited_since_the_source_was_opened() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.answer("source", "Please try this.")
    desk.wait(14 * MINUTE)
    desk.write("target", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").open_due == START + 15 * MINUTE


def test_the_time_that_the_targets_customer_took_to_answer_does_not_count_after_a_merge() -> None:
    desk = Desk()
    desk.write("target", Signals())
    desk.answer("target", "Which version is it?")
    desk.wait(20 * MINUTE)
    desk.write("source", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").open_due == START + (20 + 15) * MINUTE


def test_the_time_that_the_sources_customer_took_to_answer_does_not_count_in_the_target() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.answer("source", "Which version is it?")
    desk.wait(14 * MINUTE)
    desk.write("source", Signals(), "It is 4.1.")
    desk.write("target", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").open_due == START + (14 + 15) * MINUTE


def paused_in_the_target(*, in_the_source: bool) -> Desk:
    desk = Desk()
    for name, waits in (("source", in_the_source), ("target", True)):
        desk.write(name, Signals())
        desk.answer(name, "Which version is it?" if waits else "Please try this.")
    desk.wait(5 * MINUTE)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    desk.wait(5 * MINUTE)
    desk.write("target", Signals(), "It is 4.1.")
    return desk


def test_a_pause_goes_on_in_the_target_only_where_both_tickets_wait_for_the_customer() -> None:
    desk = paused_in_the_target(in_the_source=True)
    assert desk.ticket("target").open_due == START + (10 + 15) * MINUTE
    desk = paused_in_the_target(in_the_source=False)
    assert desk.ticket("target").open_due == START + 15 * MINUTE


def test_the_target_is_not_open_for_the_time_in_which_the_source_was_resolved() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.update("source", UpdateKind.RESOLVED)
    desk.wait(60 * MINUTE)
    desk.write("target", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").open_due == START + (60 + 15) * MINUTE


def test_the_target_is_open_for_as_long_as_the_sources_episode_that_runs() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.update("source", UpdateKind.RESOLVED)
    desk.wait(60 * MINUTE)
    desk.write("source", Signals())
    desk.wait(MINUTE // 2)
    desk.write("target", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").open_due == START + (60 + 15) * MINUTE


def test_a_customer_who_said_thanks_in_the_source_waits_for_nothing_in_the_target() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.answer("source", "Please try this.")
    desk.write("source", scores(thanks=0.9), "thank you")
    desk.write("target", Signals())
    desk.answer("target", "Please try that.")
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.ticket("target").answer_due is None


def test_a_closed_target_goes_on_for_a_customer_who_waits_in_the_source() -> None:
    desk = Desk()
    desk.write("target", Signals())
    desk.update("target", UpdateKind.RESOLVED)
    desk.write("source", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    target = desk.ticket("target")
    assert (target.owner, target.episode) == (Owner.AI, 2)
    assert target.answer_due is not None


def word(**merged: Any) -> TicketUpdate:
    """What another writer tells the target of a source."""
    fields = {"ticket_id": "source", "opened_at": START, **merged}
    other = MergedTicket(**fields)
    return TicketUpdate("u", "target", UpdateKind.MERGED_FROM, START, merged=other)


def test_a_source_of_any_tier_that_is_open_goes_on_with_a_person() -> None:
    desk = Desk()
    desk.apply(word(tier=7))
    assert (desk.ticket("target").owner, desk.decision("target").tier) == (Owner.HUMAN, 2)


def test_a_ticket_that_is_named_as_its_own_source_stays_as_it_is() -> None:
    desk = Desk()
    desk.write("target", Signals())
    desk.apply(word(ticket_id="target", tier=2))
    assert desk.ticket("target").owner is Owner.AI


def test_a_pause_of_the_target_ends_for_a_customer_who_waits_in_the_source() -> None:
    desk = Desk()
    desk.write("target", Signals())
    desk.answer("target", "Which browser?")
    assert desk.ticket("target").paused_since is not None
    desk.apply(word(customer_wrote_at=START))
    assert desk.ticket("target").paused_since is None


def test_what_was_told_in_the_source_is_in_the_package_and_not_told_beside_it() -> None:
    desk = told()
    desk.write("source", ANGRY)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    assert desk.handoffs[-1].ticket.context != ()
    assert not [one for one in desk.outputs["target"] if isinstance(one, EscalationUpdate)]


def test_a_customer_whom_nobody_owes_an_answer_in_the_target_is_answered_as_the_source_was() -> (
    None
):
    desk = Desk()
    desk.write("target", ANGRY)
    desk.apply(ConversationMessage("p", "target", Role.HUMAN, "Done.", desk.now))
    assert desk.ticket("target").clock is None
    desk.wait(MINUTE)
    desk.write("source", ANGRY)
    desk.wait(MINUTE)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    clock = desk.ticket("target").clock
    assert clock is not None
    assert (clock.clock, clock.due_at) == ("next_response", START + 6 * MINUTE)


def test_the_earliest_clock_runs_since_it_began_and_what_it_has_passed_is_told_at_once() -> None:
    desk = Desk()
    desk.write("source", ANGRY)
    desk.wait(2 * MINUTE)
    desk.write("target", scores(legal_compliance=0.9))
    desk.wait(MINUTE)
    desk.update("source", UpdateKind.MERGED_INTO, "target")
    desk.deliver()
    [event] = [
        one
        for one in desk.outputs["target"]
        if isinstance(one, SlaEvent) and one.clock == "first_response" and one.percent
    ]
    assert (event.kind, event.percent, event.elapsed) == ("warned", 50, 3 * MINUTE)
    assert event.due_at == START + 5 * MINUTE


def test_a_target_is_told_once_of_the_erasure_however_often_it_was_merged_into() -> None:
    desk = told()
    for _ in range(2):
        desk.update("source", UpdateKind.MERGED_INTO, "target")
        desk.update("source", UpdateKind.REOPENED)
    desk.deliver()
    desk.update("source", UpdateKind.ERASED)
    assert [one.ticket_id for one in desk.post] == ["target"]


def test_a_message_that_still_comes_for_the_source_goes_to_whoever_has_the_target() -> None:
    desk = merged()
    desk.deliver()
    desk.write("source", Signals(), "Hello?")
    assert desk.ticket("source").owner is Owner.CLOSED
    assert desk.decision("source").action is Action.SILENT
    desk.deliver()
    assert desk.decision("target").action is Action.SILENT
    heard = [one for one in desk.outputs["target"] if isinstance(one, EscalationUpdate)][-1]
    assert [line.text for line in heard.messages] == ["Hello?"]


def test_the_other_words_of_a_message_for_the_source_go_on_in_the_target_too() -> None:
    desk = merged()
    desk.write("source", Signals(), "Hello?")
    said = [one for one in desk.post if isinstance(one, ConversationMessage)][-1]
    desk.apply(replace(said, ticket_id="source", text="Is anybody there?"), Signals())
    desk.deliver()
    assert [line.text for line in desk.lines["target"]][-2:] == ["Hello?", "Is anybody there?"]


def test_a_message_follows_a_chain_of_merges_to_its_end() -> None:
    desk = Desk()
    for source, target in (("one", "two"), ("two", "three")):
        desk.update(source, UpdateKind.MERGED_INTO, target)
        desk.deliver()
    desk.write("one", Signals())
    desk.deliver()
    assert [desk.decision(name).action for name in ("one", "two", "three")] == [
        Action.SILENT,
        Action.SILENT,
        Action.REPLY,
    ]


def test_what_comes_late_from_a_source_passes_through_a_target_that_was_merged_away() -> None:
    desk = merged()
    desk.write("end", Signals())
    late, desk.post = desk.post, []
    desk.update("target", UpdateKind.MERGED_INTO, "end")
    desk.deliver()
    desk.post = late
    desk.deliver()
    assert desk.ticket("target").owner is Owner.CLOSED
    assert not open_escalations(desk, "target")
    assert desk.ticket("end").owner is Owner.HUMAN
    assert [one.source for one in desk.ticket("end").context] == ["ticket target", "ticket source"]
    desk.write("target", Signals(), "Hello?")
    assert desk.decision("target").action is Action.SILENT


def test_tickets_that_are_merged_in_a_circle_leave_nobody_without_an_answer() -> None:
    desk = Desk()
    for source, target in (("one", "two"), ("two", "three"), ("three", "one")):
        desk.update(source, UpdateKind.MERGED_INTO, target)
        desk.deliver()
    for name in ("one", "two", "three"):
        desk.write(name, Signals())
        desk.deliver()
        assert desk.decision("two").action is Action.REPLY


def test_a_source_that_is_reopened_is_answered_itself() -> None:
    desk = merged(Signals())
    desk.deliver()
    desk.update("source", UpdateKind.REOPENED)
    desk.write("source", Signals())
    assert desk.decision("source").action is Action.REPLY


def test_a_verdict_for_a_ticket_that_was_merged_away_joins_its_own_outcome() -> None:
    desk = merged()
    verdict = Verdict(needed=True)
    desk.apply(TicketUpdate("v", "source", UpdateKind.VERDICT, desk.now, verdict=verdict))
    outcome = desk.outputs["source"][-1]
    assert isinstance(outcome, TicketOutcome)
    assert (outcome.outcome, outcome.resolution_path) == ("merged", "target")
    assert (outcome.verdict, outcome.revision) == (verdict, 2)


def test_a_ticket_is_not_merged_into_itself() -> None:
    desk = Desk()
    desk.write("source", Signals())
    desk.update("source", UpdateKind.MERGED_INTO, "source")
    assert desk.ticket("source").owner is Owner.AI
    assert not desk.post
