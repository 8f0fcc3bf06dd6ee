"""What is written by others commands no terminal."""

import pytest
from click.testing import CliRunner
from rich.console import Console

from deploy.examples.desk import Desk
from deploy.examples.desk_terminal import queue_of
from deploy.examples.wire import Wire
from schemas.records import ConversationMessage, OpenEscalation, Role
from streams.cli.fingerprint import command as fingerprint
from streams.console.lines import line_of
from streams.reading import Seen

AT = 1_767_603_600_000
HOSTILE = "T\x1b[2J\x1b]0;mine\x07\x9b31m [bold]x[/] [/] \u202e"


def test_a_line_shows_a_hostile_text_and_id_without_what_a_terminal_obeys() -> None:
    said = ConversationMessage("m1", HOSTILE, Role.CUSTOMER, HOSTILE, AT)
    line = line_of(Seen("support.conversations", 0, 1, AT, HOSTILE, said, None))
    assert line.plain.isprintable()
    assert line.plain.count("[bold]x[/] [/]") == 2


def test_templates_of_a_hostile_log_are_printable() -> None:
    told = CliRunner().invoke(fingerprint, ["--templates"], input=f"error {HOSTILE} 7\n")
    assert told.exit_code == 0
    assert all(line.replace("\t", "").isprintable() for line in told.output.splitlines())


def test_the_example_desk_lists_a_hostile_ticket(capsys: pytest.CaptureFixture[str]) -> None:
    with Wire("127.0.0.1:1", [], from_start=True) as wire:
        desk = Desk(wire, "billing", "ann")
        desk.open[HOSTILE] = OpenEscalation(
            escalation_id="e1",
            ticket_id=HOSTILE,
            revision=1,
            route="billing",
            priority=2,
            opened_at=AT,
            category="billing",
            reason_codes=("billing",),
        )
        Console(width=200, no_color=True).print(queue_of(desk))
    told = capsys.readouterr().out
    assert "[bold]x[/] [/]" in told
    assert "\x1b" not in told
