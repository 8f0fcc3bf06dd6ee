"""What a copy does with what it reads, without a broker."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.engine import Connection, EngineConfig, Replica, SourceRecord, TopicMismatch
from streams.engine import entries as entries_module
from streams.engine import replica as replica_module
from streams.engine.entries import Entries, entry_key, next_key
from streams.engine.position import encode_offset
from streams.engine.replica import MOST_WAITING
from tests.patience import PATIENCE

TOPIC = "p.copied"


class Message:
    """A message as a consumer gives it, or the end of a partition, or what befell it."""

    def __init__(
        self, key: bytes | None, value: bytes | None, offset: int = 0, error: int | None = None
    ) -> None:
        self._key, self._value, self._offset, self._error = key, value, offset, error

    def key(self) -> bytes | None:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def offset(self) -> int:
        return self._offset

    def partition(self) -> int:
        return 2

    def timestamp(self) -> tuple[int, int]:
        return 1, 77

    def headers(self) -> None:
        return None

    def error(self) -> KafkaError | None:
        return None if self._error is None else KafkaError(self._error)


def end(offset: int) -> Message:
    return Message(None, None, offset, KafkaError._PARTITION_EOF)


def decode(value: bytes) -> str | None:
    return None if value in (b"unreadable", b"") else value.decode()


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Any]:
    config = EngineConfig(Connection("", topic_prefix="p."), "g", (), "s", tmp_path, "A")
    made = Replica(config, TOPIC, decode)
    yield made
    made._thread = None
    made.stop()


def test_each_kind_of_record_changes_what_it_should(copy: Any) -> None:
    """One without a key is passed, one that cannot be read leaves its key as it was."""
    handed: list[SourceRecord] = []
    copy.unreadable = handed.append
    messages = [
        Message(b"a", b"1", 4),
        Message(b"b", None, 5),
        Message(b"c", b"unreadable", 6),
        Message(None, b"2", 7),
    ]
    assert copy._changes(messages, {}) == {
        entry_key(b"a"): b"1",
        entry_key(b"b"): None,
        next_key(2): encode_offset(8),
    }
    assert copy.records == 4
    [record] = handed
    assert (record.topic, record.partition, record.offset) == ("copied", 2, 6)
    assert (record.timestamp, record.key, record.value) == (77, b"c", b"unreadable")


def test_a_partition_is_read_once_its_end_of_the_start_is_reached(copy: Any) -> None:
    """The end that a reader comes to lies lower while a transaction is open."""
    ends = {1: 9, 2: 5}
    copy._changes([end(4)], ends)
    assert ends == {1: 9, 2: 5}
    copy._changes([end(5)], ends)
    assert ends == {1: 9}
    copy._changes([end(6)], ends)
    assert ends == {1: 9}


def test_what_the_client_tries_again_by_itself_is_no_failure(copy: Any) -> None:
    away = Message(None, None, 0, KafkaError._TRANSPORT)
    away.error = lambda: KafkaError(KafkaError._TRANSPORT, "away", False, True)  # type: ignore[method-assign]
    assert copy._changes([away], {}) == {}
    with pytest.raises(KafkaException):
        copy._changes([Message(None, None, 0, KafkaError.TOPIC_AUTHORIZATION_FAILED)], {})


def follow(copy: Any, monkeypatch: pytest.MonkeyPatch, *steps: Any) -> None:
    """Have the copy's thread read these lists of messages, and call what can be called."""
    script = iter(steps)

    def arrived(consumer: object, most: int, timeout: float) -> list[Message]:
        while callable(step := next(script, None)):
            step()
        if step is None:
            copy._stopped.set()
        return step or []

    monkeypatch.setattr(replica_module, "arrived", arrived)
    copy._assign = lambda consumer: {2: 2}
    copy._follow(None)


