"""`baton topics`: what topics Baton needs, and making them."""

from collections.abc import Mapping

import click
import msgspec
from rich.console import Console
from rich.table import Table

from streams.admin.acls import Role, commands, grants_of
from streams.admin.repartitioning import carry_over
from streams.admin.topics import UNMENDABLE, Difference, Finding, Topics, wanted_topics
from streams.cli.listing import ListingGroup
from streams.errors import InputError, TopicsDiffer
from streams.kinds import AGENTS
from streams.policies.local import policy_of, route_names
from streams.security import connection_of
from streams.settings import load_settings

PLANNED = {
    Difference.SAME: "[dim]as declared[/]",
    Difference.MISSING: "[yellow]to be created[/]",
    Difference.SETTINGS: "[yellow]to be changed:[/]",
    Difference.PARTITIONS: "[red]cannot be mended:[/]",
    Difference.REPLICAS: "[red]cannot be mended:[/]",
}
DONE = PLANNED | {
    Difference.SAME: "[dim]unchanged[/]",
    Difference.MISSING: "[green]created[/]",
    Difference.SETTINGS: "[green]changed:[/]",
}
WIDTH = 200
"""Columns of a table that goes to a file or a pipe."""


@click.group(cls=ListingGroup, name="topics", epilog="Example: baton topics apply --dev")
def command() -> None:
    """Plan and make the topics that Baton reads and writes."""


def _options(function: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option(
            "--routes", help="Routes, separated by commas, instead of those of the policy."
        ),
        click.option("--json", "as_json", is_flag=True, help="One JSON object a topic."),
        click.option(
            "--partitions", type=click.IntRange(1), help="Replaces the declared partition counts."
        ),
        click.option(
            "--dev",
            is_flag=True,
            help="For a single broker: one replica, and records keep their producers' time stamps.",
        ),
    ):
        function = option(function)
    return function


@command.command(epilog="Example: baton topics plan --dev")
@_options
def plan(dev: bool, partitions: int | None, as_json: bool, routes: str | None) -> None:
    """Show what `apply` would do, and what is wrong that it cannot mend.

    Exits with 0 when nothing is to be done, with 2 when topics are not as they should be, and with
    another code when that cannot be found out.
    """
    findings = _find(dev, partitions, routes)[1]
    _show(findings, PLANNED, as_json)
    if any(finding.difference is not Difference.SAME for finding in findings):
        raise click.exceptions.Exit(TopicsDiffer.exit_code)


@command.command(epilog="Example: baton topics apply --dev --partitions 4")
@_options
def apply(dev: bool, partitions: int | None, as_json: bool, routes: str | None) -> None:
    """Make missing topics and mend settings; running it again changes nothing.

    Partition counts are fixed when a topic is made, for a key's partition hangs on them. Without
    --dev a topic gets three replicas, of which two must have each record.
    """
    topics, findings = _find(dev, partitions, routes)
    wrong = [finding for finding in findings if finding.difference in UNMENDABLE]
    if wrong:
        _show(wrong, PLANNED, as_json)
        raise TopicsDiffer(
            f"{len(wrong)} topics have another number of partitions or of replicas than "
            "declared: say --partitions or --dev if that is meant, else move or delete them"
        )
    topics.apply(findings)
    _show(findings, DONE, as_json)


@command.command(
    epilog="Example: baton topics repartition --partitions 24 --prefix v2.",
)
@click.option("--partitions", type=click.IntRange(1), required=True, help="The new number.")
@click.option("--prefix", required=True, help="What the new topics' names begin with.")
@click.option("--dev", is_flag=True, help="For a single broker, as in `apply`.")
def repartition(partitions: int, prefix: str, dev: bool) -> None:
    """Carry all state over to topics with another number of partitions.

    Stop the producers, let the workers come to the end, stop them, and run this. Then set
    BATON_TOPIC_PREFIX for producers, workers and readers, and start them. Nothing is changed under
    the old prefix, where the history stays: setting it again goes back.
    """
    for carried in carry_over(load_settings(), prefix, partitions, dev=dev):
        click.echo(f"{carried.records:>9,}  {carried.what}")
    click.echo(
        f"done: set BATON_TOPIC_PREFIX={prefix} for producers, workers and readers; `baton alerts` "
        "wants --from-start the first time",
        err=True,
    )


@command.command(epilog="Example: baton topics acls --user baton-worker")
@click.option("--user", required=True, help="Who is to be allowed.")
@click.option(
    "--for",
    "role",
    type=click.Choice([str(role) for role in Role]),
    default=str(Role.WORKER),
    show_default=True,
    help="What is run: workers, `topics plan` and `apply`, `play`, `policy`, `tail`, `erase`,"
    " `alerts`, `anomalies` or `accounts`.",
)
@click.option(
    "--agents",
    "names",
    type=click.Choice(tuple(AGENTS)),
    multiple=True,
    help="A worker with only these agents; may be repeated.  [default: all]",
)
def acls(user: str, role: str, names: tuple[str, ...]) -> None:
    """Print the least a user must be allowed, as commands of Kafka's own kafka-acls.sh.

    READ and WRITE imply DESCRIBE. Topics and groups are named as the settings say, so run it with
    the topic_prefix and the group of the workers.
    """
    settings = load_settings()
    grants = grants_of(Role(role), settings, names or AGENTS)
    for line in commands(grants, user, settings.bootstrap_servers):
        click.echo(line)


def _find(dev: bool, partitions: int | None, routes: str | None) -> tuple[Topics, list[Finding]]:
    settings = load_settings()
    names = route_names(policy_of(settings)) if routes is None else routes.split(",")
    try:
        wanted = wanted_topics(names, dev=dev, partitions=partitions)
    except ValueError as error:
        raise InputError(str(error)) from error
    topics = Topics(connection_of(settings))
    return topics, topics.plan(wanted)


def _show(findings: list[Finding], words: Mapping[Difference, str], as_json: bool) -> None:
    if as_json:
        for finding in findings:
            click.echo(msgspec.json.encode(finding))
        return
    table = Table("topic", "partitions", "replicas", "state", box=None, pad_edge=False)
    for finding in findings:
        wanted = finding.wanted
        state = f"{words[finding.difference]} {finding.detail}".rstrip()
        table.add_row(wanted.name, str(wanted.partitions), str(wanted.replication), state)
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
