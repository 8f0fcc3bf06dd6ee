"""Files of conversations are taken as a worker would take their records."""

import json
from pathlib import Path

import pytest

from streams.errors import InputError
from streams.history.files import read_history

GOOD = {
    "message_id": "m1",
    "ticket_id": "T1",
    "role": "customer",
    "text": "hello",
    "sent_at": 1_767_603_600_000,
}


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"sent_at": 0}, "sent_at.* is 0, outside 2000-2100; send milliseconds"),
        ({"sent_at": 1_767_603_600}, "outside 2000-2100; send milliseconds"),
        ({"sent_at": 1_767_603_600_000_000}, "outside 2000-2100; send milliseconds"),
        ({"ticket_id": ""}, "ticket_id"),
        ({"role": "robot"}, "role is 'unknown'"),
        ({"type": "TicketUpdate", "update_id": "u", "kind": "resolved", "occurred_at": -1}, "-1"),
    ],
)
def test_a_line_that_a_worker_would_refuse_is_named_with_what_to_send(
    tmp_path: Path, wrong: dict[str, object], what: str
) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{json.dumps(GOOD | wrong)}\n")
    with pytest.raises(InputError, match=f"line 2: .*{what}"):
        list(read_history(file))
