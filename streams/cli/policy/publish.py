"""`baton policy publish`: puts a policy file in force on every worker."""

import click

from schemas.records import Millis
from streams.cli.policy.ground import AS_JSON, AUTHOR, COMMENT, SINCE, Ground, loaded
from streams.errors import InputError


@click.command(epilog='Example: baton policy publish ours.yaml --from 10m --comment "new plan"')
@click.argument("policy")
@SINCE
@AUTHOR
@COMMENT
@AS_JSON
def publish(
    policy: str, since: Millis | None, author: str | None, comment: str | None, as_json: bool
) -> None:
    """Publish POLICY: every worker takes it up from the stated time on, without a restart.

    What is published is a whole version that never changes, whatever the file was based on. It has
    the name that the workers follow, and a version number that is not taken. Where the AI is
    switched off now, the file has to have it off, too: only resume-ai switches it on.
    """
    ground = Ground()
    text = ground.text(policy)
    new = loaded(text, policy)
    if new.name != ground.name:
        raise InputError(
            f"{policy} is named {new.name}, and the workers follow {ground.name}: write "
            f"`name: {ground.name}` into it, or set BATON_POLICY to it for workers and commands"
        )
    ground.shelf.check_stopped(new, ground.fallback, ground.now)
    change = ground.change(since, author, comment)
    ground.put(ground.shelf.publication(text, ground.fallback, change), new, as_json)
