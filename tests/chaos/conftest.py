"""A Kafka that drills may do anything to."""

from collections.abc import Iterator

import pytest

from tests.kafka import Kafka


@pytest.fixture(scope="session")
def own_kafka(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A Kafka beside that of the other tests, which says whether there can be one."""
    kafka = Kafka(tmp_path_factory.mktemp("own-kafka"))
    kafka.start()
    yield kafka
    kafka.stop()
