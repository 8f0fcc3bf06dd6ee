"""Whatever bytes come, the codec raises nothing but `BadRecord`."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import BadRecord, Codec
from schemas.records import ConversationMessage, Role, RouteStatus
from schemas.topics import TOPICS

NOW = 1_750_000_000_000
CODEC = Codec()
TOPIC_NAMES = st.sampled_from([*TOPICS, "support.escalations.billing", "orders"])

VALID = json.dumps(
    {
        "type": "ConversationMessage",
        "message_id": "m-1",
        "ticket_id": "t-1",
        "role": "customer",
        "text": "The export of réports fails 😀",
        "sent_at": NOW,
        "attachments": [{"media_type": "image/png", "size_bytes": 3}],
        "confidence": 0.5,
        "attributes": {"a": "b"},
    },
    ensure_ascii=False,
).encode()

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [*json.loads(VALID), "kind", "account", "occurred_at"],
)


def feed(topic: str, value: bytes, headers: list[tuple[str, bytes | None]] | None = None) -> None:
    with suppress(BadRecord):
        CODEC.decode(topic, value, headers, NOW)


@given(TOPIC_NAMES, st.binary(max_size=200))
def test_random_bytes(topic: str, value: bytes) -> None:
    feed(topic, value)


@given(st.data())
def test_valid_json_with_bytes_cut_and_changed(data: st.DataObject) -> None:
    value = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(value)))
        end = data.draw(st.integers(start, min(len(value), start + 8)))
        value[start:end] = data.draw(st.binary(max_size=8))
    feed("support.conversations", bytes(value))


@given(TOPIC_NAMES, st.dictionaries(MEMBERS, ANYTHING))
def test_members_of_any_type(topic: str, members: dict[str, object]) -> None:
    feed(topic, json.dumps(members).encode())
    feed(topic, json.dumps(json.loads(VALID) | members).encode())


@given(st.lists(st.tuples(st.sampled_from(["ce_type", "x"]), st.none() | st.binary())))
def test_headers_of_any_bytes(headers: list[tuple[str, bytes | None]]) -> None:
    feed("support.conversations", VALID, headers)


def test_any_number_of_byte_order_marks() -> None:
    for behind in (VALID, VALID[:-1], b"", b"\xff"):
        feed("support.conversations", b"\xef\xbb\xbf" * 3_000 + behind)


def test_huge_numbers() -> None:
    for number in (b"9" * 10_000, b"1e999999", b"-" + b"9" * 400, b"0." + b"1" * 9_999):
        for member in (b"sent_at", b"confidence", b"new"):
            value = VALID[:-1] + b', "' + member + b'": ' + number + b"}"
            feed("support.conversations", value)


def test_deep_nesting() -> None:
    for opening in (b"[", b'{"a":', b'{"attributes":', b'[{"account":'):
        feed("support.conversations", opening * 100_000)
        feed("support.conversations", VALID[:-1] + b', "new": ' + opening * 100_000)


def test_a_byte_order_mark_before_the_json_is_passed_over() -> None:
    message = ConversationMessage("m1", "T1", Role.CUSTOMER, "h\u00e9", 1_767_603_600_000)
    value = b"\xef\xbb\xbf" + msgspec.json.encode(message)
    assert Codec().decode("support.conversations", value) == message


@pytest.mark.parametrize(
    "name", ["agents_available", "queue_depth", "queue_target", "expected_wait"]
)
@pytest.mark.parametrize("number", [-1, 10**300, 2**62])
def test_absurd_numbers_of_a_queue_are_refused(name: str, number: int) -> None:
    status = {"route": "general", "open": True, "updated_at": 1_767_603_600_000, name: number}
    with pytest.raises(BadRecord):
        Codec().decode("support.route-status", json.dumps(status).encode())


def test_an_empty_queue_and_a_wait_of_weeks_are_not_absurd() -> None:
    status = RouteStatus(
        "general", True, 1_767_603_600_000, agents_available=0, expected_wait=30 * 86_400_000
    )
    assert Codec().decode("support.route-status", msgspec.json.encode(status)) == status
