"""`baton erase` beside running workers on real Kafka: afterwards nobody has the person's words."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import (
    AccountActivity,
    ActivityKind,
    ContextSection,
    ConversationMessage,
    Csat,
    Decision,
    MessageStatus,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
)
from schemas.topics import TOPICS
from streams.admin.held import Holders
from streams.engine import Connection, read_to_end, wall_clock
from streams.history.playing import Player
from streams.kinds import AGENTS, changelogs, engine_config
from streams.reading import Follower, Seen
from streams.settings import load_settings
from tests.chaos.drill import committed
from tests.cli.test_commands import baton
from tests.conftest import Broker
from tests.integration.obedient import ObedientReader
from tests.integration.running import environment_of, make_topics, running_worker
from tests.patience import PATIENCE

SECRET = "xylophone"
"""A word that only this customer writes."""
PERSON, ACCOUNT = "mara@example.org", "acme-4711"
OTHER = "the neighbour writes of a teapot"


class Site:
    """Workers on one broker under a prefix of their own, and what lies there."""

    def __init__(self, broker: Broker, unique: str, folder: Path) -> None:
        self.connection = Connection(broker.bootstrap, topic_prefix=f"{unique}.")
        self.folder = folder
        self.environment = environment_of(broker, unique, folder)
        self.topics = make_topics(broker, self.connection)

    def play(self, *events: Record) -> None:
        player = Player(self.connection, Codec())
        for event in events:
            player.send(event, wall_clock())
        player.flush()

    def lying(self) -> list[Seen]:
        """All committed records."""
        with Follower(self.connection, Codec(), self.topics, from_start=True) as follower:
            return list(follower.to_end())

    def wait_for(self, happened: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < limit
            time.sleep(0.2)

    def wait_until_decided(self) -> None:
        """All that `person_tells_much` says of whom a decision is expected has one."""
        decided = set[str]()
        with Follower(self.connection, Codec(), ["support.decisions"], from_start=True) as follower:

            def all_are() -> bool:
                for seen in follower.poll(0.0):
                    if isinstance(seen.record, Decision):
                        decided.add(seen.record.subject_id)
                return decided >= {"T1-1", "T1-3", "T2-1", "d1", "T3-1", "T9-1"}

            self.wait_for(all_are)

    def mentions(self, text: str) -> list[tuple[str, bytes]]:
        """The keys of what agents have in state that has this text."""
        return [place for place, value in self.states().items() if text.encode() in value]

    def states(self) -> dict[tuple[str, bytes], bytes]:
        """What the agents have in state, by changelog and key."""
        settings = load_settings()
        states: dict[tuple[str, bytes], bytes] = {}
        config = engine_config("tickets", settings)
        for message in read_to_end(config, changelogs(settings)):
            place = message.topic(), message.key()
            states.pop(place, None)
            if message.value() is not None:
                states[place] = message.value()
        return states

    def wait_until_handled(self) -> None:
        """Every agent has committed all that lies on its sources; it would end if that went."""
        settings, last = load_settings(), dict[str, int]()
        for seen in self.lying():
            last[self.connection.topic(seen.topic)] = seen.offset
        configs = [engine_config(name, settings) for name in AGENTS]

        def handled() -> bool:
            return all(
                committed(self.connection.bootstrap, config.group, topic)[0] > last[topic]
                for config in configs
                for topic in config.sources
                if topic in last
            )

        self.wait_for(handled)

    def let_retention_pass(self) -> None:
        """Every topic that is not compacted loses all that lies there."""
        admin = AdminClient(self.connection.librdkafka())
        ends = []
        for name in self.topics:
            declared = TOPICS.get(name)
            if declared is None or not declared.compacted:
                ends.append(TopicPartition(self.connection.topic(name), 0, -1))
        for done in admin.delete_records(ends).values():
            done.result(PATIENCE)


@pytest.fixture
def site(kafka: Broker, unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(kafka, unique, tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def worker(site: Site) -> Iterator[None]:
    with running_worker(site.folder, os.environ | site.environment):
        yield


def said(ticket: str, number: int, text: str, role: Role = Role.CUSTOMER) -> ConversationMessage:
    return ConversationMessage(
        f"{ticket}-{number}", ticket, role, f"{text} {SECRET}", wall_clock(),
        requester_id=PERSON, author_id=PERSON, account_id=ACCOUNT,
    )  # fmt: skip


def update(ticket: str, kind: UpdateKind, **more: Any) -> TicketUpdate:
    return TicketUpdate(f"{ticket}-{kind}", ticket, kind, wall_clock(), **more)


def person_tells_much() -> list[Record]:
    """Three tickets: a person has one, a draft of one waits for review, one is resolved."""
    section = ContextSection("crm", wall_clock(), "Notes", {"last call": SECRET})
    draft = replace(
        said("T2", 2, "You could", Role.AI),
        status=MessageStatus.DRAFT, draft_id="d1", in_reply_to="T2-1",
    )  # fmt: skip
    return [
        said("T1", 1, "This is a disgrace, I am furious! Order B-77123 never came."),
        update("T1", UpdateKind.CONTEXT, context=section),
        update("T1", UpdateKind.CSAT, csat=Csat(0.1, comment=SECRET)),
        said("T1", 2, "I am looking at it.", Role.HUMAN),
        said("T1", 3, "I want my money back or I call my lawyer."),
        said("T2", 1, "Can you export lists?"),
        replace(draft, confidence=0.1),
        said("T3", 1, "How do I invite a colleague?"),
        said("T3", 2, "Under Team, Invite.", Role.AI),
        update("T3", UpdateKind.RESOLVED),
        replace(said("T9", 1, OTHER), requester_id="noor", author_id="noor", text=OTHER),
    ]


@pytest.mark.usefixtures("worker")
def test_after_an_erasure_neither_states_nor_obedient_readers_have_the_persons_words(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    site.play(*person_tells_much())
    site.wait_until_decided()
    assert len(site.mentions(SECRET)) == 8  # seven lines, and the context of T1
    code, lines, _ = baton(capfd, "erase", "--requester", PERSON, "--wait", "60")
    receipt = json.loads("\n".join(lines))
    assert (code, receipt["taken_up"]) == (0, ["T1", "T2", "T3"])
    site.wait_for(lambda: not site.mentions(PERSON))
    assert not site.mentions(SECRET)
    assert site.mentions(OTHER)
    reader = ObedientReader()
    topics = set()
    for seen in site.lying():
        reader.see(seen.topic, seen.key, seen.record)
        topics |= {seen.topic} if SECRET in repr(seen.record) else set()
    assert topics >= {"support.conversations", "support.reviews"}
    assert any(topic.startswith("support.escalations.") for topic in topics)
    assert not reader.keeps(SECRET)
    assert not reader.keeps(PERSON)
    assert reader.keeps(OTHER)
    _, lines, _ = baton(capfd, "erase", "--ticket", "T1", "--wait", "60")
    assert json.loads("\n".join(lines))["taken_up"] == ["T1"], "erased again is as good"


@pytest.mark.usefixtures("worker")
def test_a_ticket_that_only_its_accounts_history_names_any_more_is_erased_from_it_by_its_id(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    history = Holders(load_settings())
    for ticket in ("T7", "T8"):
        opened = f"{ticket}/a/opened/1", ticket, ActivityKind.OPENED, wall_clock()
        site.play(AccountActivity(*opened, account_id=ACCOUNT))
    site.wait_for(lambda: [*history.tickets_of(ACCOUNT, None)] == ["T7", "T8"])
    code, lines, _ = baton(capfd, "erase", "--ticket", "T8", "--wait", "60")
    assert (code, json.loads("\n".join(lines))["taken_up"]) == (0, ["T8"])
    site.wait_for(lambda: [*history.tickets_of(ACCOUNT, None)] == ["T7"])


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("option", "tickets"),
    [
        (("--requester", PERSON), ["T1", "T2", "T3"]),
        (("--account", ACCOUNT), ["T1", "T2", "T3", "T9"]),
    ],
)
def test_tickets_that_no_topic_names_any_more_are_found_and_erased(
    site: Site, capfd: pytest.CaptureFixture[str], option: tuple[str, str], tickets: list[str]
) -> None:
    site.play(*person_tells_much())
    site.wait_until_decided()
    site.wait_until_handled()
    site.let_retention_pass()
    code, lines, _ = baton(capfd, "erase", *option, "--wait", "60")
    assert (code, json.loads("\n".join(lines))["taken_up"]) == (0, tickets)
    assert not site.mentions(SECRET)
