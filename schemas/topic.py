"""What the table of topics is made of."""

from dataclasses import dataclass

from schemas.records import Record

DAY_MS = 24 * 60 * 60 * 1000
"""Milliseconds of a day."""
SEGMENT_MS = DAY_MS
"""For so long a broker writes to one segment of a topic that is not compacted."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic: what it carries, how long, for whom.

    Attributes:
        name: The topic's name; of a family, with the variable part in angle brackets.
        about: One sentence on what a record of it says.
        records: The record types it carries; JSON that names none is of the first.
        key: The field whose UTF-8 is the key, or words where it is not one field.
        writers: Who writes it.
        readers: Who reads it.
        partitions: How many partitions it is created with.
        retention_ms: How long a record stays, in milliseconds; None: the topic is compacted, the
            latest record of a key stays.
        stamped_by_broker: Whether the broker's clock gives the time stamps, because the writers'
            clocks are not ours.
        copartitioned: The group of topics with which it shares key and partition count.

    """

    name: str
    about: str
    records: tuple[type[Record], ...]
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int
    retention_ms: int | None = 30 * DAY_MS
    stamped_by_broker: bool = False
    copartitioned: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether only agents write it."""
        return all(writer.endswith(" agent") for writer in self.writers)

    @property
    def compacted(self) -> bool:
        """Whether only the latest record of a key stays."""
        return self.retention_ms is None

    @property
    def max_compaction_lag_ms(self) -> int | None:
        """Within what time a replaced or deleted record is gone; None without compaction."""
        return DAY_MS if self.compacted else None

    @property
    def settings(self) -> dict[str, str]:
        """The topic's settings under Kafka's own names."""
        settings = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "message.timestamp.type": "LogAppendTime" if self.stamped_by_broker else "CreateTime",
        }
        if self.retention_ms is not None:
            settings["retention.ms"] = str(self.retention_ms)
            # A broker deletes whole segments, when the latest record of one is old enough.
            settings["segment.ms"] = str(SEGMENT_MS)
        if self.max_compaction_lag_ms is not None:
            settings["max.compaction.lag.ms"] = str(self.max_compaction_lag_ms)
            settings["delete.retention.ms"] = str(DAY_MS)
        return settings
