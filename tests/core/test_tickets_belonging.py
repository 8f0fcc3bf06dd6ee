"""Whose ticket it is, when accounts and people become known late or are corrected."""

from schemas.records import AccountActivity, UpdateKind
from tests.core.conversation import Conversation


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
