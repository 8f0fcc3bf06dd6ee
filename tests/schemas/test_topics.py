"""The table of topics is whole, and every record finds its topic, key and partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.partitioner import murmur2
from schemas.records import (
    AccountActivity,
    Action,
    ActivityKind,
    Anomaly,
    AnomalyState,
    Cause,
    Decision,
    EscalationChange,
    EscalationUpdate,
    Mode,
    PolicyEntry,
    PolicyVersion,
    Record,
    TicketUpdate,
    UpdateKind,
    UsedInputs,
)
from schemas.topic import DAY_MS
from schemas.topics import (
    RECORD_TYPES,
    ROUTES,
    TOPICS,
    Topic,
    find_topic,
    key_of,
    partition_of,
    route_topic,
    topic_of,
)

NOW = 1_750_000_000_000
EVERY_TOPIC = (*TOPICS.values(), ROUTES)


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=lambda topic: topic.name)
def test_a_topic_has_a_writer_a_reader_a_key_a_retention_and_a_record(topic: Topic) -> None:
    assert topic.writers
    assert topic.readers
    assert topic.key
    assert topic.about.endswith(".")
    assert topic.partitions > 0
    assert topic.records
    assert topic.retention_ms or topic.max_compaction_lag_ms == DAY_MS


def test_every_record_type_has_a_topic() -> None:
    assert set(RECORD_TYPES) == set(Record.__subclasses__())


def test_copartitioned_topics_have_equal_partition_counts() -> None:
    counts: dict[str, set[int]] = {}
    for topic in EVERY_TOPIC:
        if topic.copartitioned:
            counts.setdefault(topic.copartitioned, set()).add(topic.partitions)
    assert set(counts) == {"ticket", "account", "tenant"}
    assert all(len(different) == 1 for different in counts.values())


def test_customer_text_stays_thirty_days_and_dead_letters_seven() -> None:
    texts = ("support.conversations", "support.reviews", "support.problem-reports")
    assert {TOPICS[name].retention_ms for name in texts} == {30 * DAY_MS}
    assert ROUTES.retention_ms == 30 * DAY_MS
    assert TOPICS["support.dead-letters"].retention_ms == 7 * DAY_MS


def test_a_compacted_topic_forgets_within_a_day() -> None:
    assert TOPICS["support.accounts"].settings == {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "max.compaction.lag.ms": "86400000",
        "delete.retention.ms": "86400000",
    }
    assert TOPICS["support.reviews"].settings == {
        "cleanup.policy": "delete",
        "message.timestamp.type": "CreateTime",
        "retention.ms": "2592000000",
        "segment.ms": "86400000",
    }


def decision(mode: Mode) -> Decision:
    return Decision(
        decision_id="d-1",
        ticket_id="t-1",
        cause=Cause.MESSAGE,
        subject_id="m-1",
        sequence=1,
        decided_at=NOW,
        action=Action.REPLY,
        tier=0,
        category="general",
        used=UsedInputs(policy="default@1", model="m1", segment="default", clock=NOW),
        mode=mode,
    )


def anomaly() -> Anomaly:
    return Anomaly(
        anomaly_id="a-1",
        state=AnomalyState.OPENED,
        revision=1,
        title="Sign-in fails",
        category="technical",
        since=NOW,
        updated_at=NOW,
        window_start=NOW,
        window_end=NOW,
        accounts=12,
        expected=0.5,
        tail_probability=1e-9,
    )


def moved(route: str) -> EscalationUpdate:
    return EscalationUpdate(
        update_id="u-1",
        escalation_id="e-1",
        ticket_id="t-1",
        revision=2,
        change=EscalationChange.MOVED,
        route=route,
        changed_at=NOW,
    )


def policy(entry: PolicyEntry) -> PolicyVersion:
    return PolicyVersion(name="default", version=7, entry=entry, created_at=NOW)


UPDATE = TicketUpdate(update_id="u-1", ticket_id="t-1", kind=UpdateKind.OPENED, occurred_at=NOW)


@pytest.mark.parametrize(
    ("record", "topic", "key"),
    [
        (UPDATE, "support.conversations", "t-1"),
        (decision(Mode.ENFORCE), "support.decisions", "t-1"),
        (decision(Mode.SHADOW), "support.decisions.shadow", "t-1"),
        (anomaly(), "support.anomalies", "a-1"),
        (moved("billing"), "support.escalations.billing", "t-1"),
        (policy(PolicyEntry.VERSION), "support.policies", "default@7"),
        (policy(PolicyEntry.POINTER), "support.policies", "default"),
    ],
)
def test_a_record_knows_its_topic_and_key(record: Record, topic: str, key: str) -> None:
    assert topic_of(record) == topic
    assert key_of(record) == key
    described = find_topic(topic)
    assert described is not None
    assert type(record) in described.records


@pytest.mark.parametrize(
    ("account", "requester", "key"),
    [("acct", "req", "acct"), (None, "req", "req"), (None, None, "t-1")],
)
def test_activity_without_an_account_is_keyed_by_what_is_known(
    account: str | None, requester: str | None, key: str
) -> None:
    activity = AccountActivity(
        activity_id="x",
        ticket_id="t-1",
        kind=ActivityKind.MESSAGE,
        occurred_at=NOW,
        account_id=account,
        requester_id=requester,
    )
    assert key_of(activity) == key


@pytest.mark.parametrize("route", ["", ".", "a b", "a/b", "ü", "x" * 201, "a\n"])
def test_a_route_that_cannot_be_part_of_a_topic_name_is_refused(route: str) -> None:
    with pytest.raises(ValueError, match="cannot name a route"):
        route_topic(route)


def test_a_strange_topic_is_not_ours() -> None:
    assert find_topic("orders") is None
    assert find_topic("support.escalations.billing") is ROUTES


@pytest.mark.parametrize(
    ("key", "expected"),
    [  # Kafka's own UtilsTest.testMurmur2
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected % 2**32


@given(st.binary(max_size=64), st.integers(1, 500))
def test_a_key_lies_on_one_of_the_partitions(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
