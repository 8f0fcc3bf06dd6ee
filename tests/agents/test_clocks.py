"""A clock that is off is counted by who wrote."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from schemas.codec import Codec
from schemas.records import ConversationMessage, Role
from streams.agents.clocks import OFF
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.policy import default_policy
from streams.engine import SourceRecord
from streams.measuring import MOST_PRODUCERS, ClockCount
from tests.agents.harness import START, Harness
from tests.engine.records import source_record

DAY = 86_400_000


def said(off: int, source: str | None = None) -> SourceRecord:
    """A message whose time is off by so many milliseconds from the broker's."""
    message = ConversationMessage("m1", "t1", Role.CUSTOMER, "hello", START + off)
    encoded = Codec().encode(message)
    headers = [(name, value) for name, value in encoded.headers if name != "ce_source"]
    if source is not None:
        headers.append(("ce_source", source.encode()))
    return source_record(0, START, encoded.key, encoded.value, headers=tuple(headers))


def counted(folder: Path, *records: SourceRecord) -> dict[tuple[str, str, int], None]:
    found: dict[tuple[str, str, int], None] = {}
    agent = TicketsAgent(
        Codec(), Decider(default_policy()), lambda *one: found.__setitem__(one, None)
    )
    Harness(agent, folder, CONVERSATIONS).feed(CONVERSATIONS, *records)
    return found


def test_a_clock_within_five_minutes_is_not_counted(tmp_path: Path) -> None:
    assert not counted(tmp_path, said(0, "/chat"), said(OFF, "/chat"), said(-OFF, "/chat"))


def test_records_are_counted_by_who_wrote_them_and_which_way_they_are_off(tmp_path: Path) -> None:
    found = counted(
        tmp_path,
        said(OFF + 1, "/chat"),
        said(OFF * 2, "/chat"),
        said(-OFF - 1, "/chat"),
        said(OFF + 1),
    )
    assert set(found) == {("/chat", "ahead", 2), ("/chat", "behind", 1), ("unnamed", "ahead", 1)}


@pytest.mark.parametrize(
    ("off", "way"),
    [
        (-START, "behind"),
        (-START + 5_000, "behind"),
        (2 * DAY, "ahead"),
        (999 * START, "ahead"),
    ],
)
def test_a_time_that_cannot_be_is_counted_too(tmp_path: Path, off: int, way: str) -> None:
    assert set(counted(tmp_path, said(off, "/mail"))) == {("/mail", way, 1)}


def test_many_names_of_producers_are_one_label() -> None:
    clocks, registry = ClockCount("tickets"), CollectorRegistry()
    for collector in clocks.collectors:
        registry.register(collector)
    for number in range(10 * MOST_PRODUCERS):
        clocks(f"/bot/{number}", "ahead", 1)
    lines = [line for line in generate_latest(registry).decode().splitlines() if "_total{" in line]
    assert len(lines) == MOST_PRODUCERS
    assert sum("/bot/0" in line for line in lines) == 1
    assert sum('producer="other"' in line and line.endswith(" 451.0") for line in lines) == 1
