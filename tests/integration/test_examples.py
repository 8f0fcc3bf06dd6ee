"""The example platform and desk against a worker on a real Kafka."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.examples.chat import Answer, Chat, Late, worded
from deploy.examples.chat_platform import Platform
from deploy.examples.desk import Desk, Refused
from schemas.records import (
    CustomerNotice,
    Decision,
    DraftOutcome,
    TicketOutcome,
    Verdict,
)
from tests.integration.day import Ai, Person, live
from tests.integration.floor import Floor, settle, until
from tests.integration.talks import talks
from tests.patience import PATIENCE

POLICY = """
based_on: default
name: default
version: 2
routes:
  - {name: safety, priority: 1, reasons: [safety]}
  - {name: security, priority: 1, reasons: [security]}
  - {name: legal, priority: 2, reasons: [legal_compliance]}
  - {name: billing, priority: 2, reasons: [billing], collect: [order, amount]}
  - {name: technical, priority: 3, reasons: [complex_troubleshooting]}
  - {name: success, priority: 2, reasons: [high_stakes_account]}
  - {name: general, priority: 3}
reviews:
  calendar: {chat: always, email: office, other: always}
  judged_within: {chat: 3m, email: 60m, other: 2s}
"""
ORDINARY = "How do I export a list?"
MONEY = "You have charged me twice for the same month, please correct that."
ROUTES = ("safety", "security", "legal", "billing", "technical", "success", "general")
RACES = 1_000


def sure(chat: Chat) -> Answer:
    hint = f" {chat.instructions}" if chat.instructions else ""
    return Answer(f"Answer to: {chat.lines[-1].text}{hint}", 0.95)


def unsure(chat: Chat) -> Answer:
    return Answer(f"Perhaps: {chat.lines[-1].text}", 0.2)


@pytest.fixture(scope="module")
def staffed(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """A floor with its worker at work."""
    folder = tmp_path_factory.mktemp("examples")
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    with (
        Floor(kafka_bootstrap, folder.name, folder) as made,
        made.worker("--agents", "tickets", policy=policy),
    ):
        yield made


@pytest.fixture
def floor(staffed: Floor) -> Iterator[Floor]:
    """The floor with the worker, on which nobody else is left of another test."""
    yield staffed
    staffed.clear()


@pytest.fixture
def idle(kafka_bootstrap: str, unique: str, tmp_path: Path) -> Iterator[Floor]:
    """A floor without a worker: no decision ever comes."""
    with Floor(kafka_bootstrap, unique, tmp_path) as made:
        yield made


def said(platform: Platform, ticket_id: str) -> list[tuple[str, str]]:
    """What the customer has seen, and said."""
    return [(str(line.role), line.text) for line in platform.chats[ticket_id].lines]


def speakers(platform: Platform, ticket_id: str) -> list[str]:
    return [role for role, _text in said(platform, ticket_id)]


def test_a_notice_says_how_long_it_takes_or_when_somebody_is_there() -> None:
    waits = CustomerNotice("handoff_legal", "en", expected_wait=5 * 60_000)
    assert worded(waits) == "Our legal team will answer you in person. It will take about 5 min."
    monday = 1_767_600_000_000
    closed = CustomerNotice("handoff_closed", "en", None, monday, callback=True)
    assert worded(closed).endswith("back on Monday at 08:00 UTC. Shall we call you back?")


def test_an_answer_goes_out_once_the_message_and_the_draft_are_let_through(floor: Floor) -> None:
    platform = floor.platform(sure)
    platform.customer_says("reply", ORDINARY)
    assert speakers(platform, "reply") == ["customer"]
    until(lambda: len(said(platform, "reply")) == 2, platform)
    assert said(platform, "reply")[1] == ("ai", f"Answer to: {ORDINARY}")
    platform.customer_says("reply", "And how do I rename it?")
    until(lambda: len(said(platform, "reply")) == 4, platform)


def test_a_platform_without_drafts_sends_after_one_decision(floor: Floor) -> None:
    platform = floor.platform(sure, drafts=False)
    platform.customer_says("no-drafts", ORDINARY)
    until(lambda: len(said(platform, "no-drafts")) == 2, platform)
    assert not platform.is_waiting


def test_only_the_answer_to_the_customers_last_message_goes_out(floor: Floor) -> None:
    platform = floor.platform(sure)
    platform.customer_says("twice", ORDINARY)
    platform.customer_says("twice", "Sorry, I meant: how do I import one?")
    until(lambda: len(said(platform, "twice")) == 3, platform)
    settle(0.5, platform)
    assert said(platform, "twice")[2:] == [
        ("ai", "Answer to: Sorry, I meant: how do I import one?")
    ]


def test_a_handoff_of_every_step_from_collecting_to_the_hand_back(floor: Floor) -> None:
    platform, desk = floor.platform(sure), floor.desk("billing", "ann")
    platform.customer_says("money", MONEY)
    until(lambda: "money" in desk.open and len(said(platform, "money")) == 3, platform, desk)
    notice, collecting = said(platform, "money")[1:]
    assert notice[0] == "system"
    assert notice[1].startswith("A colleague takes over and will answer you here.")
    assert collecting == ("ai", "To help my colleague, please tell me: order, amount.")

    platform.customer_says("money", "The order is 7710-2231.")
    until(lambda: len(said(platform, "money")) == 5, platform)
    assert said(platform, "money")[4] == ("ai", "To help my colleague, please tell me: amount.")

    until(lambda: desk.package("money") is not None, desk)
    with pytest.raises(Refused, match="accept it first"):
        desk.reply("money", "Hello")
    desk.accept("money")
    until(lambda: desk.open["money"].owner_id == "ann", desk)
    platform.customer_says("money", "It was 12.50 euros.")
    until(lambda: not platform.is_waiting, platform)
    desk.reply("money", "You have it back by Friday.")
    until(lambda: said(platform, "money")[-1] == ("human", "You have it back by Friday."), platform)
    assert len(said(platform, "money")) == 7, "silence while a person has it"

    platform.customer_says("money", "Great. And how do I export a list?")
    until(lambda: not platform.is_waiting, platform)
    desk.judge("money", Verdict(needed=True))
    desk.hand_back("money", "Say where the export is.")
    until(
        lambda: "money" not in desk.open and speakers(platform, "money")[-1] == "ai", platform, desk
    )
    assert said(platform, "money")[-1][1].endswith("Say where the export is.")
    outcome = outcomes(floor, "money")[-1]
    assert (outcome.outcome, outcome.verdict) == ("handed_back", Verdict(needed=True))
    assert violations(floor, "money") == 0


@pytest.mark.parametrize("outcome", [DraftOutcome.APPROVED, DraftOutcome.EDITED])
def test_a_reviewed_draft_goes_out(floor: Floor, outcome: DraftOutcome) -> None:
    platform, desk, ticket_id = floor.platform(unsure), floor.desk("general", "ben"), outcome.value
    text = "Under File, Export." if outcome is DraftOutcome.EDITED else None
    platform.customer_says(ticket_id, ORDINARY)
    review_id = waiting(ticket_id, platform, desk)
    assert speakers(platform, ticket_id) == ["customer"]
    desk.review(review_id, outcome, text)
    until(lambda: len(said(platform, ticket_id)) == 2, platform)
    assert said(platform, ticket_id)[1] == ("ai", text or f"Perhaps: {ORDINARY}")
    with pytest.raises(Refused, match="no draft"):
        desk.review(review_id, outcome)
    assert violations(floor, ticket_id) == 0


def test_a_rejected_draft_is_a_persons_ticket(floor: Floor) -> None:
    platform, desk = floor.platform(unsure), floor.desk("general", "ben")
    platform.customer_says("rejected", ORDINARY)
    desk.review(waiting("rejected", platform, desk), DraftOutcome.REJECTED)
    until(lambda: "rejected" in desk.open, platform, desk)
    assert "review_rejected" in desk.open["rejected"].reason_codes
    assert "ai" not in speakers(platform, "rejected")


def test_a_draft_that_nobody_judges_is_never_sent(floor: Floor) -> None:
    platform, desk = floor.platform(unsure), floor.desk("general", "ben")
    platform.customer_says("expired", ORDINARY, channel="app")
    review_id = waiting("expired", platform, desk)
    until(lambda: "expired" in desk.open, platform, desk)
    assert "review_unanswered" in desk.open["expired"].reason_codes
    until(lambda: review_id not in desk.reviews, desk)
    settle(0.3, platform)
    assert "ai" not in speakers(platform, "expired")


def test_a_newer_message_voids_the_draft_under_review(floor: Floor) -> None:
    platform, desk = floor.platform(unsure), floor.desk("general", "ben")
    platform.customer_says("newer", ORDINARY)
    review_id = waiting("newer", platform, desk)
    voided = desk.reviews[review_id].draft_id
    platform.customer_says("newer", "I mean as a table.")
    until(
        lambda: review_id in desk.reviews and desk.reviews[review_id].draft_id != voided,
        platform,
        desk,
    )
    desk.review(review_id, DraftOutcome.APPROVED)
    until(lambda: speakers(platform, "newer")[-1] == "ai", platform)
    assert said(platform, "newer")[-1][1] == "Perhaps: I mean as a table."


def test_a_ticket_is_declined_transferred_and_seen_by_a_desk_that_starts_late(floor: Floor) -> None:
    platform, desk = floor.platform(sure), floor.desk("general", "ben")
    platform.customer_says("moved", "Please let me talk to a person.")
    until(lambda: "moved" in desk.open, platform, desk)
    desk.accept("moved")
    until(lambda: desk.open["moved"].owner_id == "ben", desk)
    desk.decline("moved", "I am at lunch")
    until(lambda: desk.open["moved"].owner_id is None, desk)
    desk.transfer("moved", "billing", "it is about an invoice")
    until(lambda: "moved" not in desk.open, desk)
    late = floor.desk("billing", "cleo")
    until(lambda: "moved" in late.open, late)
    package = late.package("moved")
    assert package is not None
    assert package.package.transcript[0].text == "Please let me talk to a person."
    late.accept("moved")
    until(lambda: late.open["moved"].owner_id == "cleo", late)
    late.resolve("moved", "explained")
    until(lambda: "moved" not in late.open, late)
    late.judge("moved", Verdict(needed=False))
    until(lambda: outcomes(floor, "moved")[-1].verdict == Verdict(needed=False), platform)
    assert "moved" not in floor.desk("billing", "dan").open


def test_of_two_desks_that_accept_at_once_one_has_the_ticket(floor: Floor) -> None:
    platform = floor.platform(sure)
    tickets = [f"race-{number}" for number in range(RACES)]
    for ticket_id in tickets:
        platform.customer_says(ticket_id, "Please let me talk to a person.")
    desks = [floor.desk("general", me) for me in ("eve", "fay")]
    until(lambda: all(set(tickets) <= desk.open.keys() for desk in desks), *desks)

    together = threading.Barrier(len(desks))

    def accept(desk: Desk) -> None:
        for ticket_id in tickets:
            together.wait(PATIENCE)
            desk.accept(ticket_id)

    threads = [threading.Thread(target=accept, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cases = [desks[0].open[ticket_id].escalation_id for ticket_id in tickets]
    until(lambda: sum(len(desk.lost) for desk in desks) >= RACES, *desks)
    settle(0.5, *desks)
    for ticket_id, case in zip(tickets, cases, strict=True):
        owners = {desk.open[ticket_id].owner_id for desk in desks}
        losers = [desk for desk in desks if case in desk.lost]
        assert len(owners) == 1, ticket_id
        assert [desk.lost[case] for desk in losers] == list(owners), ticket_id
        assert [desk.me for desk in losers] != list(owners), ticket_id
    won = [sum(desk.me == desk.open[one].owner_id for one in tickets) for desk in desks]
    assert sum(won) == RACES
    assert all(won), "both should have won some, or it was no race"


@pytest.mark.parametrize("late", list(Late))
def test_without_a_decision_the_platform_does_what_it_was_told(idle: Floor, late: Late) -> None:
    platform = idle.platform(sure, late=late, patience=0.4)
    platform.customer_says("T1", ORDINARY)
    settle(1.5, platform)
    assert speakers(platform, "T1")[1:] == (["ai"] if late is Late.SEND else [])
    with idle.worker("--agents", "tickets"):
        if late is Late.HUMAN:
            desk = idle.desk("general", "ben")
            until(lambda: "T1" in desk.open, platform, desk)
            assert desk.open["T1"].reason_codes == ("gate_timeout",)
            settle(0.3, platform)
            assert speakers(platform, "T1") == ["customer", "system"]
        else:
            settle(1.5, platform)
            assert speakers(platform, "T1") == ["customer", "ai"]


def test_the_programs_work_in_a_terminal(floor: Floor) -> None:
    chat = subprocess.Popen(
        [sys.executable, "-m", "deploy.examples.chat_terminal"],
        env=floor.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watching = floor.platform(sure)
    desk = floor.desk("security", "gil")
    shown, _ = chat.communicate(
        "tty Somebody else has logged in to my account!\n", timeout=PATIENCE
    )
    assert "tty system: A colleague takes over" in shown
    until(lambda: "tty" in desk.open, desk, watching)
    commands = "list\nshow tty\naccept nothing\naccept tty\nwait 2\nreply tty I look at it now.\n"
    at_desk = subprocess.run(
        [
            sys.executable,
            "-m",
            "deploy.examples.desk_terminal",
            "--route",
            "security",
            "--me",
            "gil",
        ],
        env=floor.variables,
        input=commands + "verdict tty needed\nresolve tty secured\nwait 2\nlist\nhelp\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "Somebody else has logged in to my account!" in at_desk.stdout
    assert "nothing is not open on security" in at_desk.stdout
    until(lambda: "tty" not in desk.open, desk)
    assert outcomes(floor, "tty")[-1].resolution_path == "secured"


def test_a_day_of_our_own_conversations_ends_with_nothing_open(idle: Floor) -> None:
    day = talks(0, Path("none"))[:25]
    names = {talk.name for talk in day}
    with idle.worker("--agents", "tickets"):
        people = [Person(idle.desk(route, f"{route}-desk")) for route in ROUTES]
        live(idle.platform(Ai(day), patience=60.0), people, day, longest=120)
    decisions = [one for one in idle.read("support.decisions") if isinstance(one, Decision)]
    assert {one.ticket_id for one in decisions} == names
    assert {str(one.action) for one in decisions} >= {"reply", "handoff", "silent"}
    assert not any(one.contract_violation for one in decisions)
    cases = {one.escalation_id for one in decisions} - {None}
    assert {one.escalation_id for one in outcomes(idle, *names)} >= cases


def waiting(ticket_id: str, platform: Platform, desk: Desk) -> str:
    """The review of the ticket's draft, once it waits."""

    def found() -> list[str]:
        return [one for one, review in desk.reviews.items() if review.ticket_id == ticket_id]

    until(lambda: bool(found()), platform, desk)
    return found()[0]


def outcomes(floor: Floor, *ticket_ids: str) -> list[TicketOutcome]:
    found = floor.read("support.outcomes")
    return [one for one in found if isinstance(one, TicketOutcome) and one.ticket_id in ticket_ids]


def violations(floor: Floor, ticket_id: str) -> int:
    """Answers that went out against a decision."""
    found = floor.read("support.decisions")
    ours = [one for one in found if isinstance(one, Decision) and one.ticket_id == ticket_id]
    assert ours
    return sum(one.contract_violation for one in ours)
