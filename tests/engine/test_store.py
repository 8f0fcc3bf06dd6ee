"""A disk that does not do its part ends the worker; no record is blamed for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streams.engine.errors import StoreFailed
from streams.engine.store import Store


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
