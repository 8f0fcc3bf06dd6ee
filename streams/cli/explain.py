"""`baton explain`: why a ticket was decided as it was, message by message."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
import msgspec

from schemas.records import Cause, ConversationMessage, Decision, MessageStatus, Mode, Record
from streams.agents.published import PublishedPolicy
from streams.agents.text import bounded, text_of
from streams.cli.past import A_FILE, Past, of_past
from streams.codec import codec_of
from streams.console.explained import heading, lines_of
from streams.core.explaining import Explanation, explain
from streams.core.policy import Policy
from streams.errors import InputError
from streams.history.files import read_policies
from streams.policies.local import policy_of
from streams.policies.shelf import read_shelf
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings, load_settings

TOPICS = ("support.conversations", "support.decisions", "support.decisions.shadow")


@click.command(epilog="Example: baton explain LS-77122 --file deploy/demo/conversations.jsonl")
@click.argument("ticket")
@click.option(
    "--file",
    type=A_FILE,
    help="Decide this file, as `baton replay` does with the same options, instead of reading the"
    " broker's topics.",
)
@of_past
@click.option("--json", "as_json", is_flag=True, help="One JSON object a decision.")
def command(ticket: str, file: Path | None, past: Past, as_json: bool) -> None:
    """Tell why TICKET was decided as it was.

    For every decision: what fired (its score, the threshold, the words it rests on), what nearly
    fired under the policy that it names, and what would have changed the decision.
    """
    settings = load_settings()
    policy = policy_of(settings)
    if file is not None:
        published = read_policies(past.policies)
        records = _replayed(past, file, ticket, settings)
    else:
        published = read_shelf(connection_of(settings), codec_of(settings)).records
        records = _from_broker(settings, ticket)
    named = PublishedPolicy(published.get, policy).named
    told = explained(ticket, records, lambda reference: named(reference) or policy)
    if not told:
        where = f"in {file}" if file is not None else "on the broker's topics; --file reads a file"
        raise InputError(f"there is no decision on ticket {ticket} {where}")
    if not as_json:
        click.echo(heading(ticket, told))
    for one in told:
        click.echo(msgspec.json.encode(one) if as_json else "\n" + "\n".join(lines_of(one)))


def explained(
    ticket: str, records: Iterable[Record], policy: Callable[[str], Policy]
) -> list[Explanation]:
    """The decisions among the records of a ticket, explained in their order.

    `policy` gives the one that a decision names as `name@version`. What would have been decided
    without a shadow follows the decision it stands beside.
    """
    texts: dict[str, str] = {}
    edits: defaultdict[str, list[str]] = defaultdict(list)
    decisions: dict[str, Decision] = {}
    for record in records:
        if isinstance(record, ConversationMessage) and record.ticket_id == ticket:
            drafted = record.status is MessageStatus.DRAFT
            name = record.draft_id if drafted and record.draft_id else record.message_id
            text = text_of(bounded(record)[0])
            if text not in (texts.setdefault(name, text), *edits[name]):
                edits[name].append(text)
        elif isinstance(record, Decision) and record.ticket_id == ticket:
            decisions[record.decision_id] = record
    ordered = sorted(decisions.values(), key=lambda one: (one.sequence, one.mode is Mode.SHADOW))
    told = []
    for one in ordered:
        # An edit is decided under the message's id; from then on its words are the message's.
        if one.cause is Cause.UPDATE and one.mode is not Mode.SHADOW and edits[one.subject_id]:
            texts[one.subject_id] = edits[one.subject_id].pop(0)
        told.append(explain(one, texts, policy(one.used.policy)))
    return told


def _replayed(past: Past, file: Path, ticket: str, settings: Settings) -> Iterator[Record]:
    arrivals = list(past.arrivals(file, ticket))
    yield from (arrived.event for arrived in arrivals)
    yield from (one for one in past.decide(arrivals, settings) if isinstance(one, Record))


def _from_broker(settings: Settings, ticket: str) -> Iterator[Record]:
    connection, codec = connection_of(settings), codec_of(settings)
    with Follower(connection, codec, TOPICS, from_start=True, key=ticket) as follower:
        for seen in follower.to_end():
            if seen.key == ticket and seen.record is not None:
                yield seen.record
