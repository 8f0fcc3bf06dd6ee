"""The on-call person's answers to anomalies: one command a kind."""

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

import click
import msgspec

from schemas.records import AnomalyAction, AnomalyActionKind, Millis
from streams.cli.anomalies.ground import wanted
from streams.cli.options import Moment, user_name
from streams.codec import codec_of
from streams.console.lines import minute, printable
from streams.core.policy.anomalies import AnomalyPolicy
from streams.engine import wall_clock
from streams.history.playing import Player, checked
from streams.security import connection_of
from streams.settings import Settings, load_settings

PRESENT = 60_000
"""Milliseconds in which a time is still the present."""
ANSWERED_FOR = int(AnomalyPolicy().forget)
"""Milliseconds after its end in which the agent knows an anomaly, unless a policy says less."""

_Command = TypeVar("_Command", bound=Callable[..., None])


def _answering(function: _Command) -> _Command:
    """What every answer takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object an answer."),
        click.option("--note", help="Why; kept with the answer."),
        click.option("--by", "actor", help="Who answers.  [default: the user's name]"),
        click.argument("anomaly_ids", metavar="ID...", nargs=-1, required=True),
    ):
        function = option(function)
    return function


@click.command(epilog="Example: baton anomalies acknowledge anomaly-5e0c81d7a4f2b396 --by lee")
@_answering
def acknowledge(
    anomaly_ids: tuple[str, ...], actor: str | None, note: str | None, as_json: bool
) -> None:
    """Say that somebody has it."""
    _answer(anomaly_ids, AnomalyActionKind.ACKNOWLEDGE, actor, note, as_json)


@click.command(epilog="Example: baton anomalies mute anomaly-5e0c81d7a4f2b396 --until 4h")
@click.option(
    "--until",
    type=Moment(),
    default="1h",
    show_default=True,
    help="4h from now on, or 2026-01-05T09:00Z; now ends a mute.",
)
@_answering
def mute(
    anomaly_ids: tuple[str, ...],
    until: Millis,
    actor: str | None,
    note: str | None,
    as_json: bool,
) -> None:
    """Keep its problems quiet for a time: until then nothing opens, and no growth is told."""
    if until < wall_clock() - PRESENT:
        raise click.BadParameter(f"{minute(until)} is past", param_hint="--until")
    _answer(anomaly_ids, AnomalyActionKind.MUTE, actor, note, as_json, until)


@click.command(
    name="false-alarm",
    epilog="Example: baton anomalies false-alarm anomaly-5e0c81d7a4f2b396 --note tests",
)
@_answering
def false_alarm(
    anomaly_ids: tuple[str, ...], actor: str | None, note: str | None, as_json: bool
) -> None:
    """Say that nothing is wrong: it ends, and the next of its kind needs more accounts."""
    _answer(anomaly_ids, AnomalyActionKind.FALSE_ALARM, actor, note, as_json)


@click.command(epilog="Example: baton anomalies known anomaly-5e0c81d7a4f2b396 --by lee")
@_answering
def known(anomaly_ids: tuple[str, ...], actor: str | None, note: str | None, as_json: bool) -> None:
    """Say that it is a known issue: no growth is told, and the next opens as known and warns."""
    _answer(anomaly_ids, AnomalyActionKind.KNOWN_ISSUE, actor, note, as_json)


def _answer(
    anomaly_ids: Iterable[str],
    kind: AnomalyActionKind,
    actor: str | None,
    note: str | None,
    as_json: bool,
    until: Millis | None = None,
) -> None:
    settings = load_settings()
    actor = actor or user_name()
    is_of_use = kind is not AnomalyActionKind.ACKNOWLEDGE
    over_since = wall_clock() - ANSWERED_FOR if is_of_use else None
    actions = [
        AnomalyAction(
            action_id=uuid.uuid4().hex,
            anomaly_id=anomaly.anomaly_id,
            kind=kind,
            occurred_at=wall_clock(),
            tenant=anomaly.tenant,
            actor_id=actor,
            until=until,
            note=note,
        )
        for anomaly in wanted(settings, dict.fromkeys(anomaly_ids), over_since)
    ]
    _send(settings, actions)
    for action in actions:
        end = "" if until is None else f" until {minute(until)}"
        said = f"{action.anomaly_id}: {kind.replace('_', ' ')}{end}"
        click.echo(msgspec.json.encode(action) if as_json else printable(said))


def _send(settings: Settings, actions: Iterable[AnomalyAction]) -> None:
    """Write the answers. Raises `InputError` when the agent could not take them."""
    player = Player(connection_of(settings), codec_of(settings))
    for action in actions:
        player.send(checked(action), 0)
    player.flush()
