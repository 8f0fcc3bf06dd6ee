"""A Kafka broker inside this process: librdkafka's mock cluster, for demos and fast tests.

Other processes can connect to it over TCP on loopback. It is no Kafka: topics have no settings and
are not compacted, transactions commit nothing and abort nothing, a partition keeps 5 MiB or 100,000
batches and drops what is older without a word, and all is gone when it closes. Whatever is said
about guarantees or speed is shown on a real broker.
"""

import ctypes
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import confluent_kafka

from streams.errors import BrokerError

KEPT_BYTES = 5 << 20
"""What a partition of the mock cluster keeps at most (librdkafka's `rdkafka_mock.c`)."""

GROUP_DELAY_MS = 100
"""How long the first of a group waits for other members; the mock cluster's three seconds are for
groups of many, and would be part of every start."""

_PRODUCER = 0
_ERROR_BYTES = 512


def _library() -> ctypes.CDLL:
    """The librdkafka that confluent-kafka has loaded: its symbols are the mock cluster's too."""
    package = Path(confluent_kafka.__file__).parent
    bundled = [
        *package.parent.glob("confluent_kafka.libs/librdkafka*"),
        *package.glob(".dylibs/librdkafka*"),
    ]
    for candidate in [*map(str, sorted(bundled)), confluent_kafka.cimpl.__file__]:
        library = ctypes.CDLL(candidate)
        if hasattr(library, "rd_kafka_mock_cluster_new"):
            return _typed(library)
    raise BrokerError(
        "no mock cluster in this build of confluent-kafka; install its wheel from PyPI, or use a "
        "real broker (deploy/kafka/start)"
    )


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures = {
        "rd_kafka_conf_new": ([], pointer),
        "rd_kafka_conf_set": ([pointer, text, text, text, ctypes.c_size_t], number),
        "rd_kafka_new": ([number, pointer, text, ctypes.c_size_t], pointer),
        "rd_kafka_destroy": ([pointer], None),
        "rd_kafka_mock_cluster_new": ([pointer, number], pointer),
        "rd_kafka_mock_cluster_destroy": ([pointer], None),
        "rd_kafka_mock_cluster_bootstraps": ([pointer], text),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": ([pointer, ctypes.c_int32], None),
        "rd_kafka_mock_topic_create": ([pointer, text, number, number], number),
        "rd_kafka_mock_broker_set_down": ([pointer, number], number),
        "rd_kafka_mock_broker_set_up": ([pointer, number], number),
        "rd_kafka_mock_broker_set_rtt": ([pointer, number, number], number),
        "rd_kafka_mock_push_request_errors_array": (
            [pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(number)],
            None,
        ),
    }
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


class EmbeddedBroker:
    """Mock brokers, one by default, with these topics (name to partition count). A context manager.

    Raises `BrokerError` when this build of librdkafka has none.
    """

    def __init__(self, topics: Mapping[str, int], brokers: int = 1) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        configuration = self._library.rd_kafka_conf_new()
        # The carrier of the mock cluster connects to nothing, and would warn of it.
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"0", error, _ERROR_BYTES)
        self._client = self._library.rd_kafka_new(_PRODUCER, configuration, error, _ERROR_BYTES)
        if not self._client:
            raise BrokerError(f"cannot start the embedded broker: {error.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, brokers)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._client)
            raise BrokerError("cannot start the embedded broker: no port to listen on")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, GROUP_DELAY_MS)
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        try:
            for topic, partitions in topics.items():
                self.create_topic(topic, partitions)
        except BrokerError:
            self.close()
            raise

    def create_topic(self, topic: str, partitions: int) -> None:
        """Make a topic. Raises `BrokerError` when the name or the count is not possible."""
        # The mock would take any count, and break later.
        if partitions < 1 or self._library.rd_kafka_mock_topic_create(
            self._cluster, topic.encode(), partitions, 1
        ):
            raise BrokerError(
                f"the embedded broker refuses a topic {topic!r} of {partitions} partitions; a name "
                "may be made once, a count is at least 1"
            )

    def close(self) -> None:
        """End the broker and forget all it held; may be called twice."""
        if self._cluster:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._cluster = None

    def __enter__(self) -> "EmbeddedBroker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
