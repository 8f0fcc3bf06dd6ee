"""Compares every store that workers left on a disk with the changelog it was made from.

It opens RocksDB by itself. A store may be behind its changelog, where its worker died or lost the
partition, but never other than the changelog up to the offset that it says it has come to.
"""

from itertools import takewhile
from pathlib import Path
from typing import cast

from rocksdict import AccessType, Options, Rdict

from tests.chaos.reading import read
from tests.chaos.verdict import Verdict

CHANGELOG_NEXT = b"\x00changelog-next"
TOPIC_ID = b"\x00topic-id"


def compare_stores(verdict: Verdict, bootstrap: str, folder: Path) -> None:
    """Compare the stores in workers' data folders, which are in this one."""
    paths = sorted(folder.glob("*/*-changelog/*"))
    for path in paths:
        _compare(verdict, bootstrap, path)
    if not paths:
        verdict.fault("lost", f"no store is left in {folder}")


def _compare(verdict: Verdict, bootstrap: str, path: Path) -> None:
    stored = _stored(path)
    stored.pop(TOPIC_ID, None)
    end = int.from_bytes(stored.pop(CHANGELOG_NEXT, b""), "big")
    changelog = read(bootstrap, path.parent.name, partitions=[int(path.name)])
    expected: dict[bytes, object] = {}
    for message in takewhile(lambda one: one.offset() < end, changelog):
        expected[message.key()] = message.value()
    living = {key: value for key, value in expected.items() if value is not None}
    verdict.compare_states(f"store {path.parent.parent.name}/{path.name}", living, stored)


def _stored(path: Path) -> dict[bytes, bytes]:
    store = Rdict(str(path), Options(raw_mode=True), access_type=AccessType.read_only(False))
    try:
        return {cast(bytes, key): cast(bytes, value) for key, value in store.items()}
    finally:
        store.close()
