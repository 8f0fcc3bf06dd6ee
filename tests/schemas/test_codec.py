"""JSON records are read whole or refused with a reason, and written with CloudEvents headers."""

import json
import re
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bad_record import BadRecordCode
from schemas.codec import BadRecord, Codec, Encoded, Format, Tombstone
from schemas.envelope import ENVELOPES
from schemas.records import (
    Action,
    Anomaly,
    AnomalyState,
    Cause,
    ConversationMessage,
    DeadLetter,
    Decision,
    Header,
    Mode,
    Reason,
    Role,
    RouteStatus,
    TicketUpdate,
    UpdateKind,
    UsedInputs,
)
from schemas.topics import RECORD_TYPES

NOW = 1_750_000_000_123
DAY = 86_400_000
CONVERSATIONS = "support.conversations"
CODEC = Codec()

MINIMAL: dict[str, object] = {
    "message_id": "m-1",
    "ticket_id": "t-1",
    "role": "customer",
    "text": "My invoice is wrong",
    "sent_at": NOW,
}
UPDATE: dict[str, object] = {
    "type": "TicketUpdate",
    "update_id": "u-1",
    "ticket_id": "t-1",
    "kind": "opened",
    "occurred_at": NOW,
}
DECISION = Decision(
    decision_id="d-1",
    ticket_id="t-ü",
    cause=Cause.MESSAGE,
    subject_id="m-1",
    sequence=1,
    decided_at=NOW,
    action=Action.HANDOFF,
    tier=2,
    category="billing",
    used=UsedInputs(policy="default@1", model="m1", segment="default", clock=NOW),
    reasons=(Reason(code="billing", tier=2, score=0.9, threshold=0.5, mode=Mode.ADVISE),),
)


def refusal(
    value: bytes | None, topic: str = CONVERSATIONS, timestamp: int | None = None
) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        CODEC.decode(topic, value, (), timestamp)
    return caught.value


def refusal_of(changes: dict[str, object], timestamp: int | None = None) -> BadRecord:
    return refusal(json.dumps(MINIMAL | changes).encode(), timestamp=timestamp)


def test_the_parts_of_a_list_are_events_of_their_own() -> None:
    first = Anomaly(
        "an-1", AnomalyState.RESOLVED, 4, "x", "technical", NOW, NOW, NOW, NOW, 3, 0.0, 0.0
    )  # fmt: skip
    parts = (first, msgspec.structs.replace(first, part=2))
    ids = [dict(CODEC.encode(part).headers)["ce_id"] for part in parts]
    assert ids == [b"an-1:4", b"an-1:4.2"]


def test_every_record_type_has_an_envelope_of_its_own_fields() -> None:
    assert set(ENVELOPES) == set(RECORD_TYPES)
    for record, envelope in ENVELOPES.items():
        assert set(envelope[:3]) <= set(record.__struct_fields__)
        assert envelope.revision is None or hasattr(record, envelope.revision)


def test_a_minimal_message_needs_no_type() -> None:
    record = CODEC.decode(CONVERSATIONS, json.dumps(MINIMAL).encode())
    assert record == ConversationMessage(
        message_id="m-1",
        ticket_id="t-1",
        role=Role.CUSTOMER,
        text="My invoice is wrong",
        sent_at=NOW,
    )


def test_the_member_type_names_the_record() -> None:
    record = CODEC.decode(CONVERSATIONS, json.dumps(UPDATE).encode(), None)
    assert record == TicketUpdate(
        update_id="u-1", ticket_id="t-1", kind=UpdateKind.OPENED, occurred_at=NOW
    )


@pytest.mark.parametrize("name", [b"baton.support.TicketUpdate", b"TicketUpdate"])
def test_the_header_names_the_record(name: bytes) -> None:
    bare = {member: value for member, value in UPDATE.items() if member != "type"}
    headers = [("other", None), ("ce_type", name)]
    assert isinstance(CODEC.decode(CONVERSATIONS, json.dumps(bare).encode(), headers), TicketUpdate)


