"""`baton explain`: why a ticket was decided as it was, message by message."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from schemas.records import ConversationMessage, Decision, MessageStatus, Mode, Record
from schemas.topics import partition_of
from streams.agents.deciding import Decider
from streams.agents.text import bounded, text_of
from streams.app import codec_of
from streams.cli.replay import PARTITIONS
from streams.console.explained import heading, lines_of
from streams.core.explaining import Explanation, explain
from streams.core.policy import Policy
from streams.errors import InputError
from streams.history.files import Event, read_history, read_profiles
from streams.history.replaying import Replay
from streams.policies.local import policy_of
from streams.readers import reader_of
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings, load_settings

TOPICS = ("support.conversations", "support.decisions", "support.decisions.shadow")


@click.command(epilog="Example: baton explain LS-77122 --file deploy/demo/conversations.jsonl")
@click.argument("ticket")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Decide this file, as `baton replay` does, instead of reading the broker's topics.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Account profiles for --file, a JSON line each.",
)
@click.option(
    "--partitions",
    type=click.IntRange(1),
    default=PARTITIONS,
    show_default=True,
    help="Partitions of the topic that --file stands for.",
)
@click.option("--no-ai", is_flag=True, help="No neutral AI answers between bare turns of --file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a decision.")
def command(
    ticket: str,
    file: Path | None,
    accounts: Path | None,
    partitions: int,
    no_ai: bool,
    as_json: bool,
) -> None:
    """Tell why TICKET was decided as it was.

    For every decision: what fired (its score, the threshold, the words it rests on), what nearly
    fired, and what would have changed the decision.
    """
    settings = load_settings()
    policy = policy_of(settings)
    if file is not None:
        profiles = read_profiles(accounts)
        events = _on_partition(read_history(file, ai_answers=not no_ai), ticket, partitions)
        decider = Decider(policy, profiles.get, reader=reader_of(settings))
        records = _replayed(events, decider, partitions)
    else:
        records = _from_broker(settings, ticket)
    told = explained(ticket, records, policy)
    if not told:
        where = f"in {file}" if file is not None else "on the broker's topics; --file reads a file"
        raise InputError(f"there is no decision on ticket {ticket} {where}")
    if not as_json:
        click.echo(heading(ticket, told))
    for one in told:
        click.echo(msgspec.json.encode(one) if as_json else "\n" + "\n".join(lines_of(one)))


def explained(ticket: str, records: Iterable[Record], policy: Policy) -> list[Explanation]:
    """The decisions among the records of a ticket, explained in their order.

    What would have been decided without a shadow follows the decision it stands beside.
    """
    texts: dict[str, str] = {}
    decisions: dict[str, Decision] = {}
    for record in records:
        if isinstance(record, ConversationMessage) and record.ticket_id == ticket:
            drafted = record.status is MessageStatus.DRAFT
            name = record.draft_id if drafted and record.draft_id else record.message_id
            texts.setdefault(name, text_of(bounded(record)[0]))
        elif isinstance(record, Decision) and record.ticket_id == ticket:
            decisions[record.decision_id] = record
    ordered = sorted(decisions.values(), key=lambda one: (one.sequence, one.mode is Mode.SHADOW))
    return [explain(decision, texts, policy) for decision in ordered]


def _on_partition(events: Iterator[Event], ticket: str, partitions: int) -> Iterator[Event]:
    """Those that share the ticket's partition: no other changes its time."""
    place = partition_of(ticket.encode(), partitions)
    return (one for one in events if partition_of(one.ticket_id.encode(), partitions) == place)


def _replayed(events: Iterable[Event], decider: Decider, partitions: int) -> Iterator[Record]:
    kept = list(events)
    yield from kept
    for record in Replay(decider, partitions).run(kept):
        if isinstance(record, Record):
            yield record


def _from_broker(settings: Settings, ticket: str) -> Iterator[Record]:
    connection, codec = connection_of(settings), codec_of(settings)
    with Follower(connection, codec, TOPICS, from_start=True, key=ticket) as follower:
        for seen in follower.to_end():
            if seen.key == ticket and seen.record is not None:
                yield seen.record
