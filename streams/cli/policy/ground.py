"""What the policy commands share: where policies lie, and what is said once one has changed."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import click
import msgspec

from schemas.records import Millis, PolicyEntry, PolicyVersion
from schemas.topics import route_topic
from streams.cli.options import Moment, moment, user_name
from streams.codec import codec_of
from streams.core.policy import Policy, PolicyError, load_policy
from streams.core.policy.diff import differences
from streams.core.policy.shipped import SHIPPED, shipped_text
from streams.engine import wall_clock
from streams.errors import BrokerError, InputError
from streams.policies.local import policy_of, policy_text, route_names
from streams.policies.shelf import (
    Change,
    Shelf,
    publish,
    published_meanwhile,
    read_shelf,
)
from streams.reading import there_of
from streams.security import connection_of
from streams.settings import load_settings


class Ground:
    """The settings, and what is published where they point; read once, when it is needed."""

    def __init__(self) -> None:
        self.settings = load_settings()
        self.fallback = policy_text(self.settings)
        self.name = policy_of(self.settings).name
        self.now: Millis = wall_clock()

    @cached_property
    def shelf(self) -> Shelf:
        """What is published. Raises `BrokerError`."""
        return read_shelf(connection_of(self.settings), codec_of(self.settings))

    def text(self, reference: str) -> str:
        """The policy that is meant: a file, a shipped or a published one. Raises `InputError`."""
        if reference in SHIPPED and not Path(reference).is_file():
            return shipped_text(reference)
        if "@" in reference and not Path(reference).exists():
            return self.shelf.body(reference)
        return read_file(reference)

    def in_force(self) -> Policy:
        """The policy that workers have now."""
        return load_policy(self.shelf.text_in_force(self.name, self.fallback, self.now))

    def change(self, since: Millis | None, author: str | None, comment: str | None) -> Change:
        """A change made now."""
        return Change(self.now, since or self.now, author or user_name(), comment)

    def put(self, records: Sequence[PolicyVersion], new: Policy, as_json: bool) -> None:
        """Publish, and say what changes. Raises `BrokerError` when a route has no topic yet,
        `InputError` when somebody else has published at the same time.
        """
        self._check_routes(new)
        before = self.in_force()
        connection, codec = connection_of(self.settings), codec_of(self.settings)
        publish(connection, codec, records)
        pointer = records[-1]
        if others := published_meanwhile(connection, codec, self.shelf, records):
            raise InputError(
                f"{new.reference} is published, but at the same time {others[-1].author_id} "
                f"published {others[-1].name}@{others[-1].version}, and neither knows of the "
                "other: see `baton policy list` and `show`, and publish under a new number what "
                "is to hold"
            )
        if as_json:
            click.echo(msgspec.json.encode(told(pointer)))
            return
        for sentence in differences(before, new) or ["Nothing changes in what is decided."]:
            click.echo(sentence)
        when = moment(pointer.effective_from)
        click.echo(f"{new.reference} is in force from {when} on (before: {before.reference})")
        cancelled = self.shelf.to_come(self.name, self.now)
        if cancelled not in (None, new.version):
            click.echo(f"{self.name}@{cancelled} was to come and is cancelled by this")

    def _check_routes(self, new: Policy) -> None:
        names = route_names(new)
        there = there_of(connection_of(self.settings), map(route_topic, names))
        missing = [name for name in names if route_topic(name) not in there]
        if missing:
            raise BrokerError(
                f"these routes have no topic yet: {', '.join(missing)}. Make them first: "
                f"baton topics apply --routes {','.join(names)}"
            )


def read_file(name: str) -> str:
    """A policy file's text. Raises `InputError`."""
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot read {name}: {error.strerror}. Name a file, a shipped policy "
            f"({', '.join(SHIPPED)}) or a version such as default@3"
        ) from error
    except UnicodeDecodeError:
        raise InputError(f"{name} is not text in UTF-8") from None


def loaded(text: str, name: str) -> Policy:
    """The policy of a text. Raises `InputError` with every complaint on a line of its own."""
    try:
        return load_policy(text)
    except PolicyError as error:
        complaints = "".join(f"\n  {complaint}" for complaint in error.complaints)
        raise InputError(f"{name} is no policy that can be used:{complaints}") from error


def told(record: PolicyVersion) -> dict[str, object]:
    """A record for machines, without the policy's text."""
    fields = msgspec.structs.asdict(record)
    wanted = ("name", "version", "created_at", "effective_from", "previous", "author_id", "comment")
    is_pointer = record.entry is PolicyEntry.POINTER
    return {key: fields[key] for key in wanted if is_pointer or key != "effective_from"}


SINCE = click.option(
    "--from",
    "since",
    type=Moment(),
    help='When it takes effect: "now", "10m" from now, or 2026-01-05T09:00Z.  [default: now]',
)
AUTHOR = click.option("--author", help="Who makes the change.  [default: the user's name]")
COMMENT = click.option("--comment", help="Why; kept with the version.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
