"""`baton policy diff`: what changes from one policy to another, in words."""

import click
import msgspec

from streams.cli.policy.ground import AS_JSON, Ground, loaded
from streams.core.policy.diff import differences


@click.command(epilog="Example: baton policy diff default seed")
@click.argument("old")
@click.argument("new")
@AS_JSON
def diff(old: str, new: str, as_json: bool) -> None:
    """Tell in words what changes from the policy OLD to NEW.

    Each is a file, a shipped policy (default, seed) or a published version such as default@3.
    """
    ground = Ground()
    before, after = loaded(ground.text(old), old), loaded(ground.text(new), new)
    sentences = differences(before, after)
    if as_json:
        references = {"old": before.reference, "new": after.reference}
        click.echo(msgspec.json.encode(references | {"differences": sentences}))
        return
    for sentence in sentences or ["Nothing changes in what is decided."]:
        click.echo(sentence)
