"""`baton erase`: removes what is known of tickets, and says what is left until when."""

import click
import msgspec

from streams.admin.erasing import Eraser
from streams.admin.held import Holders
from streams.codec import codec_of
from streams.errors import InputError
from streams.kinds import AGENTS, outputs
from streams.security import connection_of
from streams.settings import load_settings


@click.command(epilog="Example: baton erase --requester mara@example.com > receipt.json")
@click.option("--ticket", "tickets", multiple=True, help="This ticket; may be said again.")
@click.option("--requester", help="Every ticket of this requester.")
@click.option("--account", help="Every ticket of this account.")
@click.option("--wait", type=float, default=30.0, show_default=True, help="Seconds for the agent.")
@click.option("--dry-run", is_flag=True, help="Only say which tickets.")
def command(
    tickets: tuple[str, ...],
    requester: str | None,
    account: str | None,
    wait: float,
    dry_run: bool,
) -> None:
    """Erase tickets, and print a receipt as JSON.

    State, transcript and the compacted topics lose them; what comes later for them is refused.
    On the other topics an erasure record follows, and the receipt says until when retention keeps
    what lies there. Every ticket is found that an agent or a topic still knows.
    """
    if not (tickets or requester or account):
        raise click.UsageError("say which: --ticket, --requester or --account")
    settings = load_settings()
    written = [name for agent in AGENTS for name in outputs(agent, settings)]
    eraser = Eraser(connection_of(settings), codec_of(settings), written, Holders(settings))
    found = eraser.find(account, requester) if requester or account else {}
    wanted = eraser.whose(tickets) | found
    if not wanted:
        raise InputError("no ticket is found, neither in the agents' states nor on the topics")
    if dry_run:
        for ticket in wanted:
            click.echo(ticket)
        return
    asked = {"ticket": " ".join(tickets), "requester": requester or "", "account": account or ""}
    receipt = eraser.erase({name: one for name, one in asked.items() if one}, wanted, wait)
    click.echo(msgspec.json.format(msgspec.json.encode(receipt), indent=2).decode())
    if missing := len(wanted) - len(receipt.taken_up):
        click.echo(f"{missing} wait for a running tickets agent: then erase them again", err=True)
