"""`baton worker`: runs agents until told to stop."""

import logging
import os
import sys
from importlib import import_module

import click

from streams.cli.main import main
from streams.cli.processes import begun, end_with
from streams.policies.local import policy_of
from streams.security import connection_of, reach
from streams.settings import load_settings

NAMES = ("tickets", "anomalies", "accounts")
STDIN = 0


@click.command(epilog="Example: baton worker --agents tickets")
@click.option(
    "--agents",
    "names",
    type=click.Choice(NAMES),
    multiple=True,
    help="Run only these agents; may be repeated.  [default: all]",
)
@click.option("--supervised", is_flag=True, hidden=True, help="End when stdin does.")
def command(names: tuple[str, ...], supervised: bool) -> None:
    """Run the agents: one process each, a consumer group each.

    Ends on SIGTERM or Ctrl-C with a last checkpoint, and when one of the agents fails; a supervisor
    then starts it again and it restores itself. Start more of them on other machines to share the
    partitions; each needs a BATON_DATA_DIR and so a name of its own.
    """
    # A process is one core's work, and one with threads cannot be copied.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    wanted = tuple(dict.fromkeys(names)) or NAMES
    if len(wanted) == 1:
        if supervised:
            end_with(STDIN)
        _run(wanted[0])
    else:
        _run_each(wanted, supervised)


def _run_each(names: tuple[str, ...], supervised: bool) -> None:
    # What no agent could do without is looked at once, and said once.
    settings = load_settings()
    settings.worker_name()
    policy_of(settings)
    connection = connection_of(settings)
    # Before there is a process for each: half of their start would be to import the same.
    import_module("streams.app")
    with begun(_run_alone, names) as agents:
        reach(connection)
        if supervised:
            end_with(STDIN)
        sys.exit(agents.supervise())


def _run_alone(name: str) -> None:
    main(["worker", "--agents", name])


def _run(name: str) -> None:
    from streams.app import build
    from streams.engine import EngineError, run

    settings = load_settings()
    try:
        app = build(name, settings)
    except EngineError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(error.exit_code)
    run(app, logging.getLevelName(settings.log_level.upper()))
