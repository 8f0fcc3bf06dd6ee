"""What a consumer has to give, without waiting for more of it."""

from confluent_kafka import Consumer, Message


def arrived(consumer: Consumer, most: int, timeout: float) -> list[Message]:
    """What has come, at most `most` messages; waits up to `timeout` seconds for the first of them.

    `Consumer.consume` alone returns early only when it has as many as it may take: what came first
    would wait for the rest.
    """
    first = consumer.poll(timeout)
    return [] if first is None else [first, *consumer.consume(most - 1, 0)]
