"""What the tickets agent makes of records, before any broker is involved."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.codec import Codec, Format
from schemas.records import (
    AccountHealth,
    AccountProfile,
    Attachment,
    Cause,
    ContextSection,
    ConversationMessage,
    Decision,
    HealthLevel,
    Role,
    TicketSummary,
    TicketUpdate,
    UpdateKind,
    Visibility,
)
from schemas.registry import Registry
from streams.agents.deciding import Decider
from streams.agents.inbox import CUT, KEPT_BYTES, KEPT_KEY, is_whole
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.policy import default_policy
from streams.core.tickets import Due, Step
from tests.agents.harness import START, Harness, as_json, decoded, raw

DECISIONS = "support.decisions"
LETTERS = "support.dead-letters"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def agent(tmp_path: Path) -> Harness:
    handler = TicketsAgent(Codec(), Decider(default_policy()))
    return Harness(handler, tmp_path, CONVERSATIONS)


def customer(text: str, number: int = 1, ticket: str = "T1", **fields: Any) -> ConversationMessage:
    return ConversationMessage(
        message_id=f"{ticket}-{number}",
        ticket_id=ticket,
        role=Role.CUSTOMER,
        text=text,
        sent_at=START + number * 1_000,
        **fields,
    )


def test_each_customer_message_gets_its_decision_under_the_tickets_key(agent: Harness) -> None:
    outputs = agent.feed(CONVERSATIONS, customer("Where is my parcel?"), customer("Hello?", 2))
    decisions = [one for one in outputs if one.topic == DECISIONS]
    assert [one.key for one in decisions] == [b"T1", b"T1"]
    assert [one.subject_id for one in decoded(outputs, DECISIONS)] == ["T1-1", "T1-2"]


def test_outputs_carry_the_trace_and_the_time_of_the_message_that_caused_them(
    agent: Harness,
) -> None:
    message = as_json(customer("I want to talk to a human, you charged me twice"))
    outputs = agent.feed(CONVERSATIONS, raw(message, headers=[("traceparent", TRACE.encode())]))
    assert {one.topic for one in outputs} >= {DECISIONS, "support.escalations.billing"}
    assert all(("traceparent", TRACE.encode()) in list(one.headers) for one in outputs)
    assert {one.timestamp for one in outputs} == {START}


def test_a_trace_of_absurd_length_is_not_copied_to_every_output(agent: Harness) -> None:
    message = as_json(customer("Where is my parcel?"))
    outputs = agent.feed(CONVERSATIONS, raw(message, headers=[("traceparent", b"0" * 100_000)]))
    assert all("traceparent" not in dict(one.headers) for one in outputs)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "empty"),
        (b"hello", "not_decodable"),
        (b'{"message_id": "m", "role": "customer", "text": "x", "sent_at": 1}', "missing_id"),
        (b'{"type": "Anomaly"}', "unknown_record"),
        (b'{"x": ' + b"[" * 100_000, "too_deep"),
    ],
)
def test_what_cannot_be_read_is_kept_with_its_bytes_and_place_and_the_rest_goes_on(
    agent: Harness, value: bytes, code: str
) -> None:
    bad = raw(value, headers=[("from", b"here")])
    outputs = agent.feed(CONVERSATIONS, customer("Hi"), bad, customer("Where is it?", 2))
    [letter] = decoded(outputs, LETTERS)
    assert letter.error_code == code
    assert (letter.topic, letter.partition, letter.offset) == (CONVERSATIONS, 0, 1)
    assert (letter.key, letter.value or b"", letter.ticket_id) == (b"T1", value, "T1")
    assert [(header.name, header.value) for header in letter.headers] == [("from", b"here")]
    assert letter.error
    assert [one.subject_id for one in decoded(outputs, DECISIONS)] == ["T1-1", "T1-2"]


@pytest.mark.parametrize("time", [0, START // 1000, 4_070_908_800_000])
def test_a_customer_whose_platform_has_no_right_clock_is_answered(
    agent: Harness, time: int
) -> None:
    message = replace(customer("I want to talk to a person."), sent_at=time)
    outputs = agent.feed(CONVERSATIONS, raw(as_json(message)))
    assert [one.action for one in decoded(outputs, DECISIONS)] == ["handoff"]
    assert not decoded(outputs, LETTERS)
    [escalation] = decoded(outputs, "support.escalations.general")
    assert [line.sent_at for line in escalation.package.transcript] == [START]


def test_a_letter_of_an_old_record_is_kept_as_long_as_any_other(agent: Harness) -> None:
    """Kafka keeps by the stamp: one in the past would have the letter deleted at once."""
    outputs = agent.feed(CONVERSATIONS, customer("Hi"), raw(b"not JSON"))
    stamps = {output.topic: output.timestamp for output in outputs}
    assert stamps[LETTERS] == 0  # the producer's clock
    assert stamps[DECISIONS] > 0


def test_a_record_on_the_wrong_partition_is_refused(agent: Harness) -> None:
    agent.partition.partitions = 1_000
    outputs = agent.feed(CONVERSATIONS, customer("Where is my parcel?"))
    assert [letter.error_code for letter in decoded(outputs, LETTERS)] == ["wrong_partition"]
    assert decoded(outputs, DECISIONS) == []


def poison_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a message that says "poison" one that cannot be handled."""
    decide = Decider.decide

    def fails(self: Decider, state: Any, event: Any, *rest: Any) -> Step:
        if getattr(event, "text", "") == "poison":
            raise RuntimeError("boom")
        return decide(self, state, event, *rest)

    monkeypatch.setattr(Decider, "decide", fails)


