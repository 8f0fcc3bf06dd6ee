"""`baton play`: puts conversations from a file onto a broker."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.records import Millis
from streams.cli.options import moment
from streams.codec import codec_of
from streams.engine import wall_clock
from streams.history.files import Event, read_history, time_of
from streams.history.playing import Pace, Player
from streams.security import connection_of
from streams.settings import load_settings

LONG_AGO: Millis = 3_600_000
"""From when on a history is none of now."""
PAST = (
    "note: a history of {}; a worker for it runs with BATON_CLOCK=records, by the wall clock all "
    "its deadlines are past"
)


class Speed(click.ParamType):
    """A factor such as 1 or 60, or `max`."""

    name = "factor"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """None stands for `max`."""
        if value in ("max", None):
            return None
        try:
            factor = float(str(value))
        except ValueError:
            factor = 0.0
        if factor <= 0:
            self.fail(f"{value!r} is neither `max` nor a factor above 0", param, ctx)
        return factor


@click.command(epilog="Example: baton play deploy/demo/conversations.jsonl --speed 60")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--speed",
    type=Speed(),
    default="1",
    show_default=True,
    help="How many times faster than it happened; `max` does not wait.",
)
@click.option("--no-ai", is_flag=True, help="No neutral AI answers between bare turns.")
@click.option("--limit", type=click.IntRange(1), help="Only the first N events.")
def command(file: Path, speed: float | None, no_ai: bool, limit: int | None) -> None:
    """Play the conversations of FILE onto support.conversations.

    FILE holds JSON lines (.gz is read too): ConversationMessage and TicketUpdate records, or bare
    turns {"conversation": .., "text": ..}. Bare turns without a time get synthetic ones, 20 seconds
    apart from 2026-01-05T09:00Z on, and a neutral AI answer each. Records carry the history's
    times; they count where the topic keeps them (`baton topics apply --dev`), and a worker for a
    played history runs with BATON_CLOCK=records, so that its clock does not outrun it.
    """  # fmt: skip
    settings = load_settings()
    total, now = 0, wall_clock()
    begins = now
    for event in _events(file, no_ai, limit):
        total, begins = total + 1, min(begins, time_of(event))
    if settings.clock == "wall" and begins < now - LONG_AGO:
        click.echo(PAST.format(moment(begins)), err=True)
    player = Player(connection_of(settings), codec_of(settings))
    progress = Progress(
        TextColumn("playing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[shown]}"), console=Console(stderr=True),
    )  # fmt: skip
    with progress:
        task = progress.add_task("", total=total, shown="")
        for number, event in enumerate(player.play(_events(file, no_ai, limit), Pace(speed)), 1):
            if speed is not None or number % 500 == 0 or number == total:
                progress.update(task, completed=number, shown=f"at {moment(time_of(event))}")
    click.echo(f"played {total} events of {file}")


def _events(file: Path, no_ai: bool, limit: int | None) -> Iterator[Event]:
    for number, event in enumerate(read_history(file, ai_answers=not no_ai)):
        if limit is not None and number >= limit:
            return
        yield event
