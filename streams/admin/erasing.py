"""Erases tickets: asks the tickets agent, takes back what desks were given, and says what is left.

State, transcript and the compacted topics lose the ticket when the agents take up the update. What
lies on other topics stays until their retention ends; there an erasure record follows, which every
reader has to obey. The agents write it on the decisions, the outcomes, the account's activity and
the problem reports. The others, and what no agent knows any more, see `retracting`, come from here.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import Decision, Millis, TicketUpdate, UpdateKind
from schemas.topic import DAY_MS, SEGMENT_MS
from schemas.topics import DECISIONS, find_topic, topic_of
from streams.admin.held import NOBODY, Holders, Whose
from streams.admin.retracting import ERASED, Lying, ticket_of
from streams.alerts.kafka_ledger import OPEN_ALERTS
from streams.engine import Connection
from streams.history.playing import Player
from streams.reading import Follower, routes_on, there_of

CONVERSATIONS = "support.conversations"
SOURCES = (CONVERSATIONS, "support.account-activity", "support.outcomes")
"""The topics whose records name ticket, account and requester: what no agent knows any more may
still lie there.
"""

PEOPLE = ("requester", "account")


class Left(msgspec.Struct, frozen=True):
    """What a topic still has of the tickets, and until when, in milliseconds since 1970."""

    topic: str
    records: int
    until: Millis | None
    how: str


class Receipt(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """What was erased, and what retention will remove when.

    `taken_up` are the tickets of which the agent has said that they are erased; the others follow
    as soon as it runs, but what it wrote of them until then lies there: `advice` says to erase them
    again. `taken_back` counts by topic the erasure records that the command wrote; the
    agents write theirs.
    """

    asked: dict[str, str]
    at: Millis
    tickets: tuple[str, ...]
    taken_up: tuple[str, ...]
    taken_back: dict[str, int]
    removed: tuple[str, ...]
    left: tuple[Left, ...]
    advice: tuple[str, ...]


class Eraser:
    """One run. Raises `BrokerError`, `AccessDenied`, and the engine's errors of these names."""

    def __init__(
        self, connection: Connection, codec: Codec, topics: Iterable[str], holders: Holders
    ) -> None:
        self._connection = connection
        self._holders = holders
        self._codec = codec
        self._topics = tuple(dict.fromkeys((CONVERSATIONS, *topics)))

    def find(self, account: str | None, requester: str | None) -> dict[str, Whose]:
        """The tickets of an account or a requester: all that an agent knows, and what else lies on
        the topics.
        """
        found = self._holders.tickets_of(account, requester)
        with self._reading(SOURCES) as follower:
            for seen in follower.to_end():
                record = seen.record
                theirs = (
                    account is not None and getattr(record, "account_id", None) == account
                ) or (requester is not None and getattr(record, "requester_id", None) == requester)
                if theirs and record is not None and (ticket := ticket_of(record)):
                    found.setdefault(ticket, NOBODY)
        return dict(sorted(found.items()))

    def whose(self, tickets: Collection[str]) -> dict[str, Whose]:
        """Tickets that were named, each with whose history it is in."""
        return self._holders.whose(tickets) if tickets else {}

    def erase(
        self,
        asked: dict[str, str],
        tickets: Mapping[str, Whose],
        wait: float,
        now: Callable[[], float] = time.time,
    ) -> Receipt:
        """Erase them, waiting at most so many seconds for the agent."""
        at = int(now() * 1000)
        player = Player(self._connection, self._codec)
        with Follower(self._connection, self._codec, (DECISIONS,), from_start=False) as answers:
            for ticket, whose in tickets.items():
                update = TicketUpdate(f"{ERASED}/{at}", ticket, UpdateKind.ERASED, at)
                named = replace(update, account_id=whose.account, requester_id=whose.requester)
                player.send(named, 0)
            player.flush()
            taken_up = _await(answers, set(tickets), wait)
        lying = self._look(set(tickets), {one for who in PEOPLE if (one := asked.get(who))})
        taken_back = Counter[str]()
        for record in lying.retractions(at):
            player.send(record, 0)
            taken_back[topic_of(record)] += 1
        player.flush()
        return Receipt(
            asked,
            at,
            tuple(tickets),
            tuple(sorted(taken_up)),
            dict(sorted(taken_back.items())),
            _REMOVED,
            tuple(_left(lying, topic) for topic in sorted(lying.counts)),
            (*to_repeat(len(tickets) - len(taken_up)), *lying.still_told(), *_ADVICE),
        )

    def _look(self, tickets: set[str], people: set[str]) -> Lying:
        lying = Lying(tickets, people)
        # What receivers were told names tickets and accounts; who has none may lack its topic.
        told = there_of(self._connection, (OPEN_ALERTS,))
        topics = dict.fromkeys((*self._topics, *routes_on(self._connection), *told))
        with self._reading(topics) as follower:
            for seen in follower.to_end():
                lying.see(seen)
        return lying

    def _reading(self, topics: Iterable[str]) -> Follower:
        return Follower(self._connection, self._codec, topics, from_start=True)


_REMOVED = (
    "the ticket's state, but for a marker without text or person that refuses what comes later",
    "every line of its transcript, from state and changelog (tombstones; gone with compaction)",
    "its open escalation on support.open-escalations (tombstone)",
    "its place in the account's history and on support.account-health",
    "its place in incidents, open ones and those that just ended, and on support.open-anomalies",
)
_ADVICE = (
    "What a dead letter kept is taken back: it can no longer be shown or replayed.",
    "Problems are grouped by what many error messages have in common, their variables masked; that"
    " names no ticket and fades when nobody reports the problem any more.",
    "A copy of the changelog or of a topic elsewhere is not reached from here.",
    "support.accounts is written by the CRM: a tombstone there removes the account's profile, and"
    " with it the account's history and health.",
)


def to_repeat(waiting: int) -> Iterator[str]:
    """What to do where the agent has not taken up all: until it does it goes on writing of them."""
    if waiting:
        yield (
            f"The tickets agent has not taken up {waiting} of them: they are not erased yet, and"
            " what it still writes of them before is not taken back by this. Erase them once more"
            " (--ticket, for they are nobody's by then) when the agent has come to the end."
        )


def _await(answers: Follower, tickets: set[str], wait: float) -> set[str]:
    taken_up: set[str] = set()
    limit = time.monotonic() + wait
    while taken_up != tickets and time.monotonic() < limit:
        for seen in answers.poll(0.2):
            record = seen.record
            if isinstance(record, Decision) and record.erased:
                taken_up |= {record.ticket_id} & tickets
    return taken_up


def _left(lying: Lying, name: str) -> Left:
    topic = find_topic(name)
    retention = None if topic is None else topic.retention_ms
    if retention is None:
        return Left(name, lying.counts[name], None, "compaction, within a day of the tombstone")
    rule = f"retention of {retention // DAY_MS} days, and a day for its segment"
    return Left(name, lying.counts[name], lying.newest[name] + retention + SEGMENT_MS, rule)