@pytest.mark.parametrize("name", [b"baton.support.Decision", b"com.example.chat", b"\xff", None])
def test_a_header_that_names_another_record_is_refused(name: bytes | None) -> None:
    with pytest.raises(BadRecord, match="ConversationMessage and TicketUpdate") as caught:
        CODEC.decode(CONVERSATIONS, json.dumps(MINIMAL).encode(), [("ce_type", name)])
    assert caught.value.code == BadRecordCode.UNKNOWN_RECORD


def test_an_update_that_does_not_name_itself_is_told_to() -> None:
    unnamed = {"update_id": "u1", "ticket_id": "T1", "kind": "resolved", "occurred_at": NOW}
    with pytest.raises(BadRecord, match="was read as ConversationMessage; name TicketUpdate") as it:
        Codec().decode("support.conversations", json.dumps(unnamed).encode())
    assert it.value.code == BadRecordCode.MISSING_ID
    named = unnamed | {"type": "TicketUpdate"}
    assert isinstance(
        Codec().decode("support.conversations", json.dumps(named).encode()), TicketUpdate
    )


def test_a_members_type_that_contradicts_the_header_is_refused() -> None:
    headers = [("ce_type", b"ConversationMessage")]
    with pytest.raises(BadRecord) as caught:
        CODEC.decode(CONVERSATIONS, json.dumps(UPDATE).encode(), headers)
    assert caught.value.code == BadRecordCode.UNKNOWN_RECORD


def test_unknown_members_are_passed_over() -> None:
    assert CODEC.decode(CONVERSATIONS, json.dumps(MINIMAL | {"new": [1]}).encode())


def test_a_route_topic_carries_escalations() -> None:
    bad = refusal(json.dumps(MINIMAL).encode(), topic="support.escalations.billing")
    assert "escalation_id" in str(bad)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, BadRecordCode.EMPTY),
        (b"", BadRecordCode.EMPTY),
        (b"hello", BadRecordCode.NOT_DECODABLE),
        (b'{"message_id":', BadRecordCode.NOT_DECODABLE),
        (b'{"message_id": "\xff"}', BadRecordCode.NOT_DECODABLE),
        (b'{"message_id": "\\ud800"}', BadRecordCode.MISSING_ID),
        (b"[]", BadRecordCode.WRONG_TYPE),
        (b"null", BadRecordCode.WRONG_TYPE),
        (b'{"type": "Decision"}', BadRecordCode.UNKNOWN_RECORD),
        (b'{"type": 3}', BadRecordCode.UNKNOWN_RECORD),
        (b'{"ticket_id": "t-1"}', BadRecordCode.MISSING_ID),
        (b'{"x": ' * 100_000, BadRecordCode.TOO_DEEP),
        (b'{"x":' + b"[" * 100_000, BadRecordCode.TOO_DEEP),
        (b"[" * 100_000, BadRecordCode.WRONG_TYPE),
        (b"\x00\x00\x00\x00\x01", BadRecordCode.UNKNOWN_SCHEMA),
        (b"\x00", BadRecordCode.UNKNOWN_SCHEMA),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(value: bytes, code: BadRecordCode) -> None:
    bad = refusal(value)
    assert bad.code == code
    assert 10 < len(str(bad)) < 500


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"message_id": ""}, BadRecordCode.MISSING_ID),
        ({"tenant": ""}, BadRecordCode.MISSING_ID),
        ({"ticket_id": "t" * 257}, BadRecordCode.ID_TOO_LONG),
        ({"account_id": "a" * 100_000}, BadRecordCode.ID_TOO_LONG),
        ({"sent_at": NOW // 1000}, BadRecordCode.INSANE_TIME),
        ({"sent_at": NOW * 1000}, BadRecordCode.INSANE_TIME),
        ({"sent_at": -1}, BadRecordCode.INSANE_TIME),
        ({"sent_at": 10**30}, BadRecordCode.INSANE_TIME),
        ({"sent_at": "2025-06-15T15:06:40Z"}, BadRecordCode.WRONG_TYPE),
        ({"role": "unknown"}, BadRecordCode.UNKNOWN_SYMBOL),
        ({"role": "robot"}, BadRecordCode.UNKNOWN_SYMBOL),
        ({"text": None}, BadRecordCode.WRONG_TYPE),
        ({"confidence": float("nan")}, BadRecordCode.NOT_DECODABLE),
    ],
)
def test_a_message_that_cannot_be_is_refused(
    changes: dict[str, object], code: BadRecordCode
) -> None:
    assert refusal_of(changes).code == code


