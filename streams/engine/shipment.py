"""The records of a checkpoint on their way to the broker."""

from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, Message, Producer

from streams.engine.config import EngineConfig
from streams.engine.partition import Cut
from streams.engine.position import MARKER, encode_position
from streams.engine.record import Headers, Output

OnDelivery = Callable[[KafkaError | None, Message], None]
"""What is told of a record once it is delivered, or is not."""


class Shipment:
    """One try to send the cuts of a checkpoint. Sent once; the caller flushes the client.

    A record that is delivered without an offset may not be there: librdkafka has seen a later
    record's acknowledgement, not its own, and takes that for both, but a broker that does not know
    the producer yet accepts the later one alone. Of outputs each is looked at; of a changelog
    partition, where nobody else writes, first change and marker tell.

    Attributes:
        lost: Why a record was not delivered.

    """

    def __init__(self, client: Producer, config: EngineConfig) -> None:
        self._client = client
        self._config = config
        self._cuts: list[Cut] = []
        self._unplaced = 0
        self.lost: KafkaError | None = None

    @property
    def complete(self) -> bool:
        """Whether every record lies on the broker, as far as it has been flushed."""
        return not self._unplaced and all(cut.changelog_next is not None for cut in self._cuts)

    def send(self, cuts: list[Cut]) -> None:
        """Produce outputs, changes and markers; once delivered a cut has its `changelog_next`."""
        self._cuts = cuts
        for cut in cuts:
            cut.changelog_next = None
        for cut in cuts:
            self._send_outputs(cut.outputs)
            self._send_state(cut)

    def _send_outputs(self, outputs: Iterable[Output]) -> None:
        on_broker, delivered = self._config.connection.topic, self._delivered
        for one in outputs:
            number = -1 if one.partition is None else one.partition
            topic = on_broker(one.topic)
            self._produce(
                topic, one.value, one.key, number, delivered, one.timestamp, one.headers or None
            )

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.lost = error
        elif message.offset() is None:
            self._unplaced += 1

    def _send_state(self, cut: Cut) -> None:
        start: int | None = None

        def begun(error: KafkaError | None, message: Message) -> None:
            nonlocal start
            self._delivered(error, message)
            start = message.offset()

        def ended(error: KafkaError | None, message: Message) -> None:
            self._delivered(error, message)
            end = message.offset()
            if end is not None and (not cut.changes or start == end - len(cut.changes)):
                cut.changelog_next = end + 1

        changelog, number = self._config.changelog, cut.owner.number
        on: OnDelivery | None = begun
        for key, value in cut.changes.items():
            self._produce(changelog, value, key, number, on)
            on = None
        self._produce(changelog, encode_position(cut.position), MARKER, number, ended)

    def _produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        on: OnDelivery | None,
        timestamp: int = 0,
        headers: Headers | None = None,
    ) -> None:
        while True:
            try:
                # By position, which is cheaper; the client has two places for the callback.
                self._client.produce(topic, value, key, partition, on, None, timestamp, headers)
                return
            except BufferError:
                self._client.poll(0.01)
