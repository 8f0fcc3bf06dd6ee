"""What a worker on real Kafka says of itself, how much it holds, and how it ends."""

import asyncio
import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from faust.types.settings import Settings
from yarl import URL

from streams.engine import StateMismatch, make_app
from tests.chaos.counting_worker import config_of
from tests.chaos.drill import wait_until_read
from tests.chaos.feed import Feed, numbered
from tests.chaos.on_engine import PARTITIONS
from tests.chaos.reading import read
from tests.conftest import Broker
from tests.engine.trial import NEVER, Trial
from tests.patience import PATIENCE

RECORDS = 100
"""No more than a worker is given before its first checkpoint."""


@pytest.fixture
def trial(kafka: Broker, unique: str, tmp_path: Path) -> Iterator[Trial]:
    made = Trial(kafka, unique, tmp_path)
    yield made
    made.group.stop()


def by_partition(trial: Trial, topic: str) -> dict[int, int]:
    """How many committed records each partition has."""
    counts = dict.fromkeys(range(PARTITIONS), 0)
    for message in read(trial.broker.bootstrap, topic):
        counts[message.partition()] += 1
    return counts


def test_sigterm_ends_a_worker_in_time_with_a_checkpoint_of_all_it_has_done(trial: Trial) -> None:
    trial.group.start("A", COMMIT_PAUSE=NEVER)
    trial.wait_until_ready()
    trial.feed(RECORDS, 1_000).finish()
    time.sleep(4)
    assert sum(trial.committed().values()) == 0, "no checkpoint until it is told to end"
    started = time.monotonic()
    assert trial.group.stop() == [0]
    assert time.monotonic() - started < 10
    assert trial.committed() == by_partition(trial, trial.names.source)
    assert trial.committed() == by_partition(trial, trial.names.answers)
    assert trial.verdict().exact


def ready(port: int) -> tuple[int, dict[str, int]]:
    """What `/readyz` answers: the status, and the lag by topic and partition."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=8)) as connection:
        connection.request("GET", "/readyz")
        with connection.getresponse() as answer:
            return answer.status, json.loads(answer.read())["lag"]


def test_a_worker_is_not_ready_before_it_works_and_says_how_far_behind_it_is(
    trial: Trial,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    trial.group.start("A", COMMIT_PAUSE=NEVER, HEALTH=f"127.0.0.1:{port}")
    answers: list[int] = []
    limit = time.monotonic() + PATIENCE
    while 200 not in answers:
        assert time.monotonic() < limit, answers
        try:
            answers.append(ready(port)[0])
        except ConnectionRefusedError:
            time.sleep(0.05)
    assert answers[0] == 503
    trial.feed(RECORDS, 1_000).finish()
    source = trial.names.source
    behind = {f"{source}[{n}]": count for n, count in by_partition(trial, source).items()}
    while ready(port)[1] != behind:
        assert time.monotonic() < limit, ready(port)
        time.sleep(0.1)
    assert all(behind.values()), "every partition has some"


def test_a_slow_agent_holds_little_of_a_long_source(trial: Trial) -> None:
    def resident() -> int:
        """The worker's memory, in MiB."""
        pages = Path(f"/proc/{trial.group.pid_of('A')}/statm").read_text().split()[1]
        return int(pages) * 4 >> 10

    trial.group.start("A", QUEUED_RECORDS="500", REST="0.5")
    trial.wait_until_ready()
    before = resident()
    producer = Producer({"bootstrap.servers": trial.broker.bootstrap, "linger.ms": 20})
    value = json.dumps({"n": 1, "text": "x" * 4_000}).encode()
    for number in range(50_000):
        producer.produce(trial.names.source, value, str(number % 100))
        producer.poll(0)
        if number % 5_000 == 0:
            producer.flush(60)
    assert producer.flush(60) == 0
    most = 0
    for _ in range(40):
        most = max(most, resident() - before)
        time.sleep(0.1)
    assert by_partition(trial, trial.names.answers) != by_partition(trial, trial.names.source)
    assert most < 100, "MiB of the 190 that wait"


