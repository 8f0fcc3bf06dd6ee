"""What a running worker takes for a change of its topics."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicCollection

from streams.engine import BrokerFailed, Connection, EngineConfig, TopicMismatch, topic_watch
from streams.engine.topic_watch import TopicWatch
from tests.engine.records import TOPIC

CHANGELOG = "g-s-changelog"


class Broker:
    """Says what it knows of topics: their ids."""

    def __init__(self) -> None:
        self.knows = {TOPIC: "one"}
        self.answers = True

    def list_topics(self, topic: str, timeout: float) -> None:
        if not self.answers:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def describe_topics(self, asked: TopicCollection, **_: float) -> dict[str, Future[Any]]:
        assert self.answers, "librdkafka would keep a core busy until somebody answers"
        answers: dict[str, Future[Any]] = {TOPIC: Future(), CHANGELOG: Future()}
        for topic, answer in answers.items():
            if topic in self.knows:
                told = SimpleNamespace(topic_id=self.knows[topic], partitions=[0])
                answer.set_result(told)
            else:
                error = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
                answer.set_exception(KafkaException(error))
        return answers


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(topic_watch, "AdminClient", lambda _: made)
    return made


def watching() -> TopicWatch:
    return TopicWatch(EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A"))


def test_a_topic_that_the_broker_does_not_know_yet_is_watched_from_when_it_does(
    broker: Broker,
) -> None:
    watch = watching()
    broker.knows[CHANGELOG] = "two"
    watch.look()
    broker.knows[CHANGELOG] = "three"
    with pytest.raises(TopicMismatch, match=f"^{CHANGELOG} was deleted and made anew"):
        watch.look()


def test_a_topic_is_missing_for_long_only_where_the_broker_says_so_all_the_time(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(_: object) -> None:
        raise TopicMismatch("topics are missing")

    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(topic_watch, "time", clock)
    monkeypatch.setattr(topic_watch, "prepare_topics", prepare)
    watch = watching()
    broker.knows.clear()
    for clock.now, broker.answers in ((1.0, True), (15.0, False), (30.0, True)):
        watch.look()
    clock.now = 51.0
    with pytest.raises(TopicMismatch, match="topics are missing"):
        watch.look()


def test_a_change_ends_the_worker_and_a_broker_in_trouble_does_not(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            broker.knows[TOPIC] = "another"
        if len(rests) == 3:
            raise asyncio.CancelledError

    def prepare(_: object) -> None:
        raise BrokerFailed("no answer")

    rests: list[float] = []
    failures: list[BaseException] = []
    monkeypatch.setattr(topic_watch, "MISSING_FOR", -1.0)
    monkeypatch.setattr(topic_watch, "prepare_topics", prepare)
    monkeypatch.setattr(asyncio, "sleep", rest)
    broker.knows[CHANGELOG] = "two"
    watch = watching()
    del broker.knows[CHANGELOG]
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch.run(failures.append))
    assert [type(failure) for failure in failures] == [TopicMismatch]
