"""`baton dead-letters`: records that could not be handled."""

from collections.abc import Collection

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.records import DeadLetter
from streams.admin.overtaken import on_compacted, overtaken
from streams.admin.retracting import ERASED
from streams.agents.inbox import is_whole
from streams.cli.listing import ListingGroup
from streams.cli.options import moment
from streams.codec import codec_of
from streams.console.lines import clip, printable
from streams.errors import InputError
from streams.history.playing import Player
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings, load_settings

TOPIC = "support.dead-letters"

LONGEST = 1_000
"""Columns of the longest line."""
REPLAYED = "baton-replayed"
"""Header of a replayed record: the id of its dead letter."""


@click.group(cls=ListingGroup, name="dead-letters", epilog="Example: baton dead-letters list")
def command() -> None:
    """Look at records that could not be handled, and replay them; they are kept for 7 days."""


@command.command(name="list", epilog="Example: baton dead-letters list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a dead letter.")
def list_letters(as_json: bool) -> None:
    """List the dead letters, oldest first."""
    letters = _letters()
    if as_json:
        for letter in letters:
            click.echo(msgspec.json.encode(letter))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "failed at", "agent", "code", "error"):
        table.add_column(name, no_wrap=True)
    for letter in letters:
        failed_at = moment(letter.failed_at)
        error = escape(clip(letter.error))
        table.add_row(letter.dead_letter_id, failed_at, letter.agent, letter.error_code, error)
    # `show` and `replay` want the id as it stands here: no screen is so narrow that it is cut.
    console = Console(soft_wrap=True)
    wide = console.options.update(max_width=LONGEST)
    console.width = max(console.width, console.measure(table, options=wide).maximum)
    console.print(table)
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
        click.echo(printable(f"{name:<11} {getattr(letter, name)}"))
    click.echo(f"{'key':<11} {letter.key!r}")
    for header in letter.headers:
        click.echo(printable(f"{'header':<11} {header.name}: {header.value!r}"))
    click.echo(f"{'value':<11} {letter.value!r}")


@command.command(epilog="Example: baton dead-letters replay --code internal_error")
@click.argument("dead_letter_ids", nargs=-1)
@click.option("--code", help="Those with this code.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--dry-run", is_flag=True, help="Only say which.")
def replay(
    dead_letter_ids: tuple[str, ...], code: str | None, everything: bool, dry_run: bool
) -> None:
    """Put dead letters back on the topic they came from, when what was wrong has been mended.

    Key, value and headers are the original ones, the partition is the key's. They come after all
    that has been said since, and what still cannot be handled comes back as a new dead letter. A
    message that was decided meanwhile is known by its id and not decided twice. Of a compacted
    topic what a later record of its key has replaced stays where it is.
    """
    if not (dead_letter_ids or code or everything):
        raise click.UsageError("say which: ids, --code or --all; `baton dead-letters list`")
    settings = load_settings()
    letters = _wanted(dead_letter_ids, code, everything)
    late = _overtaken(letters, settings)
    letters = [letter for letter in letters if letter.dead_letter_id not in late]
    originals = {letter.dead_letter_id: _original(letter, settings) for letter in letters}
    gone = [name for name, original in originals.items() if original is None]
    if not dry_run:
        player = Player(connection_of(settings), codec_of(settings))
        for letter in letters:
            if original := originals[letter.dead_letter_id]:
                key, value, headers = original
                replayed = (REPLAYED, letter.dead_letter_id.encode())
                player.produce(letter.topic, key, value, [*headers, replayed])
        player.flush()
    for name in originals:
        if name not in gone:
            click.echo(name)
    count = len(originals) - len(gone)
    click.echo(f"{count} {'would be ' if dry_run else ''}replayed", err=True)
    complaints = [
        f"{len(names)} {why}: {', '.join(names[:10])}"
        for names, why in (
            (gone, "are kept without their ends, and their topics no longer have them"),
            (late, "would replace what was written under their keys since"),
        )
        if names
    ]
    if complaints:
        raise InputError("; ".join(complaints))


def _wanted(ids: Collection[str], code: str | None, everything: bool) -> list[DeadLetter]:
    """The letters with these ids, with this code, or all. Raises `InputError` where one is none."""
    left = [letter for letter in _letters() if letter.error_code != ERASED]
    if missing := set(ids) - {letter.dead_letter_id for letter in left}:
        raise InputError(f"no dead letter {min(missing)} is left; `baton dead-letters list`")
    codes = {letter.error_code for letter in left}
    if code is not None and code not in codes:
        there = f"only {', '.join(sorted(codes))}" if codes else "there is none at all"
        raise InputError(f"no dead letter has the code {code}, {there}")
    return [
        letter
        for letter in left
        if everything or letter.error_code == code or letter.dead_letter_id in ids
    ]


def _overtaken(letters: list[DeadLetter], settings: Settings) -> list[str]:
    if not (topics := on_compacted(letters)):
        return []
    with Follower(connection_of(settings), codec_of(settings), topics, from_start=True) as follower:
        return overtaken(letters, follower.to_end())


Original = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value and headers of a record."""


def _original(letter: DeadLetter, settings: Settings) -> Original | None:
    """The record of a letter; what is cut in the letter is read where it lies, if it still does."""
    if is_whole(letter):
        return letter.key, letter.value, [(one.name, one.value) for one in letter.headers]
    with Follower(
        connection_of(settings), codec_of(settings), [letter.topic], from_start=False
    ) as follower:
        message = follower.fetch(letter.topic, letter.partition, letter.offset)
    if message is None:
        return None
    return message.key(), message.value(), message.headers() or []


def _letters() -> list[DeadLetter]:
    settings = load_settings()
    codec = codec_of(settings)
    with Follower(connection_of(settings), codec, [TOPIC], from_start=True) as follower:
        # The newest of an id is in force: one whose ticket was erased has nothing left.
        letters = {
            seen.record.dead_letter_id: seen.record
            for seen in follower.to_end()
            if isinstance(seen.record, DeadLetter)
        }
    return sorted(letters.values(), key=lambda letter: letter.failed_at)
