"""`baton policy rollback`: puts an earlier version back in force."""

import click

from schemas.records import Millis
from streams.cli.policy.ground import AS_JSON, AUTHOR, COMMENT, SINCE, Ground, loaded


@click.command(epilog="Example: baton policy rollback --to 3")
@click.option("--to", type=click.IntRange(1), help="The version.  [default: the one before]")
@SINCE
@AUTHOR
@COMMENT
@AS_JSON
def rollback(
    to: int | None, since: Millis | None, author: str | None, comment: str | None, as_json: bool
) -> None:
    """Put an earlier version of the policy back in force; the later one stays published.

    It also ends a version that is to come: the one that holds now stays. Where the AI is switched
    off now it stays off, and nowhere else: only stop-ai and resume-ai change that. An earlier
    version that says otherwise comes back under a new number.
    """
    ground = Ground()
    change = ground.change(since, author, comment)
    records = ground.shelf.rollback(ground.name, to, ground.fallback, change)
    reference = f"{ground.name}@{records[-1].version}"
    made = {f"{one.name}@{one.version}": one.body for one in records if one.body is not None}
    body = made.get(reference) or ground.shelf.body(reference)
    ground.put(records, loaded(body, reference), as_json)
    if reference in made and comment is None and not as_json:
        click.echo(f"{reference} is {records[-1].comment}")
