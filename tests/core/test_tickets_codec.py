"""A ticket's state as bytes."""

import pytest

from detectors.signals import Found, Signals
from schemas.records import ConversationMessage, MessageStatus, Role, UpdateKind, Visibility
from streams.core.tickets import decode_ticket, encode_ticket
from streams.core.tickets.known import fingerprint
from tests.core.conversation import Conversation, scores


def busy() -> Conversation:
    talk = Conversation(
        requester_id="requester-6f1c2a", author_id="requester-6f1c2a", account_id="account-0042"
    )
    for number in range(3):
        gist = tuple(range(number * 10, number * 10 + 12))
        found = (Found("order", f"A-{number}", (0, 3)),)
        talk.customer(f"question {number}", Signals(gist=gist, entities=found))
        talk.ai("Which version is it?", confidence=0.9)
    return talk


def test_a_state_survives_its_bytes() -> None:
    talk = busy()
    talk.customer("a person please", scores(human_request=0.9))
    talk.update(UpdateKind.ACCEPTED, actor_id="p1")
    assert decode_ticket(encode_ticket(talk.ticket)) == talk.ticket


def test_a_ticket_of_six_messages_stays_under_a_kibibyte() -> None:
    assert len(encode_ticket(busy().ticket)) < 1024


def test_what_a_message_is_known_by_is_the_same_in_every_version() -> None:
    said = ConversationMessage("m1", "T1", Role.CUSTOMER, "Grüße \ud800", 0)
    draft = ConversationMessage(
        *("m1", "T1", Role.AI, "Hi", 0),
        visibility=Visibility.INTERNAL,
        status=MessageStatus.DRAFT,
        draft_id="d1",
    )
    # Stored states hold these numbers: with others, all that comes twice would count twice.
    assert fingerprint(said) == 3728224184695245934
    assert fingerprint(draft) == 7615901311675500445


@pytest.mark.parametrize("data", [b"", b"\x02\x90", b"\x01\x00", b"\x01"])
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode_ticket(data)
