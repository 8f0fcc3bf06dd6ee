"""`baton alerts`: tells people of anomalies, SLA breaches and accounts at risk."""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.alerts.config import AlertsConfig
from streams.alerts.load import load_alerts
from streams.alerts.receivers import channel_of
from streams.alerts.service import Service
from streams.alerts.trial import trials
from streams.cli.listing import ListingGroup
from streams.engine import wall_clock
from streams.errors import BatonError, ConfigError
from streams.settings import Settings, load_settings

_FILE = click.Path(path_type=Path)


@click.group(
    cls=ListingGroup,
    invoke_without_command=True,
    epilog="Example: baton alerts --file deploy/examples/alerts.yaml",
)
@click.option("--file", type=_FILE, help="The alerts file; BATON_ALERTS does the same.")
@click.option(
    "--from-start",
    is_flag=True,
    help="A receiver that is new begins with the oldest record, not the next.",
)
@click.pass_context
def command(context: click.Context, file: Path | None, from_start: bool) -> None:
    """Forward alerts to Alertmanager, PagerDuty, Slack and webhooks, until told to stop.

    Start it again and it goes on where each receiver stands; start it twice and one takes over when
    the other is gone. docs/alerts.md describes the file.
    """
    context.obj = file
    if context.invoked_subcommand is None:
        settings = load_settings()
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(message)s")
        config, stop = _config(settings, file), _stop_on_signals()
        Service(settings, config, stop, from_start=from_start).run()


@command.command(epilog="Example: baton alerts test --file deploy/examples/alerts.yaml")
@click.option("--file", type=_FILE, help="The alerts file; BATON_ALERTS does the same.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a receiver.")
@click.pass_context
def test(context: click.Context, file: Path | None, as_json: bool) -> None:
    """Send one test alert, marked as such, to every receiver, and print each answer.

    Needs no Kafka. Exits with 1 when a receiver does not take it. In PagerDuty it stays open until
    somebody resolves it.
    """
    config = _config(load_settings(), file or context.obj)
    table = Table("receiver", "type", "", "answer", "seconds", box=None, pad_edge=False)
    failed = 0
    for trial in trials(config, wall_clock()):
        failed += not trial.ok
        if as_json:
            click.echo(msgspec.json.encode(trial))
        else:
            verdict = "[green]taken[/]" if trial.ok else "[red]failed[/]"
            answer = escape(click.unstyle(f"{trial.status or ''} {trial.answer}".strip()))
            table.add_row(
                escape(trial.receiver), trial.type, verdict, answer, f"{trial.seconds:.2f}"
            )
    if not as_json:
        Console(soft_wrap=True).print(table)
    if failed:
        raise BatonError(f"{failed} of {len(config.receivers)} receivers did not take it")


@command.command(epilog="Example: baton alerts check deploy/examples/alerts.yaml")
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """See whether FILE can be used; secrets that are not here are only named."""
    config = load_alerts(file)
    for receiver in config.receivers:
        try:
            channel_of(receiver)
        except ConfigError as error:
            click.echo(f"not on this machine: {error}", err=True)
    click.echo(f"{file}: {len(config.receivers)} receivers, {len(config.routes)} routes")


def _config(settings: Settings, file: Path | None) -> AlertsConfig:
    if file is None and not settings.alerts:
        raise ConfigError(
            "which alerts file? Say --file or set BATON_ALERTS; deploy/examples/alerts.yaml is one"
        )
    return load_alerts(file or Path(settings.alerts))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    return stop
