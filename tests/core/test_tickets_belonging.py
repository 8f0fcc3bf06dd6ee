"""Whose ticket it is, when accounts and people become known late or are corrected."""

import pytest

from detectors.signals import Fingerprint, Signals
from schemas.records import (
    AccountActivity,
    AccountSnapshot,
    ConversationMessage,
    ProblemReport,
    Role,
    UpdateKind,
)
from tests.core.conversation import DAY, START, Conversation, scores


def told_of(talk: Conversation) -> list[tuple[str, str | None, str | None]]:
    return [(one.kind, one.account_id, one.requester_id) for one in talk.new(AccountActivity)]


def test_a_message_takes_a_known_ticket_to_no_other_account() -> None:
    talk = Conversation()
    talk.customer(requester_id=None)
    talk.customer(account_id="a2", requester_id="r2")
    assert (talk.ticket.account_id, talk.ticket.requester_id) == ("a1", "r2")
    assert talk.decision.account_id == "a1"


def test_a_message_makes_a_known_ticket_no_other_persons() -> None:
    talk = Conversation()
    talk.customer(account_id=None)
    talk.customer(account_id="a2", requester_id="r2")
    assert (talk.ticket.account_id, talk.ticket.requester_id) == ("a2", "r1")


def test_a_ticket_whose_requester_becomes_known_stays_in_its_accounts_history() -> None:
    talk = Conversation()
    talk.customer(requester_id=None)
    talk.customer()
    assert told_of(talk) == [("message", "a1", "r1")]


def test_who_corrects_only_the_requester_leaves_the_account_and_the_other_way_round() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.IDENTIFIED, requester_id="r2")
    assert (talk.ticket.account_id, talk.ticket.requester_id) == ("a1", "r2")
    talk.update(UpdateKind.IDENTIFIED, account_id="a2")
    assert (talk.ticket.account_id, talk.ticket.requester_id) == ("a2", "r2")


@pytest.mark.parametrize(
    ("account_id", "account", "asks"),
    [
        ("a1", None, True),
        ("a1", AccountSnapshot("a1", START), True),
        ("a1", AccountSnapshot("a1", START, health_as_of=START), False),
        (None, None, False),
    ],
)
def test_a_handoff_asks_for_the_history_of_an_account_where_none_is_known(
    account_id: str | None, account: AccountSnapshot | None, asks: bool
) -> None:
    talk = Conversation(account, account_id=account_id)
    talk.customer("a person, please", scores(human_request=0.9))
    escalated = talk.new(AccountActivity)[-1]
    assert (escalated.kind, escalated.lacks_history) == ("escalated", asks)


def test_a_message_that_says_it_is_of_tomorrow_counts_as_of_now() -> None:
    talk = Conversation()
    talk.customer()
    message = ConversationMessage("m", "T1", Role.CUSTOMER, "It fails.", START + DAY)
    talk.apply(message, Signals(fingerprint=Fingerprint("f", 1, "t")))
    [report], [activity] = talk.new(ProblemReport), talk.new(AccountActivity)
    assert (report.occurred_at, activity.occurred_at) == (START, START)


def test_a_closed_ticket_whose_account_becomes_known_is_no_open_one_of_that_account() -> None:
    talk = Conversation(account_id=None)
    talk.customer()
    talk.update(UpdateKind.RESOLVED)
    talk.wait(DAY)
    talk.update(UpdateKind.IDENTIFIED, account_id="a1")
    assert told_of(talk) == [("left", None, "r1"), ("opened", "a1", "r1"), ("resolved", "a1", "r1")]


def test_an_account_that_becomes_known_hears_that_a_person_was_called_and_has_answered() -> None:
    talk = Conversation(account_id=None)
    talk.customer("a person, please", scores(human_request=0.9))
    talk.wait(60_000)
    waiting = Conversation(account_id=None)
    waiting.customer("a person, please", scores(human_request=0.9))
    waiting.update(UpdateKind.IDENTIFIED, account_id="a1")
    assert [one[0] for one in told_of(waiting)] == ["left", "opened", "escalated"]
    assert [one.lacks_history for one in waiting.new(AccountActivity)] == [False, False, True]
    talk.human()
    talk.wait(DAY)
    talk.update(UpdateKind.IDENTIFIED, account_id="a1")
    *_, answered = talk.new(AccountActivity)
    assert [one[0] for one in told_of(talk)] == ["left", "opened", "escalated", "answered"]
    assert answered.waited == 60_000
