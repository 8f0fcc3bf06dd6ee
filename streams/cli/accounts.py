"""`baton accounts`: how an account is doing, and an answer to the suggestion to reach out."""

import time
import uuid

import click
import msgspec

from schemas.records import AccountHealth, Millis, OpportunityStatus, OpportunityUpdate
from streams.agents.accounts import HEALTH_TOPIC
from streams.cli.options import Moment, user_name
from streams.codec import codec_of
from streams.console.account import lines_of
from streams.console.lines import printable
from streams.errors import InputError
from streams.history.playing import Player, checked
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings, load_settings

ANSWERS = [str(one) for one in OpportunityStatus if one is not OpportunityStatus.UNKNOWN]


@click.command(epilog="Example: baton accounts acme --answer accepted --by lee")
@click.argument("account")
@click.option(
    "--answer",
    type=click.Choice(ANSWERS),
    help="Answer the open suggestion to reach out.",
)
@click.option("--until", type=Moment(), help="With snoozed: 3d from now on, or 2026-01-05T09:00Z.")
@click.option("--by", "actor", help="Who answers.  [default: the user's name]")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: the account, or the answer."
)
def command(
    account: str, answer: str | None, until: Millis | None, actor: str | None, as_json: bool
) -> None:
    """Show how ACCOUNT is doing: its score and what it is made of, and whether to reach out."""
    if until is not None and answer != OpportunityStatus.SNOOZED:
        raise click.UsageError("--until goes with --answer snoozed")
    settings = load_settings()
    health = latest(settings, account)
    if health is None:
        raise InputError(f"nothing is known of account {account} on {HEALTH_TOPIC}")
    if answer is not None:
        status, actor = OpportunityStatus(answer), actor or user_name()
        update = _answer(settings, health, status, actor, until)
        said = f"{update.opportunity_id}: {update.status}"
        click.echo(msgspec.json.encode(update) if as_json else said)
        return
    click.echo(
        msgspec.json.encode(health) if as_json else "\n".join(map(printable, lines_of(health)))
    )


def latest(settings: Settings, account: str) -> AccountHealth | None:
    """The record in force of an account; None without one."""
    found = None
    connection, codec = connection_of(settings), codec_of(settings)
    with Follower(connection, codec, (HEALTH_TOPIC,), from_start=True, key=account) as follower:
        for seen in follower.to_end():
            if seen.key == account:
                found = seen.record if isinstance(seen.record, AccountHealth) else None
    return found


def _answer(
    settings: Settings,
    health: AccountHealth,
    status: OpportunityStatus,
    actor: str | None,
    until: Millis | None,
) -> OpportunityUpdate:
    if health.opportunity is None:
        raise InputError(f"there is no open suggestion to reach out to {health.account_id}")
    update = OpportunityUpdate(
        update_id=uuid.uuid4().hex,
        opportunity_id=health.opportunity.opportunity_id,
        account_id=health.account_id,
        status=status,
        occurred_at=int(time.time() * 1000),
        tenant=health.tenant,
        actor_id=actor,
        until=until,
    )
    player = Player(connection_of(settings), codec_of(settings))
    player.send(checked(update), 0)
    player.flush()
    return update
