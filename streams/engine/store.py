"""The local store of a partition: RocksDB, written only at checkpoints and restores."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from rocksdict import (
    BlockBasedOptions,
    Cache,
    Options,
    Rdict,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from streams.engine.errors import StoreFailed
from streams.engine.position import (
    CHANGELOG_NEXT,
    MARKER,
    Position,
    decode_position,
    encode_position,
)

BLOCK_CACHE_BYTES = 64 << 20
MEMTABLE_BYTES = 16 << 20
ALL_MEMTABLES_BYTES = 128 << 20

# One cache and one memtable budget for all partitions: RocksDB's defaults are per database and
# would allow gigabytes each.
_cache = Cache(BLOCK_CACHE_BYTES)
_memtables = WriteBufferManager(ALL_MEMTABLES_BYTES, False)


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(MEMTABLE_BYTES)
    options.set_max_write_buffer_number(3)
    options.set_write_buffer_manager(_memtables)
    options.set_keep_log_file_num(2)
    table = BlockBasedOptions()
    table.set_block_cache(_cache)
    table.set_bloom_filter(10, False)
    options.set_block_based_table_factory(table)
    return options


class PartitionStore:
    """Keys and values of one partition, with the position they belong to.

    One process owns the folder (RocksDB holds a lock). `apply` is atomic: changes, position and
    changelog offset are there together or not at all. Raises `StoreFailed` when the disk does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = Rdict(str(path), _options())
        except Exception as error:
            raise StoreFailed(
                f"cannot open the store {path}: {error}. Is the disk full, the folder writable, "
                "and no other worker using it?"
            ) from error
        self._without_wal = WriteOptions()
        self._without_wal.disable_wal = True  # type: ignore[assignment, method-assign]  # the stub errs

    @property
    def position(self) -> Position | None:
        """The position of the last change applied, None in an empty store."""
        data = self._db.get(MARKER)
        return None if data is None else decode_position(data)

    @property
    def changelog_next(self) -> int:
        """The first changelog offset that is not in the store."""
        data = self._db.get(CHANGELOG_NEXT)
        return 0 if data is None else int.from_bytes(data, "big")

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order."""
        return cast(list[bytes | None], self._db.get(list(keys)))

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values with start <= key < end, in key order."""
        for key, value in self._db.items(from_key=start):
            if cast(bytes, key) >= end:
                return
            yield cast(bytes, key), cast(bytes, value)

    def apply(
        self,
        changes: Mapping[bytes, bytes | None],
        position: Position,
        changelog_next: int,
        *,
        wal: bool = True,
    ) -> None:
        """Write changes (None deletes) with the position they lead to.

        Without the write-ahead log a later `flush` must come before the next write with it.
        """
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(MARKER, encode_position(position))
        batch.put(CHANGELOG_NEXT, changelog_next.to_bytes(8, "big"))
        try:
            if wal:
                self._db.write(batch)
            else:
                self._db.write(batch, self._without_wal)
        except Exception as error:
            raise StoreFailed(
                f"cannot write the store {self.path}: {error}. Free the disk and start again; "
                "nothing is lost, the changelog has it all."
            ) from error

    def flush(self) -> None:
        """Put everything written so far on disk."""
        self._db.flush()

    def close(self) -> None:
        """Release the folder; further calls fail."""
        self._db.close()

    def destroy(self) -> None:
        """Close and delete the store."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)
