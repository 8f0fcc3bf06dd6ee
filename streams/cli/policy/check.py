"""`baton policy check`: whether a policy can be used, and everything that is wrong with it."""

import click
import msgspec

from streams.cli.policy.ground import Ground
from streams.core.policy import PolicyError, load_policy
from streams.errors import InputError


@click.command(epilog="Example: baton policy check streams/core/policy/default.yaml")
@click.argument("policy")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(policy: str, as_json: bool) -> None:
    """Check POLICY and tell everything that is wrong: the path, and what to write instead.

    Exits with 0 when it can be used and with 65 when it cannot.
    """
    text = Ground().text(policy)
    complaints: tuple[str, ...] = ()
    reference = None
    try:
        reference = load_policy(text).reference
    except PolicyError as error:
        complaints = error.complaints
    if as_json:
        click.echo(msgspec.json.encode({"policy": reference, "complaints": complaints}))
    elif reference is not None:
        click.echo(f"{policy} can be used: it is {reference}")
    for complaint in () if as_json else complaints:
        click.echo(f"{policy}: {complaint}", err=True)
    if complaints:
        raise click.exceptions.Exit(InputError.exit_code)
