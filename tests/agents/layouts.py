"""The fields of every stored struct, by state and version: `layouts.json` has them.

`python -m tests.agents.layouts` writes down those of the present versions.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from streams.core.accounts import state as accounts
from streams.core.anomalies import codec as anomalies
from streams.core.anomalies import meanings, shelf
from streams.core.anomalies.state import Incident, Subject, Watch
from streams.core.tickets import Ticket
from streams.core.tickets import codec as tickets

FILE = Path(__file__).with_name("layouts.json")

Fields = dict[str, list[str]]

STATES: dict[str, tuple[type[msgspec.Struct], bytes]] = {
    "ticket": (Ticket, tickets.VERSION),
    "account": (accounts.AccountState, accounts.VERSION),
    "problem": (Subject, anomalies.VERSION),
    "incident": (Incident, anomalies.VERSION),
    "tenant": (Watch, anomalies.VERSION),
    "groups": (shelf.Shelf, shelf.VERSION),
    "meanings": (meanings.Meanings, meanings.VERSION),
}


def known() -> dict[str, dict[str, Fields]]:
    """What is written down, by state and version."""
    found: dict[str, dict[str, Fields]] = json.loads(FILE.read_text())
    return found


def layout(kind: type[msgspec.Struct]) -> Fields:
    """The fields of a struct and of those within it, by the struct's name."""
    found: Fields = {}
    waiting = [kind]
    while waiting:
        struct = waiting.pop()
        if struct.__name__ not in found:
            found[struct.__name__] = list(struct.__struct_fields__)
            for annotation in get_type_hints(struct).values():
                waiting += _structs(annotation)
    return dict(sorted(found.items()))


def _structs(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _structs(argument)


def main() -> None:
    """Write the fields of the present versions beside those of earlier ones, a struct a line."""
    written = known()
    for name, (kind, version) in STATES.items():
        written.setdefault(name, {})[str(version[0])] = layout(kind)
    lines = json.dumps(written, indent=1).replace("\n    ", " ").replace("[ ", "[")
    FILE.write_text(lines.replace("\n   ]", "]") + "\n")


if __name__ == "__main__":
    main()