def test_it_is_complete_at_its_end_and_from_there_on_changes_only_when_it_is_refreshed(
    copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append((copy._complete.is_set(), copy.get("k"), copy.changes))

    first, second = Message(b"k", b"1", 0), Message(b"k", b"2", 1)
    third = Message(b"k", b"3", 2)
    steps: tuple[Any, ...] = (
        [first],
        look,
        [second],
        look,
        [end(2)],
        [],
        look,
        [third],
        look,
        copy.refresh,
        look,
    )
    follow(copy, monkeypatch, *steps)
    assert seen == [
        (False, "1", 0),
        (False, "2", 0),
        (True, "2", 0),
        (True, "2", 0),
        (True, "3", 1),
    ]


def test_what_waits_has_a_bound_and_an_end_with_the_copy(copy: Any) -> None:
    for _ in range(MOST_WAITING):
        copy._hand_over({})
    one_more = threading.Thread(target=copy._hand_over, args=({},), daemon=True)
    one_more.start()
    time.sleep(0.1)
    assert len(copy._arrived) == MOST_WAITING
    copy._stopped.set()
    one_more.join(PATIENCE)
    assert not one_more.is_alive()


def test_it_begins_once_and_hands_on_what_it_failed_of(
    copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed, failures = list[object](), list[BaseException]()

    def follow(consumer: object) -> None:
        followed.append(consumer)
        raise ValueError("torn")

    copy._follow = follow
    for _ in range(2):
        copy.start(failures.append)
        copy._thread.join(PATIENCE)
    assert len(followed) == 1
    assert [str(failure) for failure in failures] == ["torn"]


@pytest.mark.parametrize("waits", [True, False])
def test_the_store_of_one_that_still_waits_for_its_broker_is_left_as_it_is(
    copy: Any, waits: bool
) -> None:
    closed: list[bool] = []
    copy._entries.close, close = lambda: closed.append(True), copy._entries.close
    copy._thread = SimpleNamespace(join=lambda timeout: None, is_alive=lambda: waits)
    copy.stop()
    assert copy._stopped.is_set()
    assert bool(closed) != waits
    copy._entries.close = close


def test_a_topic_that_is_missing_is_named(copy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "partition_count", lambda *_: 0)
    with pytest.raises(TopicMismatch, match=TOPIC):
        copy._assign(None)


class Assigned:
    """A consumer's part that is told where to begin."""

    places: list[TopicPartition]

    def assign(self, places: list[TopicPartition]) -> None:
        self.places = places


@pytest.mark.parametrize(("same", "unfit"), [(True, False), (True, True), (False, False)])
def test_it_goes_on_where_it_stands_unless_its_topic_is_another_or_does_not_fit(
    copy: Any, monkeypatch: pytest.MonkeyPatch, same: bool, unfit: bool
) -> None:
    monkeypatch.setattr(replica_module, "partition_count", lambda *_: 3)
    monkeypatch.setattr(replica_module, "topic_id", lambda *_: b"old" if same else b"new")
    monkeypatch.setattr(replica_module, "watermarks", lambda *_: (0, 9))
    monkeypatch.setattr(
        replica_module, "why_unfit", lambda *at: "unfit" if unfit and at[1].offset else None
    )
    copy._entries.belong_to(b"old")
    copy._entries.write({entry_key(b"k"): b"1", next_key(2): encode_offset(8)})
    consumer = Assigned()
    assert copy._assign(consumer) == {0: 9, 1: 9, 2: 9}
    kept = same and not unfit
    assert [place.offset for place in consumer.places] == [0, 0, 8 if kept else 0]
    assert copy.get("k") == ("1" if kept else None)


def test_what_is_kept_decoded_has_a_bound_and_is_never_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "CACHED", 3)
    kept = Entries(tmp_path / "copy", TOPIC, decode)
    for value in (b"1", b"2"):
        kept.write({entry_key(b"%d" % number): value for number in range(8)})
        assert [kept.get(str(number)) for number in range(8)] == [value.decode()] * 8
        assert len(kept._cache) <= 3
    kept.write({entry_key(b"9"): b"unreadable"})
    assert list(kept.values()) == ["2"] * 8
    kept.close()
