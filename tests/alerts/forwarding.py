"""A forwarder over a ledger in memory, and a receiver that answers as it is told."""

import msgspec
from prometheus_client import CollectorRegistry

from schemas.codec import Codec
from schemas.records import Record
from streams.alerts.config import AlertsConfig
from streams.alerts.counting import AlertMetrics, Counts
from streams.alerts.delivery import Answer, Verdict
from streams.alerts.forwarder import Forwarder
from streams.alerts.receivers import Channel, Request
from streams.alerts.receivers.webhook import WebhookChannel
from streams.engine import SourceRecord
from tests.alerts.fake_ledger import FakeClock, FakeLedger
from tests.alerts.samples import NOW, config, webhook

TAKEN = Answer(Verdict.TAKEN, "ok", 202)
DOWN = Answer(Verdict.AGAIN, "down", 503)
BAD = Answer(Verdict.REFUSED, "no such field", 400)


class Bench:
    """A forwarder over a ledger in memory, and a receiver that answers as it is told."""

    def __init__(
        self, channel: Channel | None = None, settings: AlertsConfig | None = None
    ) -> None:
        self.clock = FakeClock(NOW)
        self.ledger = FakeLedger(self.clock)
        self.script: list[Answer] = []
        self.sent: list[tuple[int, Request, Answer]] = []
        self.registry = CollectorRegistry()
        receiver = webhook()
        self.forwarder = Forwarder(
            receiver, settings or config(receiver), channel or WebhookChannel("http://x/", "s"),
            self._post, self.ledger, Codec(), Counts("hook", AlertMetrics(self.registry)),
            self.clock,
        )  # fmt: skip

    def _post(self, request: Request) -> Answer:
        answer = self.script.pop(0) if self.script else TAKEN
        self.sent.append((self.clock.now, request, answer))
        return answer

    def run(self, *records: Record | SourceRecord) -> None:
        self.ledger.add(*records)
        for _ in range(len(self.ledger.records) - self.ledger.committed + 1):
            self.forwarder.step()

    @property
    def stamped(self) -> list[tuple[str, str, int]]:
        """Event, dedup key and time of all that was taken."""
        return [
            (body["event"], body["dedup_key"], body["alert"]["updated_at"])
            for _, request, answer in self.sent
            if answer is TAKEN
            for body in [msgspec.json.decode(request.body)]
        ]

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Event and dedup key of all that was taken."""
        return [(event, key) for event, key, _ in self.stamped]

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, {"receiver": "hook", **labels}) or 0.0
