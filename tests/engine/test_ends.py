"""The ends of a partition: asked for again while nobody leads it, at once told who may not ask."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.engine.compacted import ends_of


class Answers:
    """A consumer that is refused before it is told."""

    def __init__(self, *refusals: int) -> None:
        self.refusals = list(refusals)

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        if self.refusals:
            raise KafkaException(KafkaError(self.refusals.pop(0)))
        return 3, 7


def test_a_partition_that_has_no_leader_yet_is_asked_for_again() -> None:
    consumer: Any = Answers(KafkaError.NOT_LEADER_FOR_PARTITION)
    assert ends_of(consumer, "t", 0, 30) == (3, 7)


def test_who_may_not_ask_is_told_at_once() -> None:
    refused = KafkaError.TOPIC_AUTHORIZATION_FAILED
    consumer: Any = Answers(refused, refused)
    with pytest.raises(KafkaException):
        ends_of(consumer, "t", 0, 30)
    assert consumer.refusals == [refused]