def test_parts_are_looked_at_too() -> None:
    context = {"source": "crm", "as_of": 12}
    bad = refusal(json.dumps(UPDATE | {"kind": "context", "context": context}).encode())
    assert bad.code == BadRecordCode.INSANE_TIME
    assert str(bad).startswith("ContextSection.as_of is 12")


@pytest.mark.parametrize("name", ["open_since", "paused_since"])
def test_how_long_a_merged_ticket_was_open_is_looked_at_too(name: str) -> None:
    merged = {"ticket_id": "t-2", "opened_at": NOW, name: 0}
    bad = refusal(json.dumps(UPDATE | {"kind": "merged_from", "merged": merged}).encode())
    assert bad.code == BadRecordCode.INSANE_TIME


@pytest.mark.parametrize(
    ("topic", "record", "member"),
    [
        (CONVERSATIONS, MINIMAL, "account_id"),
        (CONVERSATIONS, MINIMAL, "in_reply_to"),
        (CONVERSATIONS, UPDATE, "actor_id"),
        (CONVERSATIONS, UPDATE, "other_ticket_id"),
        (CONVERSATIONS, UPDATE, "route"),
        ("support.accounts", {"account_id": "a1", "updated_at": NOW}, "merged_into"),
    ],
)
def test_an_empty_id_that_a_record_need_not_have_is_none(
    topic: str, record: dict[str, object], member: str
) -> None:
    read = CODEC.read(topic, json.dumps(record | {member: ""}).encode(), (), NOW)
    assert (getattr(read.record, member), getattr(read.said, member)) == (None, "")


def test_an_empty_id_beside_a_time_that_cannot_be_is_none_too() -> None:
    told = MINIMAL | {"account_id": "", "sent_at": 1}
    message = CODEC.decode(CONVERSATIONS, json.dumps(told).encode(), (), NOW)
    assert isinstance(message, ConversationMessage)
    assert (message.account_id, message.sent_at) == (None, NOW)


@pytest.mark.parametrize("number", [2**63, -(2**64), 10**30])
@pytest.mark.parametrize(
    ("topic", "record", "member"),
    [
        (CONVERSATIONS, MINIMAL, "attachments"),
        (CONVERSATIONS, UPDATE, "revision"),
        ("support.accounts", {"account_id": "a1", "updated_at": NOW}, "seats"),
    ],
)
def test_a_whole_number_that_avro_has_no_room_for_is_refused(
    number: int, topic: str, record: dict[str, object], member: str
) -> None:
    pictures = [{"media_type": "image/png", "size_bytes": number}]
    told = {member: pictures if member == "attachments" else number}
    value = json.dumps(record | told).encode()
    assert refusal(value, topic).code == BadRecordCode.INSANE_NUMBER


def test_an_update_of_unknown_kind_is_refused() -> None:
    bad = refusal(json.dumps(UPDATE | {"kind": "unknown"}).encode())
    assert bad.code == BadRecordCode.UNKNOWN_SYMBOL


