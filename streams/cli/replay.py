"""`baton replay`: decides a file's conversations without Kafka."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from schemas.codec import Tombstone
from schemas.records import Decision, Escalation, Record
from streams.cli.past import A_FILE, Past, of_past
from streams.settings import load_settings


@click.command(epilog="Example: baton replay deploy/demo/conversations.jsonl | head -3")
@click.argument("file", type=A_FILE)
@of_past
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every record that would be written, not only decisions.",
)
@click.option("--summary", is_flag=True, help="Only one line that counts them.")
def command(file: Path, past: Past, everything: bool, summary: bool) -> None:
    """Decide the conversations of FILE and print the decisions as JSON lines.

    The same records give the same decisions as a worker on Kafka would write, one by one. FILE is
    what `baton play` takes, or what `baton tail support.conversations --json` writes; such lines of
    other topics serve for --policies and --decisions. The other half of a merge, which the tickets
    agent adds to the topic, is decided where it would have come; what a tail told has it already.
    """  # fmt: skip
    records = past.decide(past.arrivals(file), load_settings())
    if summary:
        click.echo(msgspec.json.encode(count(records)))
        return
    for record in _wanted(records, everything):
        click.echo(msgspec.json.encode(record))


def count(records: Iterable[Record | Tombstone]) -> dict[str, object]:
    """Decisions by cause, tier and action, and escalations by route."""
    causes, tiers, actions, routes = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for record in records:
        if isinstance(record, Decision):
            causes[record.cause] += 1
            tiers[str(record.tier)] += 1
            actions[record.action] += 1
        elif isinstance(record, Escalation):
            routes[record.route] += 1
    return {
        "decisions": causes.total(),
        "causes": dict(causes),
        "tiers": dict(sorted(tiers.items())),
        "actions": dict(actions),
        "escalations": dict(sorted(routes.items())),
    }


def _wanted(records: Iterable[Record | Tombstone], everything: bool) -> Iterator[Record]:
    for record in records:
        if isinstance(record, Decision) or (everything and not isinstance(record, Tombstone)):
            yield record
