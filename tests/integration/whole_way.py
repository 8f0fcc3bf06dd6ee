"""Plays a history through the tickets worker on a real Kafka and compares it with its replay.

    python -m tests.integration.whole_way deploy/demo/conversations.jsonl [--no-ai]

prints what was decided and how fast, as one JSON object, and ends with 1 when a customer message
has not exactly one decision, another one has any, or the worker and `baton replay` differ.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, TopicPartition

from schemas.codec import Codec
from schemas.records import (
    AccountProfile,
    Cause,
    ConversationMessage,
    Decision,
    Escalation,
    MessageStatus,
    PolicyVersion,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
    Visibility,
)
from schemas.topics import key_of, partition_of, route_topic
from streams.admin.topics import Topics, wanted_topics
from streams.agents.deciding import Decider
from streams.agents.published import PublishedPolicy
from streams.agents.tickets import CONVERSATIONS
from streams.engine import Connection
from streams.history.files import Event, read_history
from streams.history.playing import Pace, Player
from streams.history.replaying import Replay
from streams.policies.local import policy_of, route_names
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings
from tests.integration.running import START_TIMEOUT
from tests.kafka import running_kafka
from tests.patience import PATIENCE
from tests.program import Program

DECISIONS = "support.decisions"
READY = b"ready: "
PARTITIONS = 12


@dataclass(frozen=True)
class Report:
    """What came of a history. The last four are zero when all is right."""

    events: int
    customer_messages: int
    drafts: int
    seconds: float
    decisions: dict[str, int]
    policies: dict[str, int]
    escalations: dict[str, int]
    undecided: int
    decided_twice: int
    unasked: int
    differing: int = field(default=0)

    @property
    def events_per_second(self) -> int:
        """From the worker's being ready until all was committed."""
        return round(self.events / self.seconds)

    @property
    def exact(self) -> bool:
        """Whether every message has the decisions it should have, and they are the replay's."""
        faults = (self.undecided, self.decided_twice, self.unasked, self.differing)
        return self.customer_messages > 0 and not any(faults)


def whole_way(
    bootstrap: str,
    data: Path,
    events: Sequence[Event],
    profiles: Sequence[AccountProfile] = (),
    policies: Sequence[PolicyVersion] = (),
    name: str = "whole-way",
) -> Report:
    """Play the events on topics of their own, run a worker over them, read and compare.

    `name` is the group's, and stands before the topics'.
    """
    settings = Settings(
        bootstrap_servers=bootstrap, data_dir=data, worker_id="whole-way",
        group=name, topic_prefix=f"{name}.",
    )  # fmt: skip
    policy = policy_of(settings)
    connection = connection_of(settings)
    topics = Topics(connection)
    routes = route_names(policy)
    topics.apply(topics.plan(wanted_topics(routes, dev=True, partitions=PARTITIONS)))
    first, *later = _pieces(events)
    _play(connection, first, [*profiles, *policies])
    with _worker(settings) as log:
        _wait_until(lambda: READY in log.read_bytes(), START_TIMEOUT)
        started = time.monotonic()
        _wait_until(lambda: _is_handled(settings, len(first)), 60 + len(first) / 200)
        for piece in later:
            _play(connection, piece, ())
            _wait_until(lambda: _is_handled(settings, len(first)), 60 + len(piece) / 200)
        seconds = time.monotonic() - started
    known = {profile.account_id: profile for profile in profiles}
    published = {key_of(one): one for one in policies}
    decider = Decider(policy, known.get, PublishedPolicy(published.get, policy).at)
    replayed = Replay(decider, PARTITIONS).run(events)
    expected = [record for record in replayed if isinstance(record, Decision)]
    decided = [one for one in _read(connection, [DECISIONS]) if isinstance(one, Decision)]
    escalated = _read(connection, [route_topic(route) for route in routes])
    return _report(events, seconds, decided, list(escalated), expected)


def _pieces(events: Sequence[Event]) -> list[list[Event]]:
    """The events, each merge a piece of its own: what the worker tells the other ticket comes, as
    in life, behind all that came before the merge and ahead of all that comes after it.
    """
    pieces: list[list[Event]] = [[]]
    for event in events:
        if isinstance(event, TicketUpdate) and event.kind is UpdateKind.MERGED_INTO:
            pieces += [[event], []]
        else:
            pieces[-1].append(event)
    return pieces


def _play(
    connection: Connection,
    events: Sequence[Event],
    before: Sequence[AccountProfile | PolicyVersion],
) -> None:
    player = Player(connection, Codec())
    for record in before:
        player.send(record, 0)
    for _ in player.play(events, Pace(None)):
        pass


def _answers(decided: Sequence[Decision]) -> Counter[str]:
    """How often a ticket decides on each message. What still comes for a ticket that was merged
    away is decided once there and once where it goes on.
    """
    counts = Counter(
        (one.ticket_id, one.subject_id) for one in decided if one.cause is Cause.MESSAGE
    )
    answers = Counter[str]()
    for (_ticket, subject), times in counts.items():
        answers[subject] = max(answers[subject], times)
    return answers


