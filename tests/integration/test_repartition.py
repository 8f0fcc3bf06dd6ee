"""Half of a history on four partitions, the other half on six: decided as if nothing had been."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.codec import Codec
from schemas.records import (
    AccountProfile,
    Cause,
    ConversationMessage,
    Decision,
    Escalation,
    TicketUpdate,
)
from schemas.topics import route_topic
from streams.admin.topics import Topics, wanted_topics
from streams.agents.deciding import Decider
from streams.cli.main import main
from streams.engine import StateMismatch
from streams.history.files import Event, read_history
from streams.history.playing import Pace, Player
from streams.history.replaying import Replay
from streams.kinds import AGENTS, engine_config
from streams.policies.local import policy_of, route_names
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings
from tests.conftest import Broker
from tests.patience import PATIENCE
from tests.program import Program

HISTORY = Path("deploy/demo/conversations.jsonl")
BEFORE, AFTER = 4, 6


@pytest.fixture
def settings(kafka: Broker, unique: str, tmp_path: Path) -> Settings:
    return Settings(
        bootstrap_servers=kafka.bootstrap,
        group=unique,
        topic_prefix=f"{unique}.",
        data_dir=tmp_path,
        worker_id="A",
        replication=1,
        clock="records",
    )


@contextmanager
def environment(settings: Settings) -> Iterator[dict[str, str]]:
    """The settings as commands take them."""
    names = ("bootstrap_servers", "group", "topic_prefix", "data_dir", "worker_id", "clock")
    ours = {f"BATON_{name.upper()}": str(getattr(settings, name)) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (ours | {"BATON_REPLICATION": "1"}).items():
            patch.setenv(name, value)
        yield dict(os.environ)


def unhandled(settings: Settings, name: str) -> int:
    """Records before the ends of an agent's sources that its group has not committed."""
    config = engine_config(name, settings)
    consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": config.group})
    try:
        found = consumer.list_topics(timeout=PATIENCE).topics
        wanted = [
            TopicPartition(topic, number)
            for topic in config.sources
            for number in found[topic].partitions
        ]
        # A commit record of a transaction may lie between the two.
        return sum(
            max(0, consumer.get_watermark_offsets(tp, 10)[1] - max(tp.offset, 0) - 1)
            for tp in consumer.committed(wanted, 10)
        )
    except KafkaException:
        return 1  # a new group's coordinator takes a moment
    finally:
        consumer.close()


def run(settings: Settings, events: Sequence[Event]) -> None:
    """Play the events and run a worker until all of them are handled."""
    list(Player(connection_of(settings), Codec()).play(events, Pace(None)))
    with environment(settings) as variables:
        worker = Program(["-m", "streams.cli.main", "worker"], variables, Path(os.devnull))
    limit, quiet = time.monotonic() + PATIENCE, 0
    while quiet < 3:
        assert worker.poll() is None
        assert time.monotonic() < limit
        quiet = quiet + 1 if not any(unhandled(settings, name) for name in AGENTS) else 0
        time.sleep(0.5)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0


def outcomes(settings: Settings) -> dict[str, tuple[object, ...]]:
    """What was decided of each message and handed over of each ticket, by id."""
    routes = [route_topic(route) for route in route_names(policy_of(settings))]
    topics = ["support.decisions", *routes]
    with Follower(connection_of(settings), Codec(), topics, from_start=True) as follower:
        return told(seen.record for seen in follower.to_end())


def came(*floors: Settings) -> list[Event]:
    """All that came on the conversations of each, the accounts agent's word included, in time."""
    found: list[tuple[int, Event]] = []
    for settings in floors:
        latest: dict[int, int] = defaultdict(int)
        with Follower(
            connection_of(settings), Codec(), ["support.conversations"], from_start=True
        ) as follower:
            for seen in follower.to_end():
                assert isinstance(seen.record, ConversationMessage | TicketUpdate)
                latest[seen.partition] = max(latest[seen.partition], seen.timestamp)
                found.append((latest[seen.partition], seen.record))
    return [event for _, event in sorted(found, key=itemgetter(0))]


def told(records: Iterator[object]) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for one in records:
        if isinstance(one, Decision) and one.cause is Cause.MESSAGE:
            reasons = tuple(reason.code for reason in one.reasons)
            found[one.message_id or ""] = (one.tier, one.action, reasons)
        elif isinstance(one, Escalation):
            name = f"{one.escalation_id}@{one.revision}"
            found[name] = tuple(line.message_id for line in one.package.transcript)
    return found


def test_state_is_carried_over_to_another_number_of_partitions(
    settings: Settings, unique: str, capfd: pytest.CaptureFixture[str]
) -> None:
    events, policy = list(read_history(HISTORY, ai_answers=True)), policy_of(settings)
    half = len(events) // 2
    topics = Topics(connection_of(settings))
    wanted = wanted_topics([*route_names(policy), "published"], dev=True, partitions=BEFORE)
    topics.apply(topics.plan(wanted))
    run(settings, events[:half])
    moved = replace(settings, topic_prefix=f"{unique}.v2.")
    with environment(settings):
        options = ("--partitions", str(AFTER), "--prefix", moved.topic_prefix, "--dev")
        assert ended("topics", "repartition", *options) == 0
        printed = capfd.readouterr().out
        assert "state of tickets" in printed
        assert f"{moved.topic_prefix}support.accounts" in printed
        assert ended("topics", "repartition", *options) != 0, "the new topics are not empty"
    assert Topics(connection_of(moved)).describe([route_topic("published")])
    run(moved, events[half:])
    decider = Decider(policy, dict[str, AccountProfile]().get)
    expected = told(Replay(decider, BEFORE).run(came(settings, moved)))
    assert outcomes(settings) | outcomes(moved) == expected
    assert len(outcomes(moved)) > 10


def ended(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code


def test_what_has_not_been_handled_is_not_left_behind(
    settings: Settings, unique: str, capfd: pytest.CaptureFixture[str]
) -> None:
    topics = Topics(connection_of(settings))
    wanted = wanted_topics(route_names(policy_of(settings)), dev=True, partitions=BEFORE)
    topics.apply(topics.plan(wanted))
    events = list(read_history(HISTORY, ai_answers=True))[:20]
    list(Player(connection_of(settings), Codec()).play(events, Pace(None)))
    options = ("--partitions", "6", "--prefix", f"{unique}.v2.", "--dev")
    with environment(settings):
        codes = [ended("topics", "repartition", *options) for _ in range(2)]
    assert codes == [StateMismatch.exit_code] * 2, "nothing was made that stands in the way"
    assert capfd.readouterr().err.count("let the workers come to the end") == 2
