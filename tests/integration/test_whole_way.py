"""The demo's morning through a worker on a real Kafka: what it decides is what a replay decides."""

import heapq
from pathlib import Path

from schemas.records import ConversationMessage, Role, TicketUpdate
from streams.core.policy.shipped import shipped_text
from streams.demo.input import folder, profiles
from streams.history.files import read_history, time_of
from streams.policies.shelf import Change, Shelf
from tests.integration.whole_way import whole_way


def test_every_message_is_decided_once_and_as_a_replay_decides_it(
    kafka_bootstrap: str, unique: str, tmp_path: Path
) -> None:
    files = [read_history(folder() / name) for name in ("conversations.jsonl", "outage.jsonl")]
    events = list(heapq.merge(*files, key=time_of))
    # A stricter policy takes over in the middle of the morning.
    middle = time_of(events[len(events) // 2])
    change = Change(middle, middle)
    text = "based_on: default\nname: default\nversion: 2\ntriggers: {billing: {threshold: 0.2}}"
    policies = Shelf().publication(text, shipped_text("default"), change)
    report = whole_way(kafka_bootstrap, tmp_path, events, profiles(), policies, unique)
    said = [event for event in events if isinstance(event, ConversationMessage)]
    # An out-of-office reply is among them, which nobody answers.
    assert report.customer_messages == sum(message.role is Role.CUSTOMER for message in said) - 1
    assert report.decisions["timer"] > 0
    assert report.policies.keys() == {"default@1", "default@2"}
    assert report.exact, report


def test_merges_are_followed_by_worker_and_replay_alike(
    kafka_bootstrap: str, unique: str, tmp_path: Path
) -> None:
    events = list(read_history(Path(__file__).parents[1] / "history" / "merges.jsonl"))
    report = whole_way(kafka_bootstrap, tmp_path, events, name=unique)
    assert report.decisions["update"] > sum(isinstance(one, TicketUpdate) for one in events) / 2
    assert report.exact, report
