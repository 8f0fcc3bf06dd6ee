"""What a person gets who takes over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.signals import Found, Signal, Signals
from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    AccountSnapshot,
    Attachment,
    BillingContext,
    ContextSection,
    EscalationUpdate,
    HandoffPackage,
    HealthLevel,
    MergedTicket,
    PartState,
    TicketSummary,
    TicketUpdate,
    UpdateKind,
)
from streams.core.accounts import AccountState, observe
from streams.core.handoff import carry, complement, complete
from streams.core.handoff.transcript import bounded, size_of
from streams.core.policy import load_policy
from streams.core.tickets import Arrival
from streams.core.tickets.lines import HALF_TRANSCRIPT
from streams.core.tickets.state import KNOWN_ENTITIES
from tests.core.conversation import DAY, MINUTE, START, Conversation, scores


def long_story() -> Conversation:
    talk = Conversation()
    talk.customer("hi")
    talk.ai("Hello! What can I do?")
    talk.customer(
        "Order B-77 never arrived. Where is it?",
        Signals(gist=(1, 2, 3), entities=(Found("order", "B-77", (6, 10)),), negative=Signal(0.2)),
    )
    talk.ai("Please check the tracking page.")
    talk.customer("I did, it says delivered. Can a person look at it?", scores(human_request=0.9))
    return talk


def test_the_summary_tells_the_issue_the_attempts_and_what_is_asked() -> None:
    [escalation] = long_story().escalations
    summary = escalation.package.summary
    assert summary.issue == (
        "Order B-77 never arrived. Where is it? […] "
        "I did, it says delivered. Can a person look at it?"
    )
    assert [attempt.text for attempt in summary.attempts] == [
        "Hello! What can I do?",
        "Please check the tracking page.",
    ]
    assert summary.attempts[-1].outcome.startswith("customer: I did, it says delivered.")
    assert summary.asked == "Can a person look at it?"
    assert [(entity.kind, entity.value) for entity in summary.given] == [("order", "B-77")]


def test_the_issue_is_told_in_the_first_message_that_says_what_it_is_about() -> None:
    talk = Conversation()
    talk.customer("hi")
    talk.customer("Order B-77 never arrived.", Signals(gist=(1, 2, 3)))
    talk.ai("Please check the tracking page.")
    talk.customer("The page says delivered.", Signals(gist=(4, 5), category="technical"))
    talk.customer("a person please", scores(human_request=0.9))
    summary = talk.escalations[0].package.summary
    assert summary.issue == "Order B-77 never arrived. […] a person please"


def told_attempts(rounds: int) -> list[str]:
    patient = "triggers: {ai_loop: {rounds_without_progress: 99, rounds: 99}}"
    talk = Conversation(policy=load_policy(f"based_on: default\n{patient}"))
    for number in range(rounds):
        talk.customer("It fails.")
        talk.ai(f"Please try step {number + 1}, then tell me.")
    talk.customer("a person please", scores(human_request=0.9))
    return [one.text for one in talk.escalations[0].package.summary.attempts]


def test_the_summary_tells_every_attempt_and_past_its_room_how_many_came_before() -> None:
    assert [text[:18] for text in told_attempts(7)] == [
        f"Please try step {n}," for n in range(1, 8)
    ]
    many = told_attempts(40)
    assert many[0].startswith(f"{40 - len(many) + 1} earlier attempts: Please try step 1")
    assert [text[:17] for text in many[1:]] == [
        f"Please try step {number}"[:17] for number in range(42 - len(many), 41)
    ]


def test_the_package_holds_the_whole_transcript_and_the_sentiment_curve() -> None:
    [escalation] = long_story().escalations
    package = escalation.package
    assert [line.text[:5] for line in package.transcript] == [
        "hi",
        "Hello",
        "Order",
        "Pleas",
        "I did",
    ]
    assert package.transcript_cut is None
    assert [point.negative for point in package.sentiment] == [0.0, 0.2, 0.0]


def test_every_part_says_whether_it_is_there_and_as_of_when() -> None:
    talk = long_story()
    assert talk.step.handoff is not None
    old = START - 40 * DAY
    profile = AccountProfile("a1", old, billing=BillingContext(plan="pro"))
    health = AccountHealth(
        "a1", START, 0.4, HealthLevel.WATCH, recent_tickets=(TicketSummary("T0", old),)
    )
    escalation = complete(talk.step.handoff, [], profile=profile, health=health)
    states = {part.part: (part.state.value, part.as_of) for part in escalation.package.parts}
    assert states == {
        "transcript": ("missing", None),
        "summary": ("missing", None),
        "entities": ("present", talk.now),
        "sentiment": ("present", talk.now),
        "account": ("stale", old),
        "billing": ("stale", old),
        "health": ("present", START),
        "history": ("present", START),
        "anomaly": ("missing", None),
        "context": ("missing", None),
    }
    assert escalation.plan == "pro"
    assert escalation.package.history[0].ticket_id == "T0"


def test_a_part_is_as_old_as_its_oldest_section_or_its_latest_word_and_stale_past_its_age() -> None:
    talk = Conversation()
    talk.customer("it fails")
    talk.now += MINUTE
    talk.customer("it fails")
    talk.now += MINUTE
    talk.customer("for me, too", author_id="r2")
    oldest = talk.now + MINUTE - talk.policy.package.stale_after
    for source, as_of in (("shop", oldest), ("crm", START)):
        talk.update(UpdateKind.CONTEXT, context=ContextSection(source, as_of))
    talk.now += MINUTE
    talk.customer("a person please", scores(human_request=0.9))
    parts = {part.part: part for part in talk.escalations[0].package.parts}
    assert (parts["context"].state, parts["context"].as_of) == (PartState.PRESENT, oldest)
    assert parts["sentiment"].as_of == talk.now
    assert talk.step.handoff is not None
    profile = AccountProfile("a1", oldest - 1, history=(TicketSummary("Z1", START),))
    health = AccountHealth("a1", START, 0.4, HealthLevel.WATCH)
    told = complete(talk.step.handoff, [], profile=profile, health=health).package
    parts = {part.part: part for part in told.parts}
    assert parts["account"].state is PartState.STALE
    assert (parts["history"].state, parts["history"].as_of) == (PartState.PRESENT, START)


def test_the_sentiment_is_told_in_its_order_whoever_wrote() -> None:
    talk = Conversation()
    for number, author in enumerate(("r1", "r2", None, "r1")):
        talk.now += MINUTE
        more = {} if author else {"requester_id": None}
        talk.customer("bad", scores(negative=number / 10), author_id=author, **more)
    talk.customer("a person please", scores(human_request=0.9))
    sentiment = talk.escalations[0].package.sentiment
    assert [(one.negative, one.author_id) for one in sentiment] == [
        (0.0, "r1"),
        (0.1, "r2"),
        (0.2, None),
        (0.3, "r1"),
        (0.0, "r1"),
    ]


def test_the_history_has_what_the_profile_carries_beside_what_baton_has_seen() -> None:
    talk = long_story()
    assert talk.step.handoff is not None
    seen = TicketSummary("T7", START - DAY, outcome="resolved")
    before = (TicketSummary("Z1", START - 900 * DAY), TicketSummary("T7", START - DAY))
    profile = AccountProfile("a1", START, history=before)
    health = AccountHealth("a1", START, 0.4, HealthLevel.WATCH, recent_tickets=(seen,))
    package = complete(talk.step.handoff, [], profile=profile, health=health).package
    assert package.history == (before[0], seen)
    assert package.account is not None
    assert package.account.history == ()


def test_the_profile_alone_tells_the_history_and_of_a_long_one_the_latest() -> None:
    talk = long_story()
    assert talk.step.handoff is not None
    many = tuple(TicketSummary(f"Z{number}", START + number) for number in range(500))
    profile = AccountProfile("a1", START + DAY, history=many)
    package = complete(talk.step.handoff, [], profile=profile).package
    assert package.history == many[-20:]
    [part] = [one for one in package.parts if one.part == "history"]
    assert (part.state, part.as_of) == (PartState.PRESENT, START + DAY)


def test_context_of_other_systems_is_kept_and_a_later_one_follows_as_an_update() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.CONTEXT, context=ContextSection("shop", START, fields={"order": "7"}))
    talk.customer("a person please", scores(human_request=0.9))
    assert talk.escalations[0].package.context[0].source == "shop"
    talk.update(UpdateKind.CONTEXT, context=ContextSection("crm", START))
    [update] = talk.new(EscalationUpdate)
    assert (update.change, update.context[0].source) == ("context", "crm")


def test_an_account_that_becomes_known_after_the_handoff_follows_as_an_update() -> None:
    talk = Conversation(account_id=None)
    talk.customer("a person please", scores(human_request=0.9))
    parts = {part.part: part.state for part in talk.escalations[0].package.parts}
    assert parts["account"] is PartState.MISSING
    talk.update(UpdateKind.IDENTIFIED, account_id="a9")
    [update] = talk.new(EscalationUpdate)
    assert (update.change, update.revision) == ("package", 2)
    profile = AccountProfile("a9", talk.now, name="Nine Ltd")
    filled = complement(update, talk.ticket, talk.policy, profile=profile)
    assert filled.account == profile
    parts = {part.part: part.state for part in filled.parts}
    assert (parts["account"], parts["billing"]) == (PartState.PRESENT, PartState.MISSING)


def test_an_update_says_what_is_there_as_of_when_it_was_made() -> None:
    talk = Conversation(account_id=None)
    talk.customer("a person please", scores(human_request=0.9))
    talk.now += MINUTE
    talk.update(UpdateKind.IDENTIFIED, account_id="a9")
    [update] = talk.new(EscalationUpdate)
    filled = complement(update, talk.ticket, talk.policy)
    parts = {part.part: part.as_of for part in filled.parts}
    assert parts["transcript"] == parts["summary"] == talk.now


def test_a_merge_carries_what_a_ticket_says_and_nothing_of_one_that_is_erased() -> None:
    talk, update = long_story(), TicketUpdate("u1", "T2", UpdateKind.MERGED_FROM, START)
    lines = list(talk.lines.values())
    told = carry(update, MergedTicket("T1", START), talk.ticket, lines).merged
    assert told is not None
    assert told.issue is not None
    assert told.issue.startswith("Order B-77 never arrived.")
    assert (told.asked, len(told.attempts)) == ("Can a person look at it?", 2)
    gone = MergedTicket("T1", START, erased=True)
    assert carry(update, gone, talk.ticket, lines) == update
    silent = carry(update, MergedTicket("T1", START), talk.ticket, []).merged
    assert silent is not None
    assert (silent.issue, silent.asked) == (None, None)


def test_an_account_that_a_message_makes_known_after_the_handoff_follows_as_an_update() -> None:
    talk = Conversation(account_id=None)
    talk.customer("a person please", scores(human_request=0.9))
    talk.customer("it is me", account_id="a9")
    assert [one.change for one in talk.new(EscalationUpdate)] == ["package", "message"]
    talk.customer("hello?", account_id="a9")
    assert [one.change for one in talk.new(EscalationUpdate)] == ["message"]


def test_every_word_of_the_customer_after_the_handoff_follows_as_an_update() -> None:
    talk = Conversation()
    talk.customer("a person please", scores(human_request=0.9))
    assert not talk.new(EscalationUpdate)
    talk.customer("the order is B-77")
    talk.customer("I want my money back now", scores(billing=0.9))
    talk.human("I am looking at it.")
    talk.customer("thank you")
    said = [
        (one.change, [line.text for line in one.messages]) for one in talk.all(EscalationUpdate)
    ]
    assert said[0] == ("message", ["the order is B-77"])
    assert ("signals", ["I want my money back now"]) in said
    assert said[-1] == ("clock", ["thank you"])
    revisions = [one.revision for one in talk.all(EscalationUpdate)]
    assert revisions == list(range(2, 2 + len(revisions)))


def test_a_history_that_was_not_known_at_the_handoff_is_asked_for_and_follows_once() -> None:
    talk = Conversation()
    talk.customer("a person please", scores(human_request=0.9))
    account: AccountState | None = None
    told: list[TicketUpdate] = []
    for one in talk.new(AccountActivity):
        step = observe(account, one, None, talk.now + 5)
        account = step.state
        told += [output for output in step.outputs if isinstance(output, TicketUpdate)]
    [known] = told
    talk.apply(known)
    [update] = talk.new(EscalationUpdate)
    filled = complement(update, talk.ticket, talk.policy, talk.step.account)
    assert [line.ticket_id for line in filled.history] == ["T1"]
    states = {part.part: (part.state, part.as_of) for part in filled.parts}
    assert states["history"] == states["health"] == (PartState.PRESENT, START + 5)
    assert talk.decision.used.health_as_of == START + 5
    talk.apply(known)
    assert not talk.new(EscalationUpdate)


def test_a_history_that_was_known_at_the_handoff_is_not_asked_for() -> None:
    talk = Conversation(AccountSnapshot("a1", START, health_as_of=START))
    talk.customer("a person please", scores(human_request=0.9))
    assert not any(one.lacks_history for one in talk.new(AccountActivity))


def test_the_later_of_the_copy_of_a_health_and_what_an_update_says_of_it_is_told() -> None:
    talk = Conversation()
    talk.customer("a person please", scores(human_request=0.9))
    told = AccountSnapshot("a1", START, health=HealthLevel.WATCH, health_as_of=START)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=told)
    [update] = talk.new(EscalationUpdate)
    for at, level in (
        (START - 1, HealthLevel.WATCH),
        (START, HealthLevel.AT_RISK),
        (START + 1, HealthLevel.AT_RISK),
    ):
        copy = AccountHealth("a1", at, 31.0, HealthLevel.AT_RISK)
        filled = complement(update, talk.ticket, talk.policy, told, health=copy)
        assert filled.health is level


def test_the_whole_package_fits_its_bound_and_says_what_of_it_is_cut() -> None:
    talk = Conversation()
    fields = {f"field {number}": "\x01" * 3_000 for number in range(200)}
    for number in range(9):
        talk.customer("\x01" * 60_000, message_id=f"long{number}")
    talk.update(UpdateKind.CONTEXT, context=ContextSection("erp", START, "Orders", fields))
    talk.customer("a person please", scores(human_request=0.9))
    package = talk.escalations[0].package
    assert len(msgspec.json.encode(package)) <= talk.policy.package.max_bytes == 512 * 1024
    [section] = package.context
    assert section.title == "Orders"
    assert section.fields["…"] == f"{200 - len(section.fields) + 1} more"
    assert package.transcript_cut is not None
    assert package.transcript[-1].text == "a person please"


def test_of_many_things_given_none_pushes_out_the_only_one_of_its_kind() -> None:
    talk = Conversation()
    order = Found("order", "B-77", (0, 4))
    talk.customer("B-77", Signals(entities=(order,)))
    for number in range(40):
        url = Found("url", f"https://x.example/{number}", (0, 1))
        talk.customer("see this", Signals(entities=(url,)))
    kinds = [item.kind for item in talk.ticket.given]
    assert len(kinds) == KNOWN_ENTITIES
    assert kinds.count("order") == 1


def test_what_came_with_a_message_is_named_in_the_transcript() -> None:
    talk = Conversation()
    photo = Attachment("image/png", "crack.png", 12_345, "x" * 9_000, "https://files/1")
    talk.customer("see the photo", attachments=(photo,))
    talk.customer("a person please", scores(human_request=0.9))
    [shown] = talk.escalations[0].package.transcript[0].attachments
    assert (shown.name, shown.reference) == ("crack.png", "https://files/1")
    assert len(shown.extracted_text or "") == 2_000


def test_of_many_attachments_of_a_message_the_first_twenty_are_named() -> None:
    talk = Conversation()
    photos = tuple(Attachment("image/png", f"{n}.png", 1, None, f"file-{n}") for n in range(21))
    talk.customer("see the photos", attachments=photos)
    assert talk.lines[0].attachments == photos[:20]


@pytest.mark.parametrize(
    ("text", "more", "size"),
    [
        ("plain", {}, 5),
        ("größer", {}, 8),
        ("hallo", {"translated_text": "hello"}, 10),
        ("see", {"attachments": (Attachment("a", "b", 1, "é" * 9, "c"),)}, 21),
        ("see", {"attachments": (Attachment("a", "b", 1, None, "c"),)}, 3),
    ],
)
def test_a_line_takes_the_bytes_of_all_its_texts(
    text: str, more: dict[str, Any], size: int
) -> None:
    talk = Conversation()
    talk.customer(text, **more)
    assert talk.ticket.half_bytes == size


def test_no_line_leaves_before_the_newer_half_is_more_than_full() -> None:
    talk = Conversation()
    for _ in range(4):
        talk.customer("x" * (HALF_TRANSCRIPT // 2))
    assert len(talk.lines) == 4
    talk.customer("y")
    assert [line.text[0] for line in talk.lines.values()] == ["x", "x", "y"]
    kept = replace(talk.policy.retention, transcript_messages=1)
    talk.policy = replace(talk.policy, retention=kept)
    talk.customer("z" * HALF_TRANSCRIPT)
    assert [line.text[0] for line in talk.lines.values()] == ["z"]


def test_lines_that_have_left_do_not_come_back_when_more_may_be_kept() -> None:
    talk = Conversation()
    default = talk.policy
    talk.policy = replace(default, retention=replace(default.retention, transcript_messages=1))
    for _ in range(3):
        talk.customer("x")
    talk.policy = default
    talk.customer("z" * HALF_TRANSCRIPT)
    assert (talk.ticket.transcript_from, talk.ticket.transcript_to) == (2, 4)


def test_a_long_transcript_keeps_its_first_and_newest_and_names_the_cut() -> None:
    talk = Conversation()
    talk.policy = replace(talk.policy, package=replace(talk.policy.package, max_messages=4))
    for number in range(1, 11):
        talk.customer(f"part {number}")
    talk.customer("a person please", scores(human_request=0.9))
    package = talk.escalations[0].package
    assert [line.text for line in package.transcript] == [
        "part 1", "part 9", "part 10", "a person please",
    ]  # fmt: skip
    cut = package.transcript_cut
    assert cut is not None
    assert (cut.messages, cut.topic, cut.partition) == (7, "support.conversations", 3)
    assert (cut.first_offset, cut.last_offset) == (1, 11)


@given(st.lists(st.text(max_size=400), max_size=20), st.integers(1, 400))
def test_the_transcript_fits_its_bound_and_the_summary_too(texts: list[str], bound: int) -> None:
    talk = Conversation()
    talk.policy = replace(talk.policy, package=replace(talk.policy.package, max_bytes=bound))
    for text in texts:
        found = tuple(Found("word", word, (0, 1)) for word in text.split())
        talk.customer(text, Signals(entities=found, gist=(1, 2, 3)))
        talk.ai(text)
    talk.customer("a person please", scores(human_request=0.9))
    package = talk.escalations[0].package
    assert sum(len(line.text.encode()) for line in package.transcript) <= bound
    summary = package.summary
    length = len(summary.issue) + len(summary.asked or "")
    length += sum(len(attempt.text) + len(attempt.outcome) for attempt in summary.attempts)
    length += sum(len(entity.kind) + len(entity.value) for entity in summary.given)
    assert length < 1_200


def test_a_message_that_takes_half_of_the_room_is_shortened_and_that_is_said() -> None:
    def told(bound: int, text: str, **more: Any) -> HandoffPackage:
        talk = Conversation()
        talk.policy = replace(talk.policy, package=replace(talk.policy.package, max_bytes=bound))
        talk.customer(text, **more)
        talk.customer("a person please", scores(human_request=0.9))
        return talk.escalations[0].package

    photo = Attachment("text/plain", "log.txt", 9_000, "x" * 2_000, "https://files/1")
    read = told(3_000, "see the log", attachments=(photo,))
    assert read.transcript[0].attachments == (replace(photo, extracted_text=None),)
    translated = told(3_000, "Hilfe", translated_text="help " * 400)
    assert translated.transcript[0].text == "Hilfe"
    assert len(translated.transcript[0].translated_text or "") < 200
    long = told(3_000, "help " * 400)
    assert len(long.transcript[0].text) < 200
    for package in (read, translated, long):
        assert package.transcript_cut is not None
        assert package.transcript_cut.messages == 0
        assert len(package.transcript) == 2
        assert len(msgspec.json.encode(package)) <= 3_000
    whole = told(16_000, "Hilfe", translated_text="help " * 400, attachments=(photo,))
    assert whole.transcript[0].attachments == (photo,)
    assert whole.transcript_cut is None


def test_a_ticket_keeps_only_the_newest_lines_past_its_bound() -> None:
    talk = Conversation()
    kept = replace(talk.policy.retention, transcript_messages=3)
    talk.policy = replace(talk.policy, retention=kept)
    for number in range(5):
        talk.customer(f"part {number}")
    assert [line.text for line in talk.lines.values()] == ["part 2", "part 3", "part 4"]
    talk.customer("a person please", scores(human_request=0.9))
    cut = talk.escalations[0].package.transcript_cut
    assert cut is not None
    assert cut.messages == 3


def test_a_message_that_takes_just_half_of_the_room_is_whole() -> None:
    talk = Conversation()
    talk.customer("x" * 300)
    [line], arrival = talk.lines.values(), Arrival(talk.now, "support.conversations", 3, 1)
    room = 2 * size_of(line)
    assert bounded([line], talk.ticket, talk.policy.package, arrival, room) == ((line,), None)
    [kept], cut = bounded([line], talk.ticket, talk.policy.package, arrival, room - 1)
    assert len(kept.text) < 300
    assert cut is not None


def test_the_newest_messages_that_fit_are_told_without_a_gap() -> None:
    talk = Conversation()
    for text in ("first", "small", "x" * 300, "y" * 300, "last"):
        talk.customer(text)
    lines = list(talk.lines.values())
    sizes = [size_of(line) for line in lines]
    room = sizes[0] + sizes[2] + sizes[3] + sizes[4]
    arrival = Arrival(talk.now, "support.conversations", 3, 5)
    for less, told in ((0, [0, 2, 3, 4]), (1, [0, 3, 4])):
        kept, cut = bounded(lines, talk.ticket, talk.policy.package, arrival, room - less)
        assert kept == tuple(lines[place] for place in told)
        assert cut is not None
        assert cut.messages == 5 - len(told)
