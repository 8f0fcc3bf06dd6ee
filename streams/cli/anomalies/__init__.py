"""`baton anomalies`: what many accounts report at once, and the on-call person's answer to it."""

import click
import msgspec

from streams.cli.anomalies.answer import acknowledge, false_alarm, known, mute
from streams.cli.anomalies.ground import mutes, open_now
from streams.cli.listing import ListingGroup
from streams.console.anomalies import lines_of
from streams.console.lines import printable
from streams.engine import wall_clock
from streams.settings import load_settings


@click.group(
    cls=ListingGroup, invoke_without_command=True, epilog="Example: baton anomalies --json"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an anomaly, or an answer.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the anomalies that are open, the oldest first; the commands answer them.

    An answer is a record, and the anomalies agent does what follows from it. Whoever was told of
    the anomaly is told of that, too.
    """
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: {"as_json": as_json}}
        return
    settings = load_settings()
    found = sorted(open_now(settings).values(), key=lambda one: (one.since, one.anomaly_id))
    if as_json:
        for anomaly in found:
            click.echo(msgspec.json.encode(anomaly))
        return
    quiet = mutes(settings, wall_clock())
    for anomaly in found:
        click.echo("\n".join(map(printable, lines_of(anomaly, quiet.get(anomaly.anomaly_id)))))
    if not found:
        click.echo("no anomaly is open", err=True)


for one in (acknowledge, mute, false_alarm, known):
    command.add_command(one)
