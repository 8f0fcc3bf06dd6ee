"""The comparison of stores with their changelogs finds what it is there for."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.engine.position import Position
from streams.engine.store import PartitionStore
from tests.chaos import stores
from tests.chaos.verdict import Verdict


class Message(NamedTuple):
    """A record of the changelog."""

    at: int
    name: bytes
    content: bytes | None

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes | None:
        return self.content


POSITION = b"\x93\x81\xa1s\x04\x00\x80"
CHANGELOG = (
    Message(0, b"a", b"1"),
    Message(1, b"gone", b"1"),
    Message(2, b"gone", None),
    Message(3, b"\x00position", POSITION),
    Message(5, b"a", b"2"),
)


@pytest.fixture(autouse=True)
def changelog(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(bootstrap: str, topic: str, partitions: list[int]) -> Iterator[Message]:
        assert (topic, partitions) == ("g-s-changelog", [3])
        yield from CHANGELOG

    monkeypatch.setattr(stores, "read", read)


@pytest.mark.parametrize(
    ("changes", "end", "fault"),
    [
        ({b"a": b"1"}, 4, None),
        ({b"a": b"2"}, 6, None),
        ({}, 4, "lost"),
        ({b"a": b"2"}, 4, "wrong"),
        ({b"a": b"1", b"gone": b"1"}, 4, "wrong"),
    ],
)
def test_a_store_is_the_changelog_up_to_where_it_says_it_is(
    tmp_path: Path, changes: dict[bytes, bytes | None], end: int, fault: str | None
) -> None:
    store = PartitionStore(tmp_path / "A" / "g-s-changelog" / "3")
    store.apply(changes, Position({"s": 4}), end)
    store.close()
    verdict = Verdict(messages=1)
    stores.compare_stores(verdict, "", tmp_path)
    assert verdict.exact == (fault is None), verdict
    if fault is not None:
        assert getattr(verdict, fault) == 1


def test_that_there_is_no_store_is_found(tmp_path: Path) -> None:
    verdict = Verdict(messages=1)
    stores.compare_stores(verdict, "", tmp_path)
    assert verdict.lost == 1
