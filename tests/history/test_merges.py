"""What the tickets agent tells the other ticket of a merge, a replay of a file decides, too."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from schemas.codec import Codec, Tombstone
from schemas.records import (
    ConversationMessage,
    Decision,
    Escalation,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.cli.past import Past
from streams.core.policy import default_policy, load_policy
from streams.engine import Output, SourceRecord
from streams.history.files import Event, read_arrivals, read_history
from streams.history.replaying import Replay
from streams.settings import Settings
from tests.agents.harness import START, Harness, decoded
from tests.engine.records import source_record

FILE = Path(__file__).parent / "merges.jsonl"
DECIDER = Decider(default_policy())


def decisions(records: Iterator[Record | Tombstone]) -> list[Decision]:
    return [one for one in records if isinstance(one, Decision)]


def topic_of(events: Sequence[Event], worker: Harness) -> tuple[list[SourceRecord], list[Output]]:
    """All that lies on the conversations once a worker has read the events, and what it wrote."""
    topic: list[SourceRecord] = []
    written: list[Output] = []
    for event in events:
        encoded = Codec().encode(event)
        time = event.occurred_at if isinstance(event, TicketUpdate) else event.sent_at
        coming = [source_record(0, time, encoded.key, encoded.value, headers=())]
        while coming:
            topic.append(coming[0])
            outputs = worker.feed(CONVERSATIONS, coming.pop(0))
            written += outputs
            coming += [
                source_record(0, one.timestamp, one.key, one.value, headers=one.headers)
                for one in outputs
                if one.topic == CONVERSATIONS
            ]
    return topic, written


def tail(topic: Sequence[SourceRecord], file: Path) -> Path:
    """The lines of `baton tail --json`, as far as they matter."""
    lines = [{"timestamp": one.timestamp, "record": json.loads(one.value or b"")} for one in topic]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


def test_a_replay_follows_merges_as_a_worker_does_from_a_file_and_from_what_a_tail_told(
    tmp_path: Path,
) -> None:
    events = list(read_history(FILE))
    worker = Harness(TicketsAgent(Codec(), DECIDER), tmp_path, CONVERSATIONS)
    topic, written = topic_of(events, worker)
    made = decoded(written, "support.decisions")
    told = [one for one in made if (one.subject_id or "").endswith("/merged/1")]
    assert {one.ticket_id for one in told} == {"M-2", "M-4", "M-6", "M-7", "M-8", "M-10"}
    assert decisions(Replay(DECIDER, 1).run(events)) == made
    recorded = read_arrivals(tail(topic, tmp_path / "tail.jsonl"))
    assert decisions(Replay(DECIDER, 1).arrive(recorded)) == made


@pytest.mark.parametrize("order", [("u1", "u2"), ("u2", "u1")])
def test_the_platforms_words_on_a_merge_may_come_in_either_order(order: Sequence[str]) -> None:
    ours = [one for one in read_history(FILE) if one.ticket_id in ("M-1", "M-2")]
    words = {one.update_id: one for one in ours if isinstance(one, TicketUpdate)}
    said = [one for one in ours if not isinstance(one, TicketUpdate)][:3]
    found = list(Replay(DECIDER, 12).run([*said, *(words[name] for name in order)]))
    moved = [one for one in found if isinstance(one, Escalation) and one.ticket_id == "M-2"]
    assert [one.route for one in moved] == ["billing"]


def test_explain_reads_the_partitions_that_a_merge_comes_from() -> None:
    past = Past(None, None, None, 12, False)
    every = decisions(past.decide(past.arrivals(FILE), Settings()))
    for ticket in {one.ticket_id for one in every}:
        ours = [one for one in every if one.ticket_id == ticket]
        found = decisions(past.decide(past.arrivals(FILE, ticket), Settings()))
        assert [one for one in found if one.ticket_id == ticket] == ours


def test_the_other_half_that_a_plain_file_has_counts_once() -> None:
    events = list(read_history(FILE))
    halves = [
        one
        for one in Replay(DECIDER, 12).run(events)
        if isinstance(one, TicketUpdate) and one.kind is UpdateKind.MERGED_FROM
    ]
    made = decisions(Replay(DECIDER, 12).run(events))
    assert decisions(Replay(DECIDER, 12).run([*events, *halves])) == made


def test_a_replay_keeps_the_lines_of_a_transcript_as_a_worker_stores_them(tmp_path: Path) -> None:
    decider = Decider(load_policy("based_on: default\nprivacy: {stored: {email: mask}}"))
    mine = ConversationMessage("m1", "T1", Role.CUSTOMER, "I am mara@example.org", START)
    asks = ConversationMessage("m2", "T1", Role.CUSTOMER, "A person, please!", START + 1)
    worker = Harness(TicketsAgent(Codec(), decider), tmp_path / "worker", CONVERSATIONS)
    _, written = topic_of([mine, asks], worker)
    [made] = decoded(written, "support.escalations.general")
    replayed = Replay(decider, 1).run([mine, asks])
    [told] = [one for one in replayed if isinstance(one, Escalation)]
    assert told.package.transcript == made.package.transcript
    assert told.package.transcript[0].text == "I am ****************"
