"""Histories in files, as `replay` and `explain` decide them: their options, and the deciding."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from schemas.codec import Tombstone
from schemas.records import Decision, Millis, Record, TicketUpdate, UpdateKind
from schemas.topics import partition_of
from streams.agents.deciding import Decider
from streams.agents.published import PublishedPolicy
from streams.history.files import (
    Arrived,
    read_arrivals,
    read_decisions,
    read_policies,
    read_profiles,
)
from streams.history.recorded import RecordedInputs
from streams.history.replaying import Replay
from streams.policies.local import policy_of
from streams.readers import reader_of
from streams.settings import Settings

PARTITIONS = 12
"""As many as `support.conversations` is declared with."""

A_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Past:
    """What a file's conversations are decided with."""

    accounts: Path | None
    policies: Path | None
    decisions: Path | None
    partitions: int
    no_ai: bool

    def arrivals(self, file: Path, ticket: str | None = None) -> Iterator[Arrived]:
        """The file's events; with a ticket those of its partition, and of every one from which
        a merge leads there: no other changes its time.
        """
        arrivals = read_arrivals(file, ai_answers=not self.no_ai)
        if ticket is None:
            return arrivals
        known = list(arrivals)
        merges = {
            (self._place(event.ticket_id), self._place(event.other_ticket_id))
            for event, *_ in known
            if isinstance(event, TicketUpdate)
            and event.kind is UpdateKind.MERGED_INTO
            and event.other_ticket_id
        }
        places = {self._place(ticket)}
        while more := {source for source, target in merges if target in places} - places:
            places |= more
        return (one for one in known if self._place(one.event.ticket_id) in places)

    def decide(
        self, arrivals: Iterable[Arrived], settings: Settings
    ) -> Iterator[Record | Tombstone]:
        """Every record that the events lead to. What was decided after the last of a partition's
        events was a timer's: such timers count, too.
        """
        made, policy = read_decisions(self.decisions), policy_of(settings)
        published = PublishedPolicy(read_policies(self.policies).get, policy)
        decider = Decider(
            policy,
            read_profiles(self.accounts).get,
            published.at,
            reader=reader_of(settings),
            recorded=RecordedInputs(made, published.named).of if self.decisions else None,
        )
        replay = Replay(decider, self.partitions)
        yield from replay.arrive(arrivals)
        yield from replay.until(self._told_until(made))

    def _told_until(self, made: Iterable[Decision]) -> Callable[[int], Millis]:
        last: dict[int, Millis] = defaultdict(int)
        for one in made:
            place = self._place(one.ticket_id)
            last[place] = max(last[place], one.decided_at + 1)
        return last.__getitem__

    def _place(self, ticket: str) -> int:
        return partition_of(ticket.encode(), self.partitions)


_OPTIONS = (
    click.option("--accounts", type=A_FILE, help="Account profiles, a JSON line each."),
    click.option(
        "--policies",
        type=A_FILE,
        help="What lies on support.policies, a PolicyVersion as JSON a line: versions and pointer.",
    ),
    click.option(
        "--decisions",
        type=A_FILE,
        help="Decisions of a worker on these records, as JSON a line: the accounts, queues,"
        " incidents and policies that they used count again.",
    ),
    click.option(
        "--partitions",
        type=click.IntRange(1),
        default=PARTITIONS,
        show_default=True,
        help="Partitions of the topic that the history stands for.",
    ),
    click.option("--no-ai", is_flag=True, help="No neutral AI answers between bare turns."),
)


def of_past(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that decides a file, which it gets as its argument `past`."""

    @wraps(command)
    def with_past(
        accounts: Path | None,
        policies: Path | None,
        decisions: Path | None,
        partitions: int,
        no_ai: bool,
        **others: Any,
    ) -> None:
        command(past=Past(accounts, policies, decisions, partitions, no_ai), **others)

    for option in reversed(_OPTIONS):
        with_past = option(with_past)
    return with_past
