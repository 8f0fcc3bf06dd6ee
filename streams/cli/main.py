"""The command `baton`: finds a command's file when it is called, and turns errors into one line."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from schemas.registry_errors import RegistryError
from streams.errors import BatonError, BrokerError

WRONG_USAGE = 64
INTERRUPTED = 130

COMMANDS = {
    "demo": "Watch Baton decide, on an embedded broker",
    "worker": "Run the agents",
    "topics": "Plan and make the topics Baton needs",
    "play": "Put conversations from a file onto a broker",
    "tail": "Follow topics as they are written",
    "policy": "Check, compare and publish policies; switch the AI off",
    "replay": "Decide a file's conversations without Kafka",
    "explain": "Tell why a ticket was decided as it was",
    "accounts": "Show how an account is doing",
    "analyze": "Print what the detectors say of texts",
    "anomalies": "List what many accounts report at once, and answer it",
    "alerts": "Tell people of anomalies, SLA breaches and accounts at risk",
    "fingerprint": "Print which lines report one problem",
    "spikes": "Find the unusual rows in a series of counts",
    "erase": "Remove what is known of tickets, with a receipt",
    "dead-letters": "Look at records that could not be handled",
}


class LazyGroup(click.Group):
    """Imports a command's module only when it is called: help must not wait for spaCy and Faust."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"streams.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog="Example: baton demo --seconds 20")
@click.version_option(package_name="baton-streams", prog_name="baton")
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML file of settings; BATON_CONFIG does the same.",
)
def baton(config: Path | None) -> None:
    """Decide for every message of a support conversation whether the AI may answer it.

    Settings come from the environment (BATON_BOOTSTRAP_SERVERS and the like), else from a TOML file
    (bootstrap_servers = "..."), else they have their defaults.
    """
    if config is not None:
        # In the environment the workers that a command starts find it too.
        os.environ["BATON_CONFIG"] = str(config.absolute())


def _of_other_floors() -> tuple[type[Exception], ...]:
    """Looked up only when something is raised: engine and model take a while to import."""
    from detectors.learned import NotTheModel
    from streams.engine import EngineError

    return EngineError, NotTheModel


def _tell(error: Exception) -> None:
    """Say what is wrong; what it quotes of a file or a record cannot command the terminal."""
    from streams.console.lines import printable

    click.echo("\n".join(map(printable, f"baton: {error}".split("\n"))), err=True)


def _demand_text(arguments: list[str]) -> None:
    """Files may be named in any bytes; nothing else that we are told is anything but text."""
    for argument in arguments:
        told = os.fsencode(argument)
        try:
            told.decode()
        except UnicodeDecodeError as error:
            if not os.path.lexists(told):
                raise click.UsageError(f"{told!r} is not UTF-8, and no file's name") from error


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code; click itself is quiet about a closed pipe."""
    try:
        _demand_text(sys.argv[1:] if arguments is None else arguments)
        code: Any = baton.main(arguments, prog_name="baton", standalone_mode=False)
    except click.exceptions.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = WRONG_USAGE if isinstance(error, click.UsageError) else error.exit_code
    except BatonError as error:
        _tell(error)
        code = error.exit_code
    except RegistryError as error:
        _tell(error)
        code = BrokerError.exit_code
    except _of_other_floors() as error:
        _tell(error)
        code = getattr(error, "exit_code", BatonError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
