"""`baton policy show`: a whole policy, as it applies."""

import click
import msgspec

from streams.cli.policy.ground import AS_JSON, Ground, loaded
from streams.core.policy.load import whole
from streams.core.policy.yaml_text import write_yaml


@click.command(epilog="Example: baton policy show default > ours.yaml")
@click.argument("policy", required=False)
@AS_JSON
def show(policy: str | None, as_json: bool) -> None:
    """Print the whole of POLICY, with what it is based on; without one, what is in force."""
    ground = Ground()
    name = policy or ground.name
    if policy is None:
        values, _ = ground.shelf.amended(ground.name, ground.fallback, ground.now)
    else:
        text = ground.text(policy)
        loaded(text, name)
        values = whole(text)
    click.echo(msgspec.json.encode(values) if as_json else write_yaml(values).rstrip())
