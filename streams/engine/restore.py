"""Opens the stores of newly assigned partitions and replays what the changelog has beyond them."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.engine.access import Contact
from streams.engine.compacted import watermarks, why_unfit
from streams.engine.config import EngineConfig, wall_clock
from streams.engine.errors import Aborted, BrokerFailed, Fenced, StateMismatch
from streams.engine.incarnation import claim, is_of_another
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.replay import PartitionRestore
from streams.engine.store import PartitionStore
from streams.engine.topics import Prepared

log = logging.getLogger(__name__)


class Restorer:
    """Turns partition numbers into restored `Partition`s. Blocks; runs in the engine's thread."""

    def __init__(self, config: EngineConfig, abort: threading.Event) -> None:
        self._config = config
        self._abort = abort

    def restore(self, numbers: Iterable[int], topics: Prepared) -> dict[int, Partition]:
        """Restore the partitions with these numbers.

        Up to the high watermark, not the last stable offset: a transaction that a dead or slow
        owner left open lies below it, and `read_committed` waits there until the broker ends it.

        Raises `Aborted` when the partitions were taken away meanwhile, `Fenced` when another worker
        has written on, `StateMismatch`, `StoreFailed`, `BrokerFailed`, `AccessDenied`.
        """
        started = time.monotonic()
        jobs: dict[int, PartitionRestore] = {}
        try:
            with self._consumer("read_uncommitted") as ends:
                for number in numbers:
                    if self._abort.is_set():
                        raise Aborted
                    jobs[number] = self._open(number, topics.changelog_id, ends)
                self._replay(jobs)
                restored = self._ready(jobs, ends, topics.partitions)
        except BaseException:
            for job in jobs.values():
                job.store.close()
            raise
        records = sum(job.records for job in jobs.values())
        self._config.observer.restored(time.monotonic() - started, records)
        log.info(
            "restored partitions %s: %d changelog records in %.2f s",
            sorted(jobs),
            records,
            time.monotonic() - started,
        )
        return restored

    def _open(self, number: int, topic: bytes, ends: Consumer) -> PartitionRestore:
        config = self._config
        path = config.data_dir / config.changelog / str(number)
        low, high = watermarks(ends, config.changelog, number)
        store = PartitionStore(path)
        if is_of_another(store, topic):
            reason: str | None = "its changelog was made anew"
        elif config.exactly_once:
            stands = TopicPartition(config.changelog, number, store.changelog_next)
            reason = why_unfit(ends, stands, low, high, wall_clock())
        else:
            # The mock cluster keeps tombstones, and knows no offsets for times.
            reason = "it is ahead of its changelog" if store.changelog_next > high else None
        if reason is not None:
            log.warning("building %s anew: %s", path, reason)
            store.destroy()
            store = PartitionStore(path)
        claim(store, topic)
        job = PartitionRestore(store, high, whole=config.exactly_once)
        job.next = max(job.next, low)
        return job

    def _replay(self, jobs: dict[int, PartitionRestore]) -> None:
        behind = {number for number, job in jobs.items() if job.next < job.end}
        if not behind:
            return
        changelog = self._config.changelog
        level = "read_committed" if self._config.exactly_once else "read_uncommitted"
        with self._consumer(level) as reader:
            reader.assign([TopicPartition(changelog, n, jobs[n].next) for n in behind])
            patience = self._config.restore_timeout / 1000
            limit = time.monotonic() + patience
            while behind:
                if self._abort.is_set():
                    raise Aborted
                if time.monotonic() > limit:
                    raise BrokerFailed(
                        f"no record of {changelog}{sorted(behind)} in {patience:.0f} s, and more "
                        "are to come: is the broker away, or a transaction open there?"
                    )
                for message in reader.consume(20_000, 0.05):
                    number, error = message.partition(), message.error()
                    if error is None:
                        jobs[number].add(message.key(), message.value(), message.offset())
                        limit = time.monotonic() + patience
                    elif error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    elif message.offset() >= jobs[number].end:
                        # The end-of-partition offset counts control records.
                        behind.discard(number)
                        reader.incremental_unassign([TopicPartition(changelog, number)])
                for job in jobs.values():
                    job.write()

    def _ready(
        self, jobs: dict[int, PartitionRestore], ends: Consumer, partitions: int
    ) -> dict[int, Partition]:
        committed = self._committed(jobs)
        restored = {}
        for number, job in jobs.items():
            unfinished = job.finish()
            position = self._position(number, job, committed, ends)
            partition = Partition(number, job.store, position, self._config.max_bytes, partitions)
            if unfinished:
                log.warning("partition %d: healing an unfinished checkpoint", number)
                values = job.store.get_many(unfinished)
                partition.heal(dict(zip(unfinished, values, strict=True)))
            restored[number] = partition
        return restored

    def _position(
        self,
        number: int,
        job: PartitionRestore,
        committed: dict[tuple[str, int], int],
        ends: Consumer,
    ) -> Position:
        state = job.position or Position({})
        stands, offsets = {**state.others, **state.offsets}, {}
        for topic in self._config.sources:
            group_offset = committed[topic, number]
            offset = stands.pop(topic, None)
            if self._config.exactly_once and (offset or 0) != max(group_offset, 0):
                if watermarks(ends, self._config.changelog, number)[1] > job.end:
                    raise Fenced(
                        f"another worker went on with {topic}[{number}] while it was restored here;"
                        " start again"
                    )
                raise StateMismatch(
                    f"{topic}[{number}]: the state stands at offset {offset or 0}, the group "
                    f"{self._config.group} at {group_offset}. Was the topic made anew, or one of "
                    f"them reset? Set the group back, or begin anew. {self._begin_anew}"
                )
            first, end = watermarks(ends, topic, number)
            if offset is None:
                offset = group_offset if group_offset >= 0 else first
            elif offset > end:
                raise StateMismatch(
                    f"{topic}[{number}] ends at {end}, and was handled up to {offset}: it was made "
                    f"anew, or its brokers have lost records. {self._begin_anew}"
                )
            elif offset < first:
                log.error(
                    "%s[%d]: records from %d to %d are gone unhandled: the topic keeps them for "
                    "less long than this worker was behind",
                    topic, number, offset, first - 1,
                )  # fmt: skip
            offsets[topic] = max(offset, first)
        return Position(offsets, state.time, stands)

    @property
    def _begin_anew(self) -> str:
        return (
            f"To begin anew, without the state there is, delete the topic {self._config.changelog},"
            " the group's offsets and the data folders."
        )

    def _committed(self, jobs: dict[int, PartitionRestore]) -> dict[tuple[str, int], int]:
        # aiokafka reads stale offsets right after a transaction; a read_committed librdkafka
        # consumer waits for the stable ones.
        wanted = [TopicPartition(t, n) for t in self._config.sources for n in jobs]
        with self._consumer("read_committed") as consumer:
            found = consumer.committed(wanted, self._config.restore_timeout / 1000)
            for tp in found:
                if tp.error is not None:
                    # Taken for no offset, it would be told as a group that was reset.
                    raise KafkaException(tp.error)
        return {(tp.topic, tp.partition): tp.offset for tp in found}

    @contextmanager
    def _consumer(self, isolation_level: str) -> Iterator[Consumer]:
        consumer = Consumer(
            {
                **self._config.librdkafka(),
                "group.id": self._config.group,
                "enable.auto.commit": False,
                "isolation.level": isolation_level,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": 4 << 20,
                "queued.max.messages.kbytes": 32 << 10,
                "queued.min.messages": 200_000,
                # A full queue is looked at again after a second by default.
                "fetch.queue.backoff.ms": 5,
                "fetch.wait.max.ms": 20,
            }
        )
        try:
            yield consumer
        except KafkaException as error:
            what = f"restore from {self._config.changelog}"
            raise Contact(self._config.connection).failure(what, error.args[0]) from error
        finally:
            consumer.close()
