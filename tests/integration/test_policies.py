"""Policies published while a worker runs, on both brokers."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.records import ConversationMessage, Decision, Role
from streams.cli.main import main
from streams.engine import Connection, wall_clock
from streams.history.playing import Player
from streams.kinds import changelogs
from streams.reading import Follower
from streams.settings import Settings
from tests.conftest import Broker
from tests.integration.running import environment_of, make_topics, running_worker
from tests.patience import PATIENCE

DECISIONS = "support.decisions"


class Desk:
    """Runs workers, commands and customers on one broker, under a prefix of its own."""

    def __init__(self, broker: Broker, unique: str, folder: Path) -> None:
        self.folder = folder
        self.environment = environment_of(broker, unique, folder) | {
            # Only a real broker answers as soon as there is a record.
            "BATON_FETCH_WAIT": "500" if broker.transactional else "10",
            "BATON_GUARANTEE": "exactly_once" if broker.transactional else "at_least_once",
            "BATON_CREATE_CHANGELOGS": str(broker.transactional).lower(),
        }
        self.connection = Connection(broker.bootstrap, topic_prefix=f"{unique}.")
        make_topics(broker, self.connection)
        if not broker.transactional:
            for name in changelogs(Settings(group=unique, topic_prefix=f"{unique}.")):
                broker.create(name, 1)
        self._count = 0

    @contextmanager
    def worker(self) -> Iterator[None]:
        """The tickets agent, ready."""
        environment = os.environ | self.environment
        with running_worker(self.folder, environment, "--agents", "tickets"):
            yield

    def ask(self, text: str = "How do I export a list?") -> Decision:
        """A new ticket's first message, and the decision on it."""
        self._count += 1
        ticket = f"T{self._count}"
        self.say(ticket, 1, text)
        [decision] = self.decisions(ticket, 1)
        return decision

    def say(self, ticket: str, number: int, text: str) -> None:
        """A customer's message."""
        now, player = wall_clock(), Player(self.connection, Codec())
        message = ConversationMessage(f"{ticket}-{number}", ticket, Role.CUSTOMER, text, now)
        player.send(message, now)
        player.flush()

    def decisions(self, ticket: str, count: int) -> list[Decision]:
        """The first so many decisions on a ticket."""
        found: list[Decision] = []
        limit = time.monotonic() + PATIENCE
        with Follower(self.connection, Codec(), [DECISIONS], from_start=True) as follower:
            while time.monotonic() < limit:
                read = (seen.record for seen in follower.poll(0.1))
                found += [
                    one for one in read if isinstance(one, Decision) and one.ticket_id == ticket
                ]
                if len(found) >= count:
                    return found[:count]
        raise AssertionError(f"{len(found)} decisions on {ticket}")

    def ask_until(self, reference: str) -> Decision:
        """Ask until a version of the policy answers."""
        limit = time.monotonic() + PATIENCE
        while (decision := self.ask()).used.policy != reference:
            assert time.monotonic() < limit, decision.used.policy
        return decision


@pytest.fixture
def desk(broker: Broker, unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(broker, unique, tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def policy(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """A command's exit code, and all it said."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["policy", *arguments])
    said = capfd.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, said.out + said.err


def test_what_is_published_holds_without_a_restart_and_after_one_until_it_is_rolled_back(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        "based_on: default\nname: default\nversion: 2\ntriggers: {urgency: {tier: 1}}\n"
    )
    with desk.worker():
        assert desk.ask().used.policy == "default@1"
        code, said = policy(capfd, "publish", str(file), "--comment", "a [/try] of [ops]")
        assert (code, said.splitlines()[0]) == (
            0,
            "Urgency now is checked by a person (went to a person)",
        )
        assert desk.ask_until("default@2").action == "reply"

        assert policy(capfd, "stop-ai", "--segment", "default")[0] == 0
        stopped = desk.ask_until("default@3")
        assert [reason.code for reason in stopped.reasons] == ["ai_stopped"]
        assert stopped.action == "handoff"
    with desk.worker():
        assert desk.ask().used.policy == "default@3"
        assert policy(capfd, "resume-ai")[0] == 0
        assert desk.ask_until("default@4").action == "reply"
        assert policy(capfd, "rollback", "--to", "1")[0] == 0
        desk.ask_until("default@1")
    code, said = policy(capfd, "list")
    assert (code, "[/try] of" in said) == (0, True)
    code, said = policy(capfd, "list", "--json")
    listed = json.loads(said)
    assert (code, listed["in_force"], listed["pointer"]["previous"]) == (0, 1, 4)
    assert [one["version"] for one in listed["versions"]] == [1, 2, 3, 4]


def test_a_version_to_come_changes_nothing_before_its_time(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("based_on: default\nname: default\nversion: 2\n")
    assert policy(capfd, "publish", str(file), "--from", "1h")[0] == 0
    with desk.worker():
        assert desk.ask().used.policy == "default@1"
        assert policy(capfd, "rollback", "--to", "2")[0] == 0
        desk.ask_until("default@2")


@pytest.mark.parametrize("since", ["2206-01-05", "1999-12-31"])
def test_a_time_that_no_worker_reads_is_refused_and_what_is_in_force_stays(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str], since: str
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("based_on: default\nname: default\nversion: 3\n")
    assert policy(capfd, "stop-ai")[0] == 0
    code, said = policy(capfd, "publish", str(file))
    assert (code, "would switch the AI on where it is off now" in said) == (65, True)
    file.write_text(file.read_text() + "stopped: {everywhere: true}\n")
    code, said = policy(capfd, "publish", str(file), "--from", since)
    assert (code, "PolicyVersion.effective_from is" in said) == (65, True)
    assert json.loads(policy(capfd, "list", "--json")[1])["in_force"] == 2


def test_what_may_not_be_published_is_refused_with_what_to_do(
    desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ours.yaml"

    def published(text: str) -> tuple[int, str]:
        file.write_text("based_on: default\n" + text)
        return policy(capfd, "publish", str(file))

    assert "write `name: default` into it" in published("name: ours\nversion: 1")[1]
    assert (
        "routes have no topic yet: new"
        in published(
            "name: default\nversion: 2\nroutes:\n- {name: general, priority: 1, reasons: "
            "[safety, security, legal_compliance]}\n- {name: new, priority: 2}"
        )[1]
    )
    assert policy(capfd, "rollback")[0] == 65
    assert policy(capfd, "show", "default@2")[0] == 65
    assert published("name: default\nversion: 2")[0] == 0
    assert "is in force already" in published("name: default\nversion: 2")[1]
    code, said = published("name: default\nversion: 2\nlanguage: de")
    assert (code, "never changes: write `version: 3`" in said) == (65, True)
    assert "the AI is on there already" in policy(capfd, "resume-ai", "--route", "billing")[1]
    assert "did you mean billing?" in policy(capfd, "stop-ai", "--route", "biling")[1]
    assert policy(capfd, "diff", "default@2", "default@1")[1].startswith("Nothing changes")
