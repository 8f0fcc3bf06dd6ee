"""What a replica holds: each key's latest value, and how far the topic has been read."""

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from confluent_kafka import TopicPartition

from streams.engine.incarnation import claim, is_of_another
from streams.engine.position import decode_offset
from streams.engine.store import Changes, Store

log = logging.getLogger(__name__)

T = TypeVar("T")

Decode = Callable[[bytes], T | None]
"""Reads a value; None when it cannot be read, which leaves the key as it was."""

CACHED = 10_000
"""Decoded values kept."""

_NEXT = b"\x00next-"
_ENTRY = b"\x02"
_AFTER_ENTRIES = b"\x03"


def entry_key(key: bytes) -> bytes:
    """The store key of one of the topic's own keys."""
    return _ENTRY + key


def next_key(number: int) -> bytes:
    """The store key of a partition's first offset that is not in the store."""
    return _NEXT + str(number).encode()


class Entries(Generic[T]):
    """Keys and values of a topic, in a store of their own.

    They are written without the write-ahead log: what a crash loses is read again, for the offset
    behind it is lost with it.
    """

    def __init__(self, path: Path, topic: str, decode: Decode[T]) -> None:
        self._path = path
        self._topic = topic
        self._topic_id = b""
        self._decode = decode
        self._store = Store(path)
        self._cache: dict[str, T | None] = {}

    def get(self, key: str) -> T | None:
        """The value of a key."""
        if key in self._cache:
            return self._cache[key]
        data = self._store.get(entry_key(key.encode()))
        value = None if data is None else self._decode(data)
        if len(self._cache) >= CACHED:
            self._cache.clear()
        self._cache[key] = value
        return value

    def values(self) -> Iterator[T]:
        """The value of every key."""
        for _, data in self._store.scan(_ENTRY, _AFTER_ENTRIES):
            value = self._decode(data)
            if value is not None:
                yield value

    def write(self, changes: Changes) -> None:
        """Set entries and next offsets."""
        self._store.write(changes, wal=False)
        for key in changes:
            self._cache.pop(key[len(_ENTRY) :].decode(errors="replace"), None)

    def stands(self, partitions: Iterable[int]) -> list[TopicPartition]:
        """Where in each partition of the topic the store stands."""
        keys = {number: self._store.get(next_key(number)) for number in partitions}
        return [
            TopicPartition(self._topic, number, decode_offset(data) if data else 0)
            for number, data in keys.items()
        ]

    def belong_to(self, topic_id: bytes) -> None:
        """Be of the topic with this id; what came from another one of its name is forgotten."""
        self._topic_id = topic_id
        if is_of_another(self._store, topic_id):
            self.renew("the topic was made anew")
        claim(self._store, topic_id)

    def renew(self, reason: str) -> None:
        """Forget everything."""
        log.warning("reading %s anew: %s", self._topic, reason)
        self._store.destroy()
        self._store = Store(self._path)
        claim(self._store, self._topic_id)

    def flush(self) -> None:
        """Put everything written so far on disk."""
        self._store.flush()

    def close(self) -> None:
        """Flush, and release the folder."""
        self._store.flush()
        self._store.close()
