"""`baton policy list`: the versions that are published, and which is in force."""

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.cli.options import moment
from streams.cli.policy.ground import AS_JSON, Ground, told


@click.command(name="list", epilog="Example: baton policy list")
@AS_JSON
def list_policies(as_json: bool) -> None:
    """List the published versions of the policy that the workers follow, the newest last."""
    ground = Ground()
    pointer, versions = ground.shelf.pointer(ground.name), ground.shelf.versions(ground.name)
    force = ground.shelf.in_force(ground.name, ground.now)
    if as_json:
        in_force = None if pointer is None else told(pointer)
        answer = {"in_force": force, "pointer": in_force, "versions": [*map(told, versions)]}
        click.echo(msgspec.json.encode(answer))
        return
    if not versions:
        click.echo(f"nothing of {ground.name} is published: workers have what BATON_POLICY says")
        return
    table = Table("version", "published", "by", "state", "comment", box=None, pad_edge=False)
    for one in versions:
        state = "in force" if one.version == force else ""
        if pointer is not None and one.version == pointer.version != force:
            state = f"from {moment(pointer.effective_from)}"
        reference = f"{one.name}@{one.version}"
        author, comment = escape(one.author_id or ""), escape(one.comment or "")
        table.add_row(reference, moment(one.created_at), author, state, comment)
    Console().print(table)