@pytest.mark.parametrize("time", [0, -1, NOW // 1000, NOW * 1000, NOW + DAY + 1, 4_070_908_800_000])
@pytest.mark.parametrize("fields", [MINIMAL, UPDATE])
def test_a_time_that_cannot_be_gives_way_to_the_records_own(
    fields: dict[str, object], time: int
) -> None:
    name = "sent_at" if fields is MINIMAL else "occurred_at"
    value = json.dumps(fields | {name: time}).encode()
    assert getattr(CODEC.decode(CONVERSATIONS, value, (), NOW), name) == NOW
    # Whatever else is wrong with it stays wrong.
    value = json.dumps(fields | {name: time, "ticket_id": ""}).encode()
    assert refusal(value, timestamp=NOW).code == BadRecordCode.MISSING_ID


def test_a_time_before_the_time_stamp_or_without_one_is_as_it_is() -> None:
    value = json.dumps(MINIMAL).encode()
    for timestamp in (NOW - DAY, NOW + 400 * DAY, -1, 0, None):
        record = CODEC.decode(CONVERSATIONS, value, (), timestamp)
        assert isinstance(record, ConversationMessage)
        assert record.sent_at == NOW


def test_a_time_stamp_in_another_unit_is_refused() -> None:
    assert refusal_of({}, timestamp=NOW * 1000).code == BadRecordCode.INSANE_TIME


def test_a_dead_letter_may_tell_of_an_insane_time() -> None:
    letter = DeadLetter(
        dead_letter_id="x",
        topic=CONVERSATIONS,
        partition=0,
        offset=1,
        error_code="insane_time",
        error="The time stamp is 9.",
        failed_at=NOW,
        agent="tickets",
        recorded_at=9,
        value=b"\x00\xff",
        headers=(Header(name="a", value=b"\xfe"), Header(name="b")),
    )
    encoded = CODEC.encode(letter)
    assert encoded.topic == "support.dead-letters"
    assert CODEC.decode(encoded.topic, encoded.value, encoded.headers, 9) == letter


def test_an_answer_that_names_a_problem_of_any_length_is_refused() -> None:
    answer = {"action_id": "a", "anomaly_id": "x", "kind": "mute", "occurred_at": NOW}
    value = json.dumps(answer | {"fingerprint": "f" * 900_000}).encode()
    assert refusal(value, topic="support.anomaly-actions").code == BadRecordCode.ID_TOO_LONG


def test_a_strange_topic_is_refused() -> None:
    assert refusal(b"{}", topic="orders").code == BadRecordCode.UNKNOWN_TOPIC


def test_a_decision_comes_back_as_it_went_with_its_headers() -> None:
    encoded = CODEC.encode(DECISION, traceparent="00-abc-def-01")
    assert encoded.topic == "support.decisions"
    assert encoded.key == "t-ü".encode()
    assert dict(encoded.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"d-1",
        "ce_type": b"baton.support.Decision",
        "ce_source": b"/baton",
        "ce_subject": "t-ü".encode(),
        "ce_time": b"2025-06-15T15:06:40.123Z",
        "content-type": b"application/json",
        "traceparent": b"00-abc-def-01",
    }
    assert len(encoded.headers) == 8
    assert CODEC.decode(encoded.topic, encoded.value, encoded.headers, NOW) == DECISION


def test_records_of_one_thing_have_ids_of_their_own() -> None:
    ids = {
        dict(CODEC.encode(RouteStatus(route="billing", open=True, updated_at=at)).headers)["ce_id"]
        for at in (NOW, NOW + 1)
    }
    assert ids == {b"billing:1750000000123", b"billing:1750000000124"}


@pytest.mark.parametrize("time", [-1, 253_402_300_800_000, 2**63 - 1])
def test_an_event_at_an_unwritable_time_has_no_ce_time(time: int) -> None:
    headers = dict(CODEC.encode(msgspec.structs.replace(DECISION, decided_at=time)).headers)
    assert "ce_time" not in headers


@given(st.integers(0, 253_402_300_799_999))
def test_ce_time_is_the_events_time_as_rfc_3339_writes_it(time: int) -> None:
    headers = dict(CODEC.encode(msgspec.structs.replace(DECISION, decided_at=time)).headers)
    expected = datetime(1970, 1, 1) + timedelta(milliseconds=time)
    assert headers["ce_time"] == f"{expected.isoformat(timespec='milliseconds')}Z".encode()


def test_headers_are_not_shared_between_records() -> None:
    CODEC.encode(DECISION).headers.append(("more", b""))
    assert "more" not in dict(CODEC.encode(DECISION).headers)


def test_a_tombstone_has_a_key_and_no_value() -> None:
    encoded = CODEC.encode(Tombstone(topic="support.open-escalations", key="t-1"))
    assert encoded == Encoded("support.open-escalations", b"t-1", None, [])


def test_writing_avro_needs_a_registry() -> None:
    with pytest.raises(ValueError, match="needs a schema registry"):
        Codec(Format.AVRO)


SANE = st.text(max_size=40)


@given(text=SANE, subject=st.none() | SANE, attributes=st.dictionaries(SANE, SANE, max_size=3))
def test_text_comes_back_as_it_went(
    text: str, subject: str | None, attributes: dict[str, str]
) -> None:
    message = ConversationMessage(
        message_id="m",
        ticket_id="t",
        role=Role.AI,
        text=text,
        sent_at=NOW,
        subject=subject,
        attributes=attributes,
    )
    encoded = CODEC.encode(message)
    assert CODEC.decode(encoded.topic, encoded.value, encoded.headers) == message


@pytest.mark.parametrize("confidence", [-1, 1.01, 95])
def test_a_confidence_of_the_ai_that_is_no_share_is_refused(confidence: float) -> None:
    value = json.dumps({**MINIMAL, "role": "ai", "confidence": confidence}).encode()
    with pytest.raises(BadRecord, match=r"ConversationMessage.confidence is .*0-1") as refused:
        CODEC.decode(CONVERSATIONS, value)
    assert refused.value.code == BadRecordCode.INSANE_NUMBER


def test_a_score_of_satisfaction_that_is_no_share_is_refused() -> None:
    value = json.dumps({**UPDATE, "kind": "csat", "csat": {"score": 5}}).encode()
    with pytest.raises(BadRecord, match=r"Csat\.score is 5"):
        CODEC.decode(CONVERSATIONS, value)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\uDE00 and \ud83d\ude00", "\ufffd and \U0001f600"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud83d \udead", "\\ud83d \ufffd"),
    ],
)
def test_a_customers_message_is_not_lost_for_half_an_emoji(escaped: str, text: str) -> None:
    value = json.dumps(MINIMAL | {"text": "?"}).replace("?", escaped).encode()
    message = CODEC.decode(CONVERSATIONS, value)
    assert isinstance(message, ConversationMessage)
    assert message.text == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso8859-5"])
