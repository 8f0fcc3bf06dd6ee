"""`baton dead-letters`: records that could not be handled."""

from collections.abc import Iterator

import click
import msgspec
from rich.console import Console
from rich.table import Table

from schemas.records import DeadLetter
from streams.app import codec_of
from streams.console.lines import clip, moment
from streams.errors import InputError
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import load_settings

TOPIC = "support.dead-letters"


@click.group(name="dead-letters")
def command() -> None:
    """Look at records that could not be handled; they are kept for 7 days."""


@command.command(name="list", epilog="Example: baton dead-letters list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a dead letter.")
def list_letters(as_json: bool) -> None:
    """List the dead letters, oldest first."""
    letters = list(_letters())
    if as_json:
        for letter in letters:
            click.echo(msgspec.json.encode(letter))
        return
    table = Table("id", "failed at", "agent", "code", "error", box=None, pad_edge=False)
    for letter in letters:
        failed_at = moment(letter.failed_at)
        table.add_row(
            letter.dead_letter_id, failed_at, letter.agent, letter.error_code, clip(letter.error)
        )
    Console(soft_wrap=True).print(table)
    click.echo(f"{len(letters)} dead letters", err=True)


@command.command(epilog="Example: baton dead-letters show support.conversations/3/41")
@click.argument("dead_letter_id")
@click.option("--value", "only_value", is_flag=True, help="Only the original bytes.")
def show(dead_letter_id: str, only_value: bool) -> None:
    """Show a dead letter: where it was, what is wrong with it, and its original bytes."""
    letter = next((item for item in _letters() if item.dead_letter_id == dead_letter_id), None)
    if letter is None:
        raise InputError(f"there is no dead letter {dead_letter_id}; `baton dead-letters list`")
    if only_value:
        click.get_binary_stream("stdout").write(letter.value or b"")
        return
    for name in ("topic", "partition", "offset", "agent", "ticket_id", "error_code", "error"):
        click.echo(f"{name:<11} {getattr(letter, name)}")
    click.echo(f"{'key':<11} {letter.key!r}")
    for header in letter.headers:
        click.echo(f"{'header':<11} {header.name}: {header.value!r}")
    click.echo(f"{'value':<11} {letter.value!r}")


def _letters() -> Iterator[DeadLetter]:
    settings = load_settings()
    codec = codec_of(settings)
    with Follower(connection_of(settings), codec, [TOPIC], from_start=True) as follower:
        for seen in follower.to_end():
            if isinstance(seen.record, DeadLetter):
                yield seen.record