def test_a_message_that_cannot_be_handled_costs_only_itself_and_a_person_gets_its_ticket(
    agent: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.feed(CONVERSATIONS, customer("Where is my parcel?", 1, "A"))
    poison_fails(monkeypatch)
    poison, other = customer("poison", 2, "A"), customer("How do I export a list?", 1, "B")
    outputs = agent.feed(CONVERSATIONS, poison, other)
    [letter] = decoded(outputs, LETTERS)
    assert (letter.error_code, letter.ticket_id, letter.offset) == ("internal_error", "A", 1)
    decisions: list[Decision] = decoded(outputs, DECISIONS)
    assert [(one.ticket_id, one.subject_id, one.tier) for one in decisions] == [
        ("A", "A-2", 2),
        ("B", "B-1", 0),
    ]
    assert [reason.code for reason in decisions[0].reasons] == ["internal_error"]


@pytest.mark.logs_errors
def test_a_ticket_that_nobody_can_be_given_stops_no_other(
    agent: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent.feed(CONVERSATIONS, customer("Where is my parcel?", 1, "A"))
    decide, give_up = Decider.decide, Decider.give_up

    def fails(self: Decider, state: Any, event: Any, *rest: Any) -> Step:
        if event.ticket_id == "A":
            raise RuntimeError("boom")
        return decide(self, state, event, *rest)

    def fails_too(self: Decider, state: Any, event: Any, *rest: Any) -> Step:
        if event.ticket_id == "A":
            raise ValueError("what a customer wrote")
        return give_up(self, state, event, *rest)

    monkeypatch.setattr(Decider, "decide", fails)
    monkeypatch.setattr(Decider, "give_up", fails_too)
    outputs = agent.feed(
        CONVERSATIONS, customer("poison", 2, "A"), customer("How do I export a list?", 3, "B")
    )
    [letter] = decoded(outputs, LETTERS)
    assert (letter.error_code, letter.ticket_id) == ("internal_error", "A")
    assert [one.ticket_id for one in decoded(outputs, DECISIONS)] == ["B"]
    outputs = agent.tick(CONVERSATIONS, START + 10 * 3_600_000)
    assert {one.ticket_id for one in decoded(outputs, DECISIONS)} == {"B"}
    assert "ValueError" in caplog.text
    assert "wrote" not in caplog.text


def test_what_no_ticket_sees_makes_no_time_pass_beside_a_message_that_cannot_be_handled(
    agent: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison_fails(monkeypatch)
    in_microseconds = raw(as_json(customer("Where is it?", 2)))
    in_microseconds.timestamp *= 1_000
    last = customer("How do I export a list?", 3, "B")
    outputs = agent.feed(CONVERSATIONS, customer("poison"), in_microseconds, last)
    codes = [one.error_code for one in decoded(outputs, LETTERS)]
    assert codes == ["internal_error", "insane_time"]
    assert [one.cause for one in decoded(outputs, DECISIONS)] == [Cause.MESSAGE, Cause.MESSAGE]
    assert agent.partition.time == START + 3_000


def test_a_ticket_whose_package_the_broker_would_not_take_goes_to_a_person_without_its_lines(
    agent: Harness,
) -> None:
    agent.partition.max_bytes = 100_000
    notes = [
        ConversationMessage(
            f"n{number}", "T1", Role.HUMAN, "x" * 60_000, START, visibility=Visibility.INTERNAL
        )
        for number in range(4)
    ]
    agent.feed(CONVERSATIONS, *notes)
    outputs = agent.feed(CONVERSATIONS, customer("I want to talk to a human"))
    assert [one.error_code for one in decoded(outputs, LETTERS)] == ["internal_error"]
    [decision] = decoded(outputs, DECISIONS)
    [escalation] = decoded(outputs, f"support.escalations.{decision.route}")
    package = escalation.package
    assert (package.transcript, package.transcript_cut.messages) == ((), 4)


def test_a_ticket_that_other_systems_told_too_much_of_finds_room_for_a_person(
    agent: Harness,
) -> None:
    much = ContextSection("crm", START, fields={"notes": "x" * 700_000})
    agent.feed(CONVERSATIONS, customer("How do I export a list?"))
    told = TicketUpdate("u1", "T1", UpdateKind.CONTEXT, START + 2_000, context=much)
    agent.feed(CONVERSATIONS, told)
    [(_, stored)] = agent.partition.store.scan(b"t", b"u")
    agent.partition.max_bytes = len(stored) + 8
    outputs = agent.feed(CONVERSATIONS, customer("And how do I print it then?", 3))
    assert [one.error_code for one in decoded(outputs, LETTERS)] == ["internal_error"]
    assert [one.action for one in decoded(outputs, DECISIONS)] == ["handoff"]


def test_a_number_that_avro_has_no_room_for_is_in_the_way_of_no_package(tmp_path: Path) -> None:
    decider = Decider(default_policy())
    agent = Harness(TicketsAgent(Codec(Format.AVRO, Registry()), decider), tmp_path, CONVERSATIONS)
    picture = Attachment("image/png", size_bytes=2**63)
    agent.feed(CONVERSATIONS, customer("How do I export a list?", attachments=(picture,)))
    outputs = agent.feed(CONVERSATIONS, customer("I want to talk to a human", 2))
    assert [one.topic for one in outputs if one.topic.startswith("support.escalations.")]


def test_the_package_holds_the_transcript_of_earlier_batches_and_of_this_one(
    agent: Harness,
) -> None:
    agent.feed(CONVERSATIONS, customer("The scanner does not find my printer", 1))
    answer = ConversationMessage("T1-2", "T1", Role.AI, "Restart it.", START + 2_000)
    outputs = agent.feed(CONVERSATIONS, answer, customer("I want to talk to a human", 3))
    [escalation] = decoded(outputs, "support.escalations.technical") or decoded(
        outputs, "support.escalations.general"
    )
    spoken = [entry.message_id for entry in escalation.package.transcript]
    assert spoken == ["T1-1", "T1-2", "T1-3"]


def test_a_timer_fires_at_its_own_time_before_the_record_that_comes_later(agent: Harness) -> None:
    late = customer("Where is it then?", 600)
    outputs = agent.feed(CONVERSATIONS, customer("Where is my parcel?"), late)
    decisions: list[Decision] = decoded(outputs, DECISIONS)
    assert [one.cause for one in decisions] == [Cause.MESSAGE, Cause.TIMER, Cause.MESSAGE]
    assert decisions[1].decided_at == START + 61_000
    assert decisions[1].reasons[0].code == "ai_no_answer"


def test_a_quiet_partition_fires_its_timers_by_the_clock(agent: Harness) -> None:
    agent.feed(CONVERSATIONS, customer("Where is my parcel?"))
    assert agent.tick(CONVERSATIONS, START + 30_000) == []
    outputs = agent.tick(CONVERSATIONS, START + 120_000)
    assert [one.cause for one in decoded(outputs, DECISIONS)] == [Cause.TIMER]
    assert {one.timestamp for one in outputs} == {START + 61_000}


def test_the_clocks_of_a_ticket_whose_timer_could_not_be_handled_run_all_the_same(
    agent: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.feed(CONVERSATIONS, customer("Where is my parcel?"))
    decide = Decider.decide

    def fails(self: Decider, state: Any, event: Any, *rest: Any) -> Step:
        if isinstance(event, Due):
            raise RuntimeError("boom")
        return decide(self, state, event, *rest)

    with monkeypatch.context() as broken:
        broken.setattr(Decider, "decide", fails)
        outputs = agent.tick(CONVERSATIONS, START + 120_000)
    assert [one.action for one in decoded(outputs, DECISIONS)] == ["handoff"]
    outputs = agent.tick(CONVERSATIONS, START + 1_800_000)
    told = [one.kind for one in decoded(outputs, "support.sla") if one.clock == "first_response"]
    assert told == ["warned", "warned", "breached"]


def test_a_closed_ticket_leaves_no_line_of_its_transcript_behind(agent: Harness) -> None:
    agent.feed(CONVERSATIONS, customer("Where is my parcel?"))
    closed = TicketUpdate("u1", "T1", UpdateKind.RESOLVED, START + 2_000)
    agent.feed(CONVERSATIONS, closed)
    agent.tick(CONVERSATIONS, START + 8 * 86_400_000)
    assert list(agent.partition.store.scan(b"m", b"n")) == []
    agent.tick(CONVERSATIONS, START + 40 * 86_400_000)
    assert list(agent.partition.store.scan(b"t", b"u")) == []


def test_a_text_of_any_length_is_decided_and_reviewed(agent: Harness) -> None:
    endless = customer("please " + "a" * 3_000_000 + " I want to talk to a human")
    outputs = agent.feed(CONVERSATIONS, endless, customer("\U0001f600" * 300_000, 1, "T2"))
    assert decoded(outputs, LETTERS) == []
    first, second = decoded(outputs, DECISIONS)
    assert [reason.code for reason in first.reasons] == ["human_request", "unreadable"]
    assert {reason.sub_reason for reason in first.reasons} == {None, "truncated"}
    assert (first.tier, second.tier) == (2, 1)
    assert max(len(one.value or b"") for one in outputs) < 256 * 1024


def test_a_text_in_another_encoding_is_decided_and_reviewed(agent: Harness) -> None:
    message = customer("Ich m\u00f6chte mein Passwort zur\u00fccksetzen, please help")
    value = as_json(message).decode().encode("latin-1")
    outputs = agent.feed(CONVERSATIONS, raw(value, message.ticket_id.encode()))
    assert decoded(outputs, LETTERS) == []
    [decision] = decoded(outputs, DECISIONS)
    assert decision.tier >= 1
    assert ("unreadable", "truncated") in {(one.code, one.sub_reason) for one in decision.reasons}


def test_a_ticket_whose_agent_is_an_empty_name_is_free_again(agent: Harness) -> None:
    agent.feed(CONVERSATIONS, customer("I want to talk to a human"))
    for number, person in enumerate(("p1", "")):
        told = TicketUpdate(
            f"u{number}", "T1", UpdateKind.ASSIGNED, START + 2_000 + number, actor_id=person
        )
        outputs = agent.feed(CONVERSATIONS, told)
    [open_escalation] = decoded(outputs, "support.open-escalations")
    assert open_escalation.owner_id is None


def test_a_customer_of_a_ticket_that_was_merged_into_none_is_answered(agent: Harness) -> None:
    agent.feed(CONVERSATIONS, customer("How do I export a list?"))
    merged = TicketUpdate("u1", "T1", UpdateKind.MERGED_INTO, START + 2_000, other_ticket_id="")
    agent.feed(CONVERSATIONS, merged)
    outputs = agent.feed(CONVERSATIONS, customer("And how do I print it?", 3))
    assert [one.action for one in decoded(outputs, DECISIONS)] == ["reply"]


def test_a_record_that_comes_twice_is_decided_once(agent: Harness) -> None:
    message = customer("Where is my parcel?")
    outputs = agent.feed(CONVERSATIONS, message, message)
    assert len(decoded(outputs, DECISIONS)) == 1
    assert agent.feed(CONVERSATIONS, message) == []


def test_a_dead_letter_fits_whatever_key_and_headers_come_with_it(agent: Harness) -> None:
    large = raw(b"{" * 900_000, key=b"\xff" * 250_000)
    large.headers = [("h" * 10_000, b"\x00" * 100_000)]
    [letter] = decoded(agent.feed(CONVERSATIONS, large), LETTERS)
    assert (len(letter.key), len(letter.value)) == (KEPT_KEY, KEPT_BYTES)
    assert [header.name for header in letter.headers] == [CUT]
    assert not is_whole(letter)


def test_a_package_shows_how_the_account_is_doing_and_its_earlier_tickets(tmp_path: Path) -> None:
    earlier = TicketSummary("T0", START - 1, category="billing")
    health = AccountHealth("a1", START, 0.3, HealthLevel.WATCH, recent_tickets=(earlier,))
    profile = AccountProfile("a1", START, name="One Ltd")
    decider = Decider(
        default_policy(), {"a1": profile}.get, healths={"a1": health, "a2": health}.get
    )
    agent = Harness(TicketsAgent(Codec(), decider), tmp_path, CONVERSATIONS)
    ask = "I want to talk to a human being now"
    outputs = agent.feed(CONVERSATIONS, customer(ask, account_id="a1"))
    [package] = [one.package for one in decoded(outputs, "support.escalations.general")]
    assert (package.account.name, package.health) == ("One Ltd", HealthLevel.WATCH)
    assert package.history == (earlier,)
    agent.feed(CONVERSATIONS, customer(ask, ticket="T2"))
    known = TicketUpdate("u1", "T2", UpdateKind.IDENTIFIED, START + 9_000, account_id="a1")
    outputs = agent.feed(CONVERSATIONS, known)
    updates = decoded(outputs, "support.escalations.general")
    assert [(one.change, one.account, one.history) for one in updates] == [
        ("package", profile, (earlier,))
    ]


def test_an_account_of_another_company_with_the_same_id_shows_nothing_of_itself(
    tmp_path: Path,
) -> None:
    earlier = TicketSummary("T0", START - 1, category="billing")
    health = AccountHealth("a1", START, 0.3, HealthLevel.AT_RISK, "acme", recent_tickets=(earlier,))
    profile = AccountProfile("a1", START, "acme", name="One Ltd", vip=True)
    decider = Decider(default_policy(), {"a1": profile}.get, healths={"a1": health}.get)
    agent = Harness(TicketsAgent(Codec(), decider), tmp_path, CONVERSATIONS)
    ask = customer("I want to talk to a human being now", account_id="a1", tenant="globex")
    outputs = agent.feed(CONVERSATIONS, ask)
    [package] = [one.package for one in decoded(outputs, "support.escalations.general")]
    assert (package.account, package.history) == (None, ())
    [decision] = decoded(outputs, DECISIONS)
    assert (decision.used.vip, decision.used.health_as_of) == (None, None)


def test_an_account_at_risk_is_decided_as_about_to_leave_and_the_decision_says_so(
    tmp_path: Path,
) -> None:
    health = AccountHealth("a1", START - 5, 31.0, HealthLevel.AT_RISK)
    decider = Decider(default_policy(), healths={"a1": health}.get)
    agent = Harness(TicketsAgent(Codec(), decider), tmp_path, CONVERSATIONS)
    [decision] = decoded(
        agent.feed(CONVERSATIONS, customer("Where is the export?", account_id="a1")), DECISIONS
    )
    assert (decision.action, decision.used.segment) == ("review", "top")
    assert (decision.used.health, decision.used.health_as_of) == (HealthLevel.AT_RISK, START - 5)
    [reason] = decision.reasons
    assert (reason.code, reason.sub_reason) == ("high_stakes_account", "account_at_risk")


def test_a_ticket_of_an_account_that_became_part_of_another_is_decided_as_the_others(
    tmp_path: Path,
) -> None:
    profiles = {
        "a1": AccountProfile("a1", START, merged_into="a2"),
        "a2": AccountProfile("a2", START, merged_into="a3"),
        "a3": AccountProfile("a3", START, tier="enterprise"),
    }
    health = AccountHealth("a3", START, 31.0, HealthLevel.AT_RISK)
    decider = Decider(default_policy(), profiles.get, healths={"a3": health}.get)
    agent = Harness(TicketsAgent(Codec(), decider), tmp_path, CONVERSATIONS)
    outputs = agent.feed(CONVERSATIONS, customer("Where is the export?", account_id="a1"))
    [decision] = decoded(outputs, DECISIONS)
    assert decision.used.account_tier == "enterprise"
    assert decision.used.health is HealthLevel.AT_RISK


def test_an_erased_ticket_leaves_no_text_in_the_store(agent: Harness) -> None:
    secret = "My order is ZEBRA-4711, you charged me twice"
    agent.feed(CONVERSATIONS, customer(secret, requester_id="mara"), customer(secret, 2))
    assert any(b"ZEBRA" in value for value in _values(agent))
    agent.feed(CONVERSATIONS, TicketUpdate("e", "T1", UpdateKind.ERASED, START + 9_000))
    assert _values(agent)
    assert not any(b"ZEBRA" in value or b"mara" in value for value in _values(agent))
    outputs = agent.feed(CONVERSATIONS, customer(secret, 3, requester_id="mara"))
    assert [one.action for one in decoded(outputs, DECISIONS)] == ["none"]
    assert not any(b"ZEBRA" in value or b"mara" in value for value in _values(agent))


def _values(agent: Harness) -> list[bytes]:
    return [value for _, value in agent.partition.store.scan(b"\x00", b"\xff")]