def _report(
    events: Sequence[Event],
    seconds: float,
    decided: Sequence[Decision],
    escalated: Sequence[Record],
    expected: Sequence[Decision],
) -> Report:
    messages = [event for event in events if isinstance(event, ConversationMessage)]
    asked = {message.message_id for message in messages if _is_asked(message)}
    drafts = {message.draft_id or message.message_id for message in messages if _is_draft(message)}
    answers = _answers(decided)
    judged = Counter(one.subject_id for one in decided if one.cause is Cause.DRAFT)
    wanted, found = [(asked, answers), (drafts, judged)], (answers, judged)
    routes = Counter(record.route for record in escalated if isinstance(record, Escalation))
    return Report(
        events=len(events),
        customer_messages=len(asked),
        drafts=len(drafts),
        seconds=round(seconds, 2),
        decisions=dict(Counter(str(one.cause) for one in decided)),
        policies=dict(Counter(one.used.policy for one in decided)),
        escalations=dict(sorted(routes.items())),
        undecided=sum(len(ids - counts.keys()) for ids, counts in wanted),
        decided_twice=sum(count - 1 for counts in found for count in counts.values()),
        unasked=sum(len(counts.keys() - ids) for ids, counts in wanted),
        differing=_differences(decided, expected),
    )


def _is_asked(message: ConversationMessage) -> bool:
    public = message.visibility is Visibility.PUBLIC and not message.automated
    return public and message.role is Role.CUSTOMER


def _is_draft(message: ConversationMessage) -> bool:
    public = message.visibility is Visibility.PUBLIC and not message.automated
    return public and message.role is Role.AI and message.status is MessageStatus.DRAFT


def _differences(decided: Sequence[Decision], expected: Sequence[Decision]) -> int:
    """Decisions that are not the replay's at the same place of their partition."""
    different = 0
    for number in range(PARTITIONS):
        ours = [one for one in decided if _partition(one) == number]
        theirs = [one for one in expected if _partition(one) == number]
        different += abs(len(ours) - len(theirs))
        different += sum(one != other for one, other in zip(ours, theirs, strict=False))
    return different


def _partition(decision: Decision) -> int:
    return partition_of(decision.ticket_id.encode(), PARTITIONS)


def _read(connection: Connection, topics: list[str]) -> Iterator[Record]:
    with Follower(connection, Codec(), topics, from_start=True) as follower:
        for seen in follower.to_end():
            if seen.record is not None:
                yield seen.record


@contextmanager
def _worker(settings: Settings) -> Iterator[Path]:
    environment = os.environ | {
        "BATON_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "BATON_TOPIC_PREFIX": settings.topic_prefix,
        "BATON_GROUP": settings.group,
        "BATON_DATA_DIR": str(settings.data_dir),
        "BATON_WORKER_ID": settings.worker_id,
        "BATON_REPLICATION": "1",
        "BATON_CLOCK": "records",
    }
    path = settings.data_dir / "worker.log"
    command = ["-m", "streams.cli.main", "worker", "--agents", "tickets"]
    worker = Program(command, environment, path)
    try:
        yield path
        worker.terminate()
        assert worker.wait(PATIENCE) == 0, path.read_text()
    finally:
        worker.kill()
        worker.wait()


def _is_handled(settings: Settings, least: int) -> bool:
    """Whether the worker has committed all that lies on the topic, what it added itself, too.

    At `least` so many records lie there: before they are committed nobody need look.
    """
    committed = _committed(settings)
    if sum(committed) < least:
        return False
    connection, last = connection_of(settings), [-1] * PARTITIONS
    with Follower(connection, Codec(), [CONVERSATIONS], from_start=True) as follower:
        for seen in follower.to_end():
            last[seen.partition] = seen.offset
    return all(offset < taken for offset, taken in zip(last, committed, strict=True))


def _committed(settings: Settings) -> list[int]:
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap_servers, "group.id": f"{settings.group}-tickets"}
    )
    try:
        topic = connection_of(settings).topic(CONVERSATIONS)
        wanted = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return [max(found.offset, 0) for found in consumer.committed(wanted, 10)]
    finally:
        consumer.close()


def _wait_until(holds: Callable[[], bool], timeout: float) -> None:
    limit = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < limit, f"not within {timeout:.0f} s"
        time.sleep(0.05)


def main(name: str, *options: str) -> int:
    """Run a file and print its report."""
    events = list(read_history(Path(name), ai_answers="--no-ai" not in options))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "worker"
        data.mkdir()
        with running_kafka(Path(folder) / "kafka") as bootstrap:
            report = whole_way(bootstrap, data, events)
    print(msgspec.json.encode(report).decode())
    print(f"{report.events_per_second} events/s, exact: {report.exact}", file=sys.stderr)
    return 0 if report.exact else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