def test_a_customers_message_in_another_encoding_is_read_but_for_what_is_not_ascii(
    encoding: str,
) -> None:
    said = {"latin-1": "zur\u00fcck", "cp1252": "zur\u00fcck \u20ac", "iso8859-5": "\u0434\u0430!"}
    value = json.dumps(MINIMAL | {"text": said[encoding]}, ensure_ascii=False).encode(encoding)
    message = CODEC.decode(CONVERSATIONS, value)
    assert isinstance(message, ConversationMessage)
    assert message.ticket_id == MINIMAL["ticket_id"]
    assert message.text == re.sub(r"[^\x00-\x7f]", "\ufffd", said[encoding])


def test_an_id_that_is_not_utf_8_is_refused_and_so_is_what_is_said_elsewhere() -> None:
    value = json.dumps(MINIMAL | {"ticket_id": "\u00e9"}, ensure_ascii=False).encode("latin-1")
    with pytest.raises(BadRecord) as refused:
        CODEC.decode(CONVERSATIONS, value)
    assert refused.value.code == BadRecordCode.NOT_DECODABLE
    profile = b'{"account_id": "a1", "updated_at": 1767603600000, "name": "Jos\xe9"}'
    with pytest.raises(BadRecord) as refused:
        CODEC.decode("support.accounts", profile)
    assert refused.value.code == BadRecordCode.NOT_DECODABLE


def test_a_customers_message_is_not_lost_for_a_confidence() -> None:
    value = json.dumps({**MINIMAL, "confidence": -1}).encode()
    assert CODEC.decode(CONVERSATIONS, value).confidence == -1  # type: ignore[attr-defined]