def test_a_worker_that_has_had_nothing_to_do_for_long_takes_over(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial, longest = Trial(kafka, unique, tmp_path, partitions=1), 2.5
    for worker in ("A", "B"):
        trial.group.start(worker, SESSION_TIMEOUT="4000", LONGEST_REST=str(longest))
        trial.wait_until_ready(worker=worker)
    try:
        idle = "A" if trial.group.owned("B") else "B"
        time.sleep(2 * longest)
        trial.group.pause("B" if idle == "A" else "A")
        trial.feed(100, 1_000).finish()
        assert wait_until_read(kafka.bootstrap, trial.names.group, trial.names.source, 60)
    finally:
        trial.group.stop()


Groups = dict[int, Any]
"""Topics that are assigned together, by their number of partitions."""


def nothing(_: Groups) -> Groups:
    """As where no topic is known."""
    return {}


def one_partition(groups: Groups) -> Groups:
    """As where one partition of each topic is known."""
    return dict.fromkeys([1], *groups.values())


async def lead(
    trial: Trial, folder: Path, known: Callable[[Groups], Groups], url: str = ""
) -> set[int]:
    """Lead the group as worker A that knows this of its topics, and die; returns what it had."""
    app = make_app(
        config_of(
            {
                "BOOTSTRAP": trial.broker.bootstrap,
                "GROUP": trial.names.group,
                "WORKER": "A",
                "DATA": str(folder),
            }
        )
    )
    if url:
        app.conf.canonical_url = URL(url)
    assignor: Any = app.assignor
    groups = assignor._get_copartitioned_groups
    assignor._get_copartitioned_groups = lambda *of: known(groups(*of))
    member = AIOKafkaConsumer(
        trial.names.source,
        bootstrap_servers=trial.broker.bootstrap,
        group_id=trial.names.group,
        group_instance_id="A",
        partition_assignment_strategy=[assignor],
        session_timeout_ms=30_000,
        enable_auto_commit=False,
    )
    await member.start()
    while (
        member._coordinator.generation < 1 or member._subscription.subscription.assignment is None
    ):
        await asyncio.sleep(0.05)
    had = {tp.partition for tp in member.assignment()}
    await member.stop()
    return had


@pytest.mark.parametrize(("known", "had"), [(nothing, set()), (one_partition, {0})])
def test_who_takes_the_place_of_a_leader_that_did_not_know_all_is_given_all(
    trial: Trial, tmp_path: Path, known: Callable[[Groups], Groups], had: set[int]
) -> None:
    """The group takes it for a follower and gives it again what it had."""
    assert asyncio.run(lead(trial, tmp_path / "before", known)) == had
    trial.group.start("A")
    trial.wait_until_ready()
    trial.feed(RECORDS, 1_000).finish()
    assert trial.stop_when_read() == [0]
    assert trial.verdict().exact


def test_a_source_that_is_new_when_a_worker_takes_its_place_again_is_read(
    trial: Trial, tmp_path: Path
) -> None:
    added = f"{trial.names.group}-added"
    trial.broker.create(added, PARTITIONS)
    assert len(asyncio.run(lead(trial, tmp_path / "before", dict))) == PARTITIONS
    trial.group.start("A", ALSO=added)
    trial.wait_until_ready()
    Feed(trial.broker.bootstrap, (added,), numbered(200), 1_000).start(RECORDS).finish()
    assert wait_until_read(trial.broker.bootstrap, trial.names.group, added, PATIENCE)
    assert trial.group.stop() == [0]


def test_a_source_that_only_the_newer_of_two_workers_reads_gives_no_partition_two_owners(
    trial: Trial,
) -> None:
    """The group deals out topics apart that not all its members read."""
    added = f"{trial.names.group}-added"
    trial.broker.create(added, PARTITIONS)
    trial.group.start("A")
    trial.wait_until_ready()
    trial.group.start("B", ALSO=added)
    trial.wait_until_ready(worker="B")
    trial.wait_until_ready(lives=2)
    owned = [trial.group.owned(worker) for worker in ("A", "B")]
    assert owned[0] | owned[1] == set(range(PARTITIONS))
    assert not owned[0] & owned[1]
    trial.feed(RECORDS, 1_000).finish()
    assert wait_until_read(trial.broker.bootstrap, trial.names.group, trial.names.source, PATIENCE)
    assert trial.group.replace("A", ALSO=added) == 0
    trial.wait_until_ready(lives=3)
    trial.feed(RECORDS, 1_000).finish()
    assert trial.stop_when_read() == [0, 0]
    verdict = trial.verdict()
    # Its positions know of one source only.
    assert (verdict.lost, verdict.doubled) == (0, 0)


def test_a_source_that_the_release_between_does_not_read_is_gone_on_with(trial: Trial) -> None:
    """A release that is taken back for a while, and what only it reads."""
    added = f"{trial.names.group}-added"
    trial.broker.create(added, PARTITIONS)
    feed = Feed(trial.broker.bootstrap, (added,), numbered(200), 1_000)
    trial.group.start("A", ALSO=added)
    trial.wait_until_ready()
    feed.start(RECORDS).finish()
    assert wait_until_read(trial.broker.bootstrap, trial.names.group, added, PATIENCE)
    assert trial.group.replace("A") == 0
    trial.wait_until_ready(lives=2)
    trial.feed(RECORDS, 1_000).finish()
    assert wait_until_read(trial.broker.bootstrap, trial.names.group, trial.names.source, PATIENCE)
    assert trial.group.replace("A", ALSO=added) == 0
    trial.wait_until_ready(lives=3)
    assert trial.group.stop() == [0]


@pytest.mark.parametrize("url", ["", "http://elsewhere:6066"])
def test_a_worker_takes_its_place_again_on_another_host(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A container that is made anew has another name; an earlier release went by that."""
    monkeypatch.setattr(Settings, "NODE_HOSTNAME", "elsewhere")
    asyncio.run(lead(trial, tmp_path / "before", dict, url))
    trial.group.start("A")
    trial.wait_until_ready()
    assert trial.group.stop() == [0]
    assert not trial.group.exits


def generation(trial: Trial) -> int:
    """The last generation of the group that a worker has joined, by its log."""
    joined = re.compile(rb"Joined group '.*' \(generation (\d+)\)")
    logs = [trial.group.log_of(worker).read_bytes() for worker in trial.group.names]
    return max(int(number) for log in logs for number in joined.findall(log))


def test_a_worker_beyond_the_partitions_joins_with_one_rebalance(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path, partitions=2)
    try:
        for worker in ("A", "B"):
            trial.group.start(worker)
            trial.wait_until_ready(worker=worker)
        time.sleep(3)
        before = generation(trial)
        trial.group.start("C")
        trial.wait_until_ready(worker="C")
        time.sleep(3)
        assert generation(trial) == before + 1
    finally:
        trial.group.stop()


@pytest.mark.parametrize("waits_for", ["changelog", "copied"])
def test_sigterm_ends_a_worker_that_waits_for_an_open_transaction_before_it_is_ready(
    kafka: Broker, unique: str, tmp_path: Path, waits_for: str
) -> None:
    trial, copied = Trial(kafka, unique, tmp_path, partitions=1), f"{unique}-copied"
    kafka.create(copied, 1)
    waited_for = copied if waits_for == "copied" else trial.names.changelog
    open_one = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": unique})
    open_one.init_transactions()
    trial.group.start("A", COPY=copied)
    try:
        trial.wait_until_ready()
        assert trial.group.stop() == [0]
        open_one.begin_transaction()
        open_one.produce(waited_for, b"{}", b"key", 0)
        assert open_one.flush(10) == 0
        trial.group.start("A", COPY=copied)
        log, limit = trial.group.log_of("A"), time.monotonic() + PATIENCE
        while log.read_bytes().count(b"Executing _on_partitions_assigned") < 2:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        started = time.monotonic()
        assert trial.group.stop() == [0]
        assert time.monotonic() - started < 10
        assert trial.group.times_ready("A") == 1, "it was not ready again"
    finally:
        trial.group.stop()
        open_one.abort_transaction()


def _set_back(admin: AdminClient, offsets: ConsumerGroupTopicPartitions) -> list[TopicPartition]:
    """What the broker answers to each partition: no to all of them while the group has members."""
    group = offsets.group_id
    asked = admin.alter_consumer_group_offsets([offsets])
    found: list[TopicPartition] = asked[group].result(PATIENCE).topic_partitions
    return found


def test_a_group_whose_offsets_the_broker_has_forgotten_is_set_back_to_where_the_state_stands(
    trial: Trial,
) -> None:
    group, admin = trial.names.group, AdminClient({"bootstrap.servers": trial.broker.bootstrap})
    feed = trial.feed(RECORDS, 1_000)
    trial.group.start("A")
    trial.wait_until_ready()
    feed.finish()
    assert trial.stop_when_read() == [0]
    offsets = trial.committed()
    admin.delete_consumer_groups([group])[group].result(PATIENCE)
    trial.feed(RECORDS, 1_000).finish()
    trial.group.start("A")
    limit = time.monotonic() + PATIENCE
    while not trial.group.exits[StateMismatch.exit_code]:
        assert time.monotonic() < limit, trial.group.log_of("A").read_text()
        time.sleep(0.1)
    trial.group.stop()
    assert "the state stands at offset" in trial.group.log_of("A").read_text()
    places = [TopicPartition(trial.names.source, *place) for place in offsets.items()]
    back = ConsumerGroupTopicPartitions(group, places)
    while any(place.error for place in _set_back(admin, back)):
        assert time.monotonic() < limit, "the member that has ended is not forgotten"
        time.sleep(0.5)
    trial.group.start("A")
    trial.wait_until_ready(lives=2)
    assert trial.stop_when_read() == [0]
    assert trial.verdict().exact
