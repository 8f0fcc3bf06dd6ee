"""A disk that does not do its part ends the worker; no record is blamed for it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.engine.errors import StoreFailed
from streams.engine.position import Position
from streams.engine.store import PartitionStore, Store
from tests.patience import PATIENCE

WRITE = """
import os, sys
from pathlib import Path
from streams.engine.position import Position
from streams.engine.store import PartitionStore
store = PartitionStore(Path(sys.argv[1]))
store.apply({b"flushed": b"1"}, None, 2, wal=False)
store.flush()
store.apply({b"logged": b"2"}, Position({"source": 3}), 5)
os._exit(0)
"""


@pytest.fixture
def damaged(tmp_path: Path) -> Store:
    """A store whose table has lost what it held."""
    path = tmp_path / "store"
    store = Store(path)
    store.write({b"%06d" % number: b"x" * 100 for number in range(10_000)})
    store.flush()
    store.close()
    [table] = path.glob("*.sst")
    size = table.stat().st_size
    with table.open("r+b") as file:
        file.write(b"\0" * (size // 2))
    return Store(path)


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.get(b"000001"),
        lambda store: store.get_many([b"000001", b"000002"]),
        lambda store: list(store.scan(b"000001", b"000009")),
    ],
    ids=["get", "get_many", "scan"],
)
def test_what_cannot_be_read_is_a_failure_of_the_store(
    damaged: Store, read: Callable[[Store], object]
) -> None:
    with pytest.raises(StoreFailed, match="cannot read the store"):
        read(damaged)


def test_a_scan_begins_at_its_start_and_ends_before_its_end(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.write({bytes([number]): b"v" for number in range(2, 9)})
    assert [key for key, _ in store.scan(b"\x03", b"\x06")] == [b"\x03", b"\x04", b"\x05"]
    store.close()


def test_a_closed_store_has_no_size_and_does_nothing_more(tmp_path: Path) -> None:
    store = PartitionStore(tmp_path / "store")
    store.apply({b"k": b"v"}, None, 1)
    assert store.size() > 0
    store.close()
    assert store.size() == 0
    with pytest.raises(StoreFailed, match="cannot write the store"):
        store.apply({b"k": b"w"}, None, 2)
    with pytest.raises(StoreFailed, match="cannot flush the store"):
        store.flush()


def test_a_folder_that_another_worker_uses_is_refused_until_it_is_released(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(StoreFailed, match="no other worker using it"):
        Store(tmp_path / "store")
    store.write({b"k": b"v"})
    store.destroy()
    anew = Store(tmp_path / "store")
    assert anew.get(b"k") is None
    anew.close()


def test_what_is_written_survives_a_worker_that_does_not_close_it(tmp_path: Path) -> None:
    """With the log at once, without it from the next flush."""
    written = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path / "store")], check=False, timeout=PATIENCE
    )
    assert written.returncode == 0
    store = PartitionStore(tmp_path / "store")
    assert store.get_many([b"flushed", b"logged"]) == [b"1", b"2"]
    assert (store.position, store.changelog_next) == (Position({"source": 3}), 5)
    store.close()
