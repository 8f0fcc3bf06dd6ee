"""`baton replay`: decides a file's conversations without Kafka."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from schemas.codec import Tombstone
from schemas.records import Decision, Escalation, Record
from streams.agents.deciding import Decider
from streams.agents.linking import Recorded
from streams.agents.published import PublishedPolicy
from streams.history.files import read_decisions, read_history, read_policies, read_profiles
from streams.history.recorded import RecordedAccounts
from streams.history.replaying import Replay
from streams.policies.local import policy_of
from streams.readers import reader_of
from streams.settings import load_settings

PARTITIONS = 12
"""As many as `support.conversations` is declared with."""


@click.command(epilog="Example: baton replay deploy/demo/conversations.jsonl | head -3")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Account profiles, a JSON line each.",
)
@click.option(
    "--policies",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What lies on support.policies, a PolicyVersion as JSON a line: versions and pointer.",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Decisions of a worker on these records, as JSON a line: the accounts and incidents that"
    " they used count again.",
)
@click.option(
    "--partitions",
    type=click.IntRange(1),
    default=PARTITIONS,
    show_default=True,
    help="Partitions of the topic that the history stands for.",
)
@click.option("--no-ai", is_flag=True, help="No neutral AI answers between bare turns.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every record that would be written, not only decisions.",
)
@click.option("--summary", is_flag=True, help="Only one line that counts them.")
def command(
    file: Path,
    accounts: Path | None,
    policies: Path | None,
    decisions: Path | None,
    partitions: int,
    no_ai: bool,
    everything: bool,
    summary: bool,
) -> None:
    """Decide the conversations of FILE and print the decisions as JSON lines.

    The same records give the same decisions as a worker on Kafka would write, one by one. FILE is
    what `baton play` takes.
    """  # fmt: skip
    settings, published = load_settings(), read_policies(policies)
    policy = policy_of(settings)
    in_force = PublishedPolicy(published.get, policy).at
    made = read_decisions(decisions)
    decider = Decider(
        policy,
        read_profiles(accounts).get,
        in_force,
        reader=reader_of(settings),
        incidents=Recorded(made),
        accounts=None if decisions is None else RecordedAccounts(made).of,
    )
    records = Replay(decider, partitions).run(read_history(file, ai_answers=not no_ai))
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
