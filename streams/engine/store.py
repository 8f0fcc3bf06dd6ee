"""The local store of a partition: RocksDB, written only at checkpoints and restores."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DbClosedError,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from streams.engine.errors import StoreFailed
from streams.engine.position import (
    CHANGELOG_NEXT,
    MARKER,
    Position,
    decode_offset,
    decode_position,
    encode_offset,
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


Changes = Mapping[bytes, bytes | None]
"""New values by key; None deletes."""


class Store:
    """Keys and values in a folder.

    One process owns the folder (RocksDB holds a lock). `write` is atomic: all of its changes are
    there, or none. All raise `StoreFailed` when the disk does not do its part: the record at hand
    must not be taken for one that cannot be handled.
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

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        try:
            return cast(bytes | None, self._db.get(key))
        except Exception as error:
            raise self._failed("read", error) from error

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order."""
        try:
            return cast(list[bytes | None], self._db.get(list(keys)))
        except Exception as error:
            raise self._failed("read", error) from error

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values with start <= key < end, in key order."""
        options = ReadOptions()
        options.set_iterate_upper_bound(end)
        try:
            pairs = self._db.iter(options)
            pairs.seek(start)
            while pairs.valid():
                yield cast(bytes, pairs.key()), cast(bytes, pairs.value())
                pairs.next()
            # What cannot be read ends the pairs, too, and says so only when it is asked.
            pairs.status()
        except Exception as error:
            raise self._failed("read", error) from error

    def write(self, changes: Changes, *, wal: bool = True) -> None:
        """Make changes.

        Without the write-ahead log a later `flush` must come before the next write with it.
        """
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        try:
            if wal:
                self._db.write(batch)
            else:
                self._db.write(batch, self._without_wal)
        except Exception as error:
            raise self._failed("write", error) from error

    def size(self) -> int:
        """Bytes on disk and in memory not yet on disk; 0 once closed. From any thread."""
        parts = ("rocksdb.total-sst-files-size", "rocksdb.cur-size-all-mem-tables")
        try:
            return sum(int(self._db.property_int_value(part) or 0) for part in parts)
        except DbClosedError:
            return 0

    def flush(self) -> None:
        """Put everything written so far on disk."""
        try:
            self._db.flush()
        except Exception as error:
            raise self._failed("flush", error) from error

    def close(self) -> None:
        """Release the folder; further calls fail."""
        try:
            self._db.close()
        except Exception as error:
            raise self._failed("close", error) from error

    def destroy(self) -> None:
        """Close and delete the store."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def _failed(self, what: str, error: Exception) -> StoreFailed:
        return StoreFailed(
            f"cannot {what} the store {self.path}: {error}. Free the disk, or delete the folder if "
            "its files are damaged, and start again; nothing is lost, Kafka has it all."
        )


class PartitionStore(Store):
    """The state of one partition, with the source position and the changelog offset it is at."""

    @property
    def position(self) -> Position | None:
        """The position of the last change applied, None in an empty store."""
        data = self.get(MARKER)
        return None if data is None else decode_position(data)

    @property
    def changelog_next(self) -> int:
        """The first changelog offset that is not in the store."""
        data = self.get(CHANGELOG_NEXT)
        return 0 if data is None else decode_offset(data)

    def apply(
        self, changes: Changes, position: Position | None, changelog_next: int, *, wal: bool = True
    ) -> None:
        """Write changes with the position they lead to (None: it is not known yet)."""
        record = dict(changes)
        if position is not None:
            record[MARKER] = encode_position(position)
        record[CHANGELOG_NEXT] = encode_offset(changelog_next)
        self.write(record, wal=wal)
