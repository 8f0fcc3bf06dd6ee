"""What is written by others commands no terminal."""

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from rich.console import Console

from deploy.examples.desk import Desk
from deploy.examples.desk_terminal import queue_of
from deploy.examples.wire import Wire
from schemas.records import Anomaly, AnomalyState, ConversationMessage, OpenEscalation, Role
from streams.cli.fingerprint import command as fingerprint
from streams.console.lines import life_of, line_of
from streams.reading import Seen

AT = 1_767_603_600_000
HOSTILE = "T\x1b[2J\x1b]0;mine\x07\x9b31m [bold]x[/] [/] \u202e"


def test_a_line_shows_a_hostile_text_and_id_without_what_a_terminal_obeys() -> None:
    said = ConversationMessage("m1", HOSTILE, Role.CUSTOMER, HOSTILE, AT)
    line = line_of(Seen("support.conversations", 0, 1, AT, HOSTILE, said, None))
    assert line.plain.isprintable()
    assert line.plain.count("[bold]x[/] [/]") == 2


def test_an_anomalys_life_is_a_printable_line_with_its_numbers() -> None:
    opened = Anomaly(
        anomaly_id="x",
        state=AnomalyState.OPENED,
        revision=1,
        title=HOSTILE,
        category="technical",
        since=AT,
        updated_at=AT + 8_000,
        window_start=AT,
        window_end=AT,
        accounts=3,
        expected=0.0,
        tail_probability=0.0,
        opened_at=AT + 8_000,
    )
    told = life_of(opened)
    assert told.isprintable()
    assert told.endswith("3 accounts, first report 09:00:00, opened 09:00:08, 1 records")
    over = replace(opened, peak_accounts=40, resolved_at=AT + 900_000, affected_accounts=("a",))
    assert life_of(over).endswith("resolved 09:15:00 with 1 accounts and 0 tickets to be told")
    part = replace(over, part=2, total_tickets=9_000, total_accounts=7_000)
    assert life_of(part).endswith("with 7000 accounts and 9000 tickets to be told")


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
