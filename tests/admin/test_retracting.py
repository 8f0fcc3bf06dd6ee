"""What of the dead letters is somebody's who is erased."""

import json

import pytest

from schemas.records import DeadLetter, Header, OpenAlert, Record
from streams.admin.retracting import ERASED, Lying
from streams.alerts.changes import change_of
from streams.alerts.config import AlertsConfig
from streams.reading import Seen
from tests.alerts.samples import anomaly, health, sla

WHO = "staff\\jürgen/😀@example.com"


def letter(value: bytes, header: bytes = b"") -> DeadLetter:
    return DeadLetter(
        "support.conversations/0/7", "support.conversations", 0, 7, "not_decodable", "Not JSON.", 1,
        "tickets", key=b"T", value=value, headers=(Header("from", header),),
    )  # fmt: skip


@pytest.mark.parametrize(
    "one",
    [
        letter(WHO.encode()),
        letter(json.dumps({"requester_id": WHO}).encode()),
        letter(rb'{"requester_id": "staff\\j\u00FCrgen\/\uD83D\uDE00@example.com", '),
        letter(b"", WHO.encode()),
    ],
    ids=["as it is", "in ASCII", "with large digits and escaped slashes", "in a header"],
)
def test_a_dead_letter_is_taken_back_however_its_platform_writes_a_name(one: DeadLetter) -> None:
    lying = Lying(set(), {WHO})
    lying.see(Seen("support.dead-letters", 0, 0, 1, one.dead_letter_id, one))
    [taken_back] = lying.retractions(2)
    assert isinstance(taken_back, DeadLetter)
    assert (taken_back.error_code, taken_back.value, taken_back.headers) == (ERASED, None, ())


@pytest.mark.parametrize("value", [b"nobody", rb"\ud83d jurgen \u00", b"\xff\\u"])
def test_a_dead_letter_of_somebody_else_stays(value: bytes) -> None:
    lying = Lying({"T1"}, {WHO})
    lying.see(Seen("support.dead-letters", 0, 0, 1, "x", letter(value)))
    assert [*lying.retractions(2)] == []


@pytest.mark.parametrize(
    ("value", "is_theirs"),
    [
        (b'{"ticket_id": "1042"}', True),
        (b'{"ticket_id": 1042, ', True),
        (b'[{"message_id": "m/1042/7"}]', True),
        (rb'{"text": "It is\n1042\nstill"}', True),
        (b'{"ticket_id": "77", "sent_at": 1767610421000}', False),
        (b'{"ticket_id": "21042"}', False),
        (b"\x00\x00\x00\x00\x01\x081042H1", True),
    ],
)
def test_a_dead_letter_stays_whose_numbers_only_contain_the_tickets(
    value: bytes, is_theirs: bool
) -> None:
    lying = Lying({"1042"}, set())
    lying.see(Seen("support.dead-letters", 0, 0, 1, "x", letter(value)))
    assert bool([*lying.retractions(2)]) == is_theirs


@pytest.mark.parametrize("record", [sla(), health(), anomaly()])
@pytest.mark.parametrize(
    ("tickets", "people", "is_theirs"),
    [({"T1"}, set(), True), (set(), {"acme"}, True), ({"T"}, {"acm"}, False)],
)
def test_what_a_receiver_of_alerts_was_told_is_counted_as_left(
    record: Record, tickets: set[str], people: set[str], is_theirs: bool
) -> None:
    change = change_of(record, AlertsConfig(receivers=(), routes=()))
    assert change is not None
    topic, lying = "support.open-alerts", Lying(tickets, people)
    lying.see(Seen(topic, 0, 0, 1, "x", OpenAlert("x", "hook", "t", 0, 1, change.alert)))
    assert lying.counts == ({topic: 1} if is_theirs else {})
    assert [*lying.retractions(2)] == []
