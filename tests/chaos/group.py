"""Runs counting workers as processes, feeds them, and does to them what a test wants done."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

WORKER = Path(__file__).with_name("counting_worker.py")


class Drill:
    """One group of counting workers over one source topic, and its producer."""

    def __init__(self, bootstrap: str, group: str, source: str, output: str, data: Path) -> None:
        self.bootstrap = bootstrap
        self.group = group
        self.source = source
        self.output = output
        self.data = data
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._producing: threading.Thread | None = None

    @property
    def changelog(self) -> str:
        """Where the workers keep their state."""
        return f"{self.group}-counts-changelog"

    def start(self, worker: str, **environment: str) -> None:
        """Start a worker, or start it again."""
        env = os.environ | {
            "BOOTSTRAP": self.bootstrap,
            "GROUP": self.group,
            "SOURCE": self.source,
            "OUTPUT": self.output,
            "WORKER": worker,
            "DATA": str(self.data),
            "PYTHONPATH": str(WORKER.parents[2]),
            **environment,
        }
        with (self.data / f"{worker}.log").open("ab") as log:
            self.workers[worker] = subprocess.Popen(
                [sys.executable, str(WORKER)], env=env, stdout=log, stderr=subprocess.STDOUT
            )

    def revive(self) -> None:
        """Start again what has ended by itself, as a supervisor would."""
        for worker, process in list(self.workers.items()):
            if process.poll() is not None:
                self.start(worker)

    def kill(self, worker: str) -> None:
        """End a worker with SIGKILL."""
        self.workers[worker].kill()
        self.workers[worker].wait()

    def stop(self) -> list[int]:
        """End all workers with SIGTERM; returns their exit codes."""
        for process in self.workers.values():
            process.terminate()
        codes = []
        for process in self.workers.values():
            try:
                codes.append(process.wait(30))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append(process.wait())
        self.workers.clear()
        return codes

    def produce(self, records: int, rate: int, keys: int = 200) -> None:
        """Feed numbered records by key at a steady rate (records a second), in the background."""
        self._producing = threading.Thread(target=self._produce, args=(records, rate, keys))
        self._producing.start()

    def wait_until_read(self, timeout: float) -> None:
        """Wait until all is produced and the group has committed it. Revives workers meanwhile."""
        limit = time.monotonic() + timeout
        while time.monotonic() < limit:
            self.revive()
            fed = self._producing is None or not self._producing.is_alive()
            if fed and self._lag() == 0:
                return
            time.sleep(0.2)
        raise AssertionError(f"not read in {timeout} s, lag {self._lag()}: see {self.data}")

    def _lag(self) -> int:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group})
        try:
            partitions = (
                consumer.list_topics(self.source, timeout=10).topics[self.source].partitions
            )
            wanted = [TopicPartition(self.source, number) for number in partitions]
            lag = 0
            for tp in consumer.committed(wanted, 10):
                end = consumer.get_watermark_offsets(tp, 10)[1]
                lag += end - max(tp.offset, 0)
            return lag
        except KafkaException:
            return -1
        finally:
            consumer.close()

    def _produce(self, records: int, rate: int, keys: int) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "linger.ms": 5,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
            }
        )
        chooser, numbers, started = (
            random.Random(7),
            dict.fromkeys(range(keys), 0),
            time.monotonic(),
        )
        for index in range(records):
            key = chooser.randrange(keys)
            numbers[key] += 1
            value = json.dumps({"n": numbers[key]}).encode()
            producer.produce(self.source, value, f"T{key:04}".encode())
            if index % 50 == 0:
                producer.poll(0)
                time.sleep(max(0.0, started + index / rate - time.monotonic()))
        assert producer.flush(60) == 0
