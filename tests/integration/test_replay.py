"""A replay of the topics decides as a worker did while all that it follows changed."""

import random
from collections import Counter
from pathlib import Path

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AccountProfile,
    Anomaly,
    AnomalyState,
    Cause,
    ConversationMessage,
    Decision,
    Record,
    Role,
    RouteStatus,
    TicketUpdate,
    UpdateKind,
)
from schemas.topics import OPEN_ANOMALIES, key_of
from streams.core.policy.shipped import shipped_text
from streams.engine import wall_clock
from streams.history.playing import Player
from streams.kinds import AGENTS
from streams.policies.shelf import Change, Shelf
from tests.chaos.drill import wait_until_read
from tests.integration.floor import PARTITIONS, Floor, until
from tests.integration.recorded import DECISIONS, differing, replayed
from tests.patience import PATIENCE

TURNS = 200
BEHIND = 20
"""Messages that the worker is behind at most: a busy one would decide all by the last state of a
world that has changed all the time.
"""
ROUTES = ("safety", "security", "billing", "technical", "success", "general")
TEXTS = (
    "Where do I find the export?",
    "Our import fails with error 502 again and again.",
    "You charged me twice!",
    "I want to talk to a person.",
    "This is useless, I am really angry now.",
    "I need to reset my password.",
    "thanks",
)
POLICY = (
    "based_on: default\nname: default\nversion: {}\n"
    "triggers: {{ai_no_answer: {{after: {{chat: {}}}}}}}"
)


class Crowd:
    """Customers, a CRM, desks, on-call and a support lead who all act at once."""

    def __init__(self, floor: Floor) -> None:
        self.random = random.Random(7)
        self.shelf = Shelf()
        self._player = Player(floor.connection, Codec())
        self._count = 0

    def send(self, *records: Record | Tombstone) -> None:
        for record in records:
            self._player.send(record, 0)

    def act(self) -> None:
        """One customer speaks, and something of what workers follow changes."""
        pick, now = self.random.choice, wall_clock()
        self._count += 1
        number = self._count
        ticket = f"T{self.random.randrange(40)}"
        account = f"a{ticket[-1]}"
        self.send(
            ConversationMessage(
                f"m{number}", ticket, Role.CUSTOMER, pick(TEXTS), now, account_id=account
            )
        )
        match number % 5:
            case 0:
                self.send(
                    AccountProfile(
                        account, now, tier=pick(("pro", "enterprise")), vip=pick((1, 0)) == 1
                    )
                )
            case 1:
                kind = pick((UpdateKind.HANDED_BACK, UpdateKind.RESOLVED, UpdateKind.GATE_TIMEOUT))
                self.send(TicketUpdate(f"u{number}", ticket, kind, now))
            case 2 | 3:
                self.send(
                    RouteStatus(
                        pick(ROUTES),
                        pick((True, False)),
                        now,
                        agents_available=pick((None, 0, 3)),
                        queue_depth=pick((None, 4, 90)),
                        queue_target=10,
                        expected_wait=self.random.randrange(10**6),
                    )
                )
            case 4:
                value = incident(number, now) if pick((True, True, False)) else None
                self._player.produce(OPEN_ANOMALIES, b"x", value, ())

    def publish(self) -> None:
        """Another policy, in force from now on."""
        version, now = max(2, len(self.shelf.versions("default")) + 1), wall_clock()
        text = POLICY.format(version, f"{self.random.randrange(1, 3)}s")
        records = self.shelf.publication(text, shipped_text("default"), Change(now, now))
        self.shelf.records |= {key_of(one): one for one in records}
        self.send(*records)

    def flush(self) -> None:
        """All is on the broker."""
        self._player.flush()


def incident(number: int, now: int) -> bytes:
    """An open anomaly about every technical problem."""
    return (
        Codec()
        .encode(
            Anomaly(
                "x", AnomalyState.OPENED, number, "t", "technical", now, now, now, now, 4, 0.0, 0.0
            )
        )
        .value
        or b""
    )


class Decided:
    """What the worker has decided so far."""

    def __init__(self, floor: Floor) -> None:
        self._wire = floor.wire(DECISIONS, from_start=True)
        self._seen = Counter[Cause]()

    def of(self, cause: Cause) -> int:
        """How many decisions there are of a cause, after a look."""
        found = [one.record for one in self._wire.poll(0.02)]
        self._seen.update(one.cause for one in found if isinstance(one, Decision))
        return self._seen[cause]

    def wait_for(self, messages: int) -> None:
        """Wait until so many messages are decided."""
        until(lambda: self.of(Cause.MESSAGE) >= messages)


def wait_until_decided(floor: Floor, decided: Decided) -> None:
    """Wait until all that lies on the topics was handled, and a timer has come due.

    A replay decides what agents have told each other, too: the tickets agent must have read that.
    """
    until(lambda: decided.of(Cause.MESSAGE) == TURNS and decided.of(Cause.TIMER) > 0)
    group = floor.environment["BATON_GROUP"]
    for agent, kind in reversed(AGENTS.items()):
        for topic in kind.sources:
            name = floor.connection.topic(topic)
            assert wait_until_read(floor.bootstrap, f"{group}-{agent}", name, PATIENCE), topic


def test_a_replay_of_the_topics_gives_the_decisions_of_a_worker_whose_world_changed_all_the_time(
    kafka_bootstrap: str, unique: str, tmp_path: Path
) -> None:
    with Floor(kafka_bootstrap, unique, tmp_path) as floor:
        crowd, decided = Crowd(floor), Decided(floor)
        with floor.worker():
            for turn in range(TURNS):
                if turn % 50 == 0:
                    crowd.publish()
                crowd.act()
                decided.wait_for(turn - BEHIND)
            crowd.flush()
            wait_until_decided(floor, decided)
        made = [one for one in floor.read(DECISIONS) if isinstance(one, Decision)]
        again = replayed(floor.connection, tmp_path, PARTITIONS, floor.variables)
    assert differing(made, again) == []
    causes = Counter(one.cause for one in made)
    assert {Cause.MESSAGE, Cause.TIMER, Cause.UPDATE} <= causes.keys()
    used = [one.used for one in made]
    assert len({one.policy for one in used}) > 3
    assert any(one.route_status_of for one in used)
    assert any(one.anomaly for one in used)
    assert any(one.profile_as_of for one in used)
