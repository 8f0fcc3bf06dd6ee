"""All receivers at once, a thread each, so that one that is down holds up none of the others."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry

from streams.alerts.changes import SOURCES
from streams.alerts.config import AlertsConfig, Receiver
from streams.alerts.counting import AlertMetrics, Counts
from streams.alerts.delivery import Sender
from streams.alerts.forwarder import Forwarder
from streams.alerts.kafka_ledger import DEAD_LETTERS, OPEN_ALERTS, KafkaLedger
from streams.alerts.ledger import Abandoned
from streams.alerts.receivers import Channel, channel_of
from streams.codec import codec_of
from streams.engine import wall_clock
from streams.errors import BrokerError
from streams.health import Address, Health
from streams.reading import there_of
from streams.security import connection_of
from streams.settings import Settings

log = logging.getLogger(__name__)

LOOK = 0.2
"""Seconds between looks at the threads."""

GRACE = 15.0
"""Seconds that all threads have to end: an attempt that is under way is waited for."""


@dataclass
class Worker:
    """A receiver's thread. `failure` is what ended it, if it was not told to end."""

    name: str
    run: Callable[[], None]
    failure: BaseException | None = None

    def start(self) -> threading.Thread:
        """Run it in a thread."""
        thread = threading.Thread(target=self._run, name=f"alerts-{self.name}", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        try:
            self.run()
        except BaseException as error:
            self.failure = error


class Service:
    """Runs until told to stop, or until a receiver's thread fails, whose error it then raises.

    Everything that can be wrong with the file and its secrets is found when it is made: it raises
    `ConfigError`.
    """

    def __init__(
        self,
        settings: Settings,
        config: AlertsConfig,
        stop: threading.Event,
        *,
        from_start: bool = False,
    ) -> None:
        self._settings = settings
        self._config = config
        self._stop = stop
        self._from_start = from_start
        self._codec = codec_of(settings)
        self._threads: list[threading.Thread] = []
        registry = CollectorRegistry()
        self._metrics = AlertMetrics(registry)
        channels = [(receiver, channel_of(receiver)) for receiver in config.receivers]
        self._workers = [Worker(one.name, self._forwarding(one, to)) for one, to in channels]
        if settings.alerts_address:
            address = Address.parse(settings.alerts_address, "alerts_address")
            Health(address, self, registry)

    def run(self) -> None:
        """Forward. Raises `BrokerError`, `AccessDenied`."""
        check_topics(self._settings)
        self._threads = [worker.start() for worker in self._workers]
        while not self._stop.wait(LOOK) and self.alive():
            pass
        self._stop.set()
        limit = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, limit - time.monotonic()))
        for worker in self._workers:
            if worker.failure is not None:
                raise worker.failure

    def alive(self) -> bool:
        """Whether every receiver's thread goes on."""
        return all(thread.is_alive() for thread in self._threads)

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether alerts are forwarded, and to whom."""
        names = [worker.name for worker in self._workers]
        return bool(self._threads) and self.alive(), {"receivers": names}

    def _forwarding(self, receiver: Receiver, channel: Channel) -> Callable[[], None]:
        def run() -> None:
            ledger = KafkaLedger(
                receiver.name,
                self._settings,
                self._codec,
                self._stop,
                from_start=self._from_start,
            )
            sender = Sender(receiver.timeout / 1000, channel.secrets)
            counts = Counts(receiver.name, self._metrics)
            forwarder = Forwarder(
                receiver,
                self._config,
                channel,
                sender.post,
                ledger,
                self._codec,
                counts,
                wall_clock,
            )
            try:
                ledger.start()
                forward(forwarder, self._stop)
            finally:
                ledger.close()
                sender.close()

        return run


def forward(forwarder: Forwarder, stop: threading.Event) -> None:
    """Step until told to stop."""
    while not stop.is_set():
        try:
            forwarder.step()
        except Abandoned:
            log.debug("given up: it comes again to whoever has the partitions")


def check_topics(settings: Settings) -> None:
    """See whether all topics are there. Raises `BrokerError`, `AccessDenied`."""
    wanted = (*SOURCES, OPEN_ALERTS, DEAD_LETTERS)
    there = there_of(connection_of(settings), wanted)
    for name in wanted:
        if name not in there:
            raise BrokerError(f"there is no topic {name}; `baton topics apply` makes it")
