"""What is hidden where, what stays, and that nothing else changes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from detectors import Signals
from detectors.signals import Found
from schemas.codec import Codec
from schemas.records import (
    ContextSection,
    ConversationMessage,
    Csat,
    DeadLetter,
    Entity,
    MergedTicket,
    ReviewRequest,
    Role,
    Summary,
    TicketUpdate,
    TranscriptEntry,
    UpdateKind,
)
from streams.agents.deciding import Decider
from streams.agents.private import PrivateCodec
from streams.agents.ticket_states import TICKETS, line_key
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.handoff.redact import Redactor
from streams.core.handoff.stored import as_stored
from streams.core.policy import PolicyError, default_policy, load_policy
from streams.core.policy.privacy import KEEP_ALL, Privacy, Treatments
from streams.core.tickets import Arrival
from streams.measuring import RedactionCount
from tests.agents.harness import START, Harness, decoded
from tests.agents.test_tickets_agent import DECISIONS, customer
from tests.core.conversation import Conversation

CARD = "4111 1111 1111 1111"
SAID = f"I want a human! Card {CARD}, mail ann@example.org, password: Summer2024!"
LINES = (Path(__file__).parent / "personal.txt").read_text(encoding="utf-8").replace("¦", "")


def test_a_mask_has_the_length_of_what_it_hides_and_cards_show_their_end() -> None:
    hidden = Redactor(Treatments()).text(SAID)
    assert hidden == (
        "I want a human! Card ***************1111, mail ***************, password: ***********"
    )


def test_a_hash_is_the_same_for_the_same_value_and_another_with_another_key() -> None:
    hashed = Treatments(card="hash")
    one, other = Redactor(hashed, b"one"), Redactor(hashed, b"other")
    assert one.text(CARD) == one.text(CARD.replace(" ", "-")) != other.text(CARD)
    assert one.text(CARD).startswith("<card:")


def test_a_hash_does_not_go_by_how_a_value_is_written() -> None:
    redactor = Redactor(Treatments(email="hash", iban="hash"), b"one")
    assert redactor.text("Ann@Example.org") == redactor.text("ann@example.org")
    assert redactor.text("NO93 8601 1117 947") == redactor.text("NO9386011117947")


def test_a_key_may_be_of_any_length() -> None:
    hashed = Treatments(card="hash")
    assert Redactor(hashed, b"k" * 100).text(CARD).startswith("<card:")


def test_an_iban_shows_its_end_too() -> None:
    assert Redactor(Treatments()).text("to NO9386011117947") == "to ***********7947"


def test_without_a_key_there_is_no_hash_that_could_be_guessed() -> None:
    assert Redactor(Treatments(card="hash")).text(CARD) == "***************1111"


def test_only_texts_are_redacted_never_ids() -> None:
    digits = CARD.replace(" ", "")
    entry = TranscriptEntry(digits, Role.CUSTOMER, digits, 1, author_id=digits)
    hidden = Redactor(Treatments()).record(entry)
    assert (hidden.message_id, hidden.author_id) == (digits, digits)
    assert hidden.text == "************1111"


def test_parts_inside_parts_are_redacted() -> None:
    summary = Summary(CARD, given=(Entity("account", CARD, "m1", 0, 19),), asked=CARD)
    hidden = Redactor(Treatments()).record(summary)
    assert CARD not in repr(hidden)
    section = ContextSection("crm", 1, fields={"paid with": CARD})
    assert CARD not in repr(Redactor(Treatments()).record(section))


@pytest.mark.parametrize("treatments", [Treatments(), Treatments(card="hash")])
def test_bytes_of_a_dead_letter_keep_their_length(treatments: Treatments) -> None:
    value = f'{{"text": "Grüße, {CARD}"}}'.encode()
    letter = DeadLetter("x/0/1", "x", 0, 1, "malformed", "no", 1, "tickets", value=value)
    hidden = Redactor(treatments, b"key").record(letter).value
    assert hidden is not None
    assert len(hidden) == len(value)
    assert hidden == value.replace(CARD.encode(), b"***************1111")


@given(
    st.one_of(
        st.text(), st.sampled_from(LINES.splitlines()), st.text("0123456789 +-@a.", max_size=60)
    )
)
def test_redacting_again_changes_nothing(text: str) -> None:
    redactor = Redactor(Treatments())
    once = redactor.text(text)
    assert len(once) == len(text)
    assert redactor.text(once) == once


def test_desks_can_reach_the_customer_and_others_see_nothing_personal(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    policy = default_policy()
    codec = PrivateCodec(
        Codec(), lambda _now: policy.privacy, b"", RedactionCount("tickets", registry)
    )
    agent = Harness(TicketsAgent(codec, Decider(policy)), tmp_path, CONVERSATIONS)
    outputs = agent.feed(CONVERSATIONS, customer(SAID))
    [escalation] = [
        one
        for topic in {one.topic for one in outputs if ".escalations." in one.topic}
        for one in decoded(outputs, topic)
    ]
    told = escalation.package.transcript[0].text
    assert "ann@example.org" in told
    assert CARD not in repr(escalation)
    assert "Summer2024" not in repr(escalation)
    assert registry.get_sample_value(
        "baton_redacted_total", {"agent": "tickets", "place": "escalations", "kind": "password"}
    )


def test_a_codec_that_keeps_all_writes_what_it_was_given() -> None:
    review = ReviewRequest("r1", "T1", "m1", "d1", "general", 1, 2, question=SAID)
    keeps = PrivateCodec(Codec(), lambda _now: Privacy(reviews=KEEP_ALL))
    assert keeps.encode(review).value == Codec().encode(review).value
    masks = PrivateCodec(Codec(), lambda _now: Privacy())
    assert CARD.encode() not in (masks.encode(review).value or b"")


def test_a_record_is_written_as_the_policy_of_its_time_wants_it() -> None:
    before, after = Privacy(reviews=KEEP_ALL), Privacy()
    codec = PrivateCodec(Codec(), lambda now: before if now < 10 else after)
    early, late = (
        ReviewRequest("r1", "T1", "m1", "d1", "general", at, 20, question=SAID) for at in (9, 10)
    )
    assert CARD.encode() in (codec.encode(early).value or b"")
    assert CARD.encode() not in (codec.encode(late).value or b"")


def test_what_a_person_tells_the_ai_is_written_as_the_policy_wants_it(tmp_path: Path) -> None:
    policy = default_policy()
    codec = PrivateCodec(Codec(), lambda _now: policy.privacy)
    agent = Harness(TicketsAgent(codec, Decider(policy)), tmp_path, CONVERSATIONS)
    agent.feed(CONVERSATIONS, customer("A person please, this is awful.", account_id=None))
    told = f"Send the guide to ann@example.org, card {CARD}."
    back = TicketUpdate("u1", "T1", UpdateKind.HANDED_BACK, START, instructions=told)
    [decision] = decoded(agent.feed(CONVERSATIONS, back), DECISIONS)
    assert decision.instructions.startswith("Send the guide to ***")
    assert CARD not in repr(decision)
    assert decision.instructions.endswith("1111.")


def test_a_transcript_line_is_stored_by_the_policy_of_its_records_time() -> None:
    masks = load_policy("based_on: default\nprivacy: {stored: {card: mask}}")
    in_force = {1_000: default_policy(), 2_000: masks}
    decider = Decider(default_policy(), in_force=in_force.__getitem__)
    message = customer(CARD, account_id=None)

    def stored(now: int) -> str:
        step = decider.decide(None, message, Signals(), Arrival(now, CONVERSATIONS, 0))
        assert step.appended is not None
        return step.appended.text

    assert stored(1_000) == CARD
    assert stored(2_000).startswith("***"), "the message's own clock may be wrong"


def test_a_transcript_can_be_stored_redacted(tmp_path: Path) -> None:
    policy = load_policy(
        "based_on: default\nname: quiet\nversion: 1\nprivacy:\n  stored: {card: mask}\n"
    )
    agent = Harness(TicketsAgent(Codec(), Decider(policy)), tmp_path, CONVERSATIONS)
    agent.feed(CONVERSATIONS, customer(f"Card {CARD} please", account_id=None))
    line = agent.partition.store.get(line_key("T1", 0))
    assert line is not None
    assert b"***************1111 please" in line


def test_no_part_of_a_ticket_in_state_has_what_the_policy_wants_nobody_to_keep(
    tmp_path: Path,
) -> None:
    policy = load_policy(
        "based_on: default\nname: quiet\nversion: 1\n"
        "privacy:\n  stored: {email: mask, phone: mask, card: mask}\n"
    )
    agent = Harness(TicketsAgent(Codec(), Decider(policy)), tmp_path, CONVERSATIONS)
    personal = "ann@example.org", "0171 2345678", CARD
    words = f"Call me on {personal[1]} or write to {personal[0]}. I paid with {personal[2]}."

    def update(kind: UpdateKind, **more: Any) -> TicketUpdate:
        return TicketUpdate(f"u-{kind}", "T1", kind, START, **more)

    agent.feed(
        CONVERSATIONS,
        customer(f"I want a person! Order B-77123 never came. {words}"),
        update(UpdateKind.CONTEXT, context=ContextSection("crm", START, fields={"last": words})),
        update(UpdateKind.CSAT, csat=Csat(0.2, comment=words)),
        update(UpdateKind.HANDED_BACK, instructions=words),
        update(UpdateKind.MERGED_INTO, other_ticket_id="T2"),
        TicketUpdate(
            "u2", "T2", UpdateKind.MERGED_FROM, START,
            merged=MergedTicket("T1", START, given=(Entity("email", personal[0], "m", 0, 2),)),
        ),
    )  # fmt: skip
    states = [agent.partition.store.get(TICKETS.key(name)) or b"" for name in ("T1", "T2")]
    assert b"B-77123" in states[0]
    assert not [said for said in personal for state in states if said.encode() in state]


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("Rufnummer: 0171 2345678", "Call me on 0171 2345678"),
        ("Call me on 0171 2345678", None),
    ],
)
def test_what_was_given_is_hidden_as_the_message_that_it_was_given_in(
    text: str, translated: str | None
) -> None:
    talk = Conversation()
    talk.customer("Order B-77123", Signals(entities=(Found("order", "B-77123", (6, 13)),)))
    number = Found("phone", "0171 2345678", (11, 23))
    talk.customer(text, Signals(entities=(number,)), translated_text=translated)
    message = ConversationMessage(
        "m2", "T1", Role.CUSTOMER, text, START, translated_text=translated
    )
    kept = as_stored(talk.ticket, Redactor(Treatments(phone="mask")), message)
    assert [one.value for one in kept.given] == ["B-77123", "*" * 12]


def test_a_treatment_that_does_not_exist_is_refused_with_its_path() -> None:
    complaint = r"privacy\.escalations\.email: expected one of keep, mask, hash, got 'burn'"
    with pytest.raises(PolicyError, match=complaint):
        load_policy(
            "based_on: default\nname: x\nversion: 1\nprivacy:\n  escalations: {email: burn}\n"
        )
