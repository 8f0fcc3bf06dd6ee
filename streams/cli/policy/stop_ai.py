"""`baton policy stop-ai` and `resume-ai`: switch the AI off, everywhere or in a scope, and on."""

from collections.abc import Mapping

import click
import msgspec
from msgspec.structs import replace

from streams.cli.policy.ground import AS_JSON, AUTHOR, COMMENT, Ground, loaded
from streams.core.policy.modes import Stopped
from streams.core.policy.yaml_text import write_yaml
from streams.errors import InputError
from streams.policies.shelf import stopped_of

SCOPES = {"route": "routes", "segment": "segments", "category": "categories"}


def _scope(function: click.decorators.FC) -> click.decorators.FC:
    for name in reversed(SCOPES):
        option = click.option(f"--{name}", help=f"Only tickets of this {name}.")
        function = option(function)
    return function


@click.command(name="stop-ai", epilog="Example: baton policy stop-ai --category billing")
@_scope
@AUTHOR
@COMMENT
@AS_JSON
def stop_ai(as_json: bool, author: str | None, comment: str | None, **scope: str | None) -> None:
    """Switch the AI off: from the next message on, every ticket in scope goes to a person.

    Without a scope everywhere. It publishes the policy in force with only this changed; workers
    have it within a second.
    """
    _switch(scope, True, author, comment, as_json)


@click.command(name="resume-ai", epilog="Example: baton policy resume-ai --category billing")
@_scope
@AUTHOR
@COMMENT
@AS_JSON
def resume_ai(as_json: bool, author: str | None, comment: str | None, **scope: str | None) -> None:
    """Undo `stop-ai` for the same scope; without one, undo all of them.

    Tickets that people have taken over meanwhile stay with them.
    """
    _switch(scope, False, author, comment, as_json)


def _switch(
    scope: dict[str, str | None], off: bool, author: str | None, comment: str | None, as_json: bool
) -> None:
    ground = Ground()
    values, version = ground.shelf.amended(ground.name, ground.fallback, ground.now)
    old = stopped_of(values)
    stopped = switched(old, scope, off=off)
    if stopped == old:
        raise InputError(f"the AI is {'off' if off else 'on'} there already")
    changes = {"version": version, "stopped": msgspec.to_builtins(stopped)}
    text = write_yaml(values | changes)
    change = ground.change(None, author, comment or ("AI stopped" if off else "AI resumed"))
    new = loaded(text, "the policy with this change")
    ground.put(ground.shelf.publication(text, ground.fallback, change), new, as_json)


def switched(old: Stopped, scope: Mapping[str, str | None], *, off: bool) -> Stopped:
    """Where the AI is off after `stop-ai` (`off`) or `resume-ai` for a scope. Raises `InputError`
    where it stays off all the same.
    """
    named = {SCOPES[kind]: name for kind, name in scope.items() if name is not None}
    if not named:
        return replace(old, everywhere=True) if off else Stopped()
    if old.everywhere and not off:
        raise InputError(
            "the AI is off everywhere: only `baton policy resume-ai` alone undoes that"
        )
    changes = {}
    for kind, name in named.items():
        others = tuple(one for one in getattr(old, kind) if one != name)
        changes[kind] = (*others, name) if off else others
    return replace(old, **changes)
