"""Files of conversations are taken as a worker would take their records."""

import gzip
import json
from pathlib import Path

import pytest

from streams.errors import InputError
from streams.history.files import read_history, read_profiles

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


@pytest.mark.parametrize("time", [-5, 1_767_603_600, 10**20])
def test_a_bare_turn_at_a_time_that_no_topic_can_have_is_named(tmp_path: Path, time: int) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_text(json.dumps({"conversation": 1, "text": "hi", "time": time}))
    with pytest.raises(InputError, match=r"line 1: .*outside 2000-2100; send milliseconds"):
        list(read_history(file))


PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize("content", [PACKED[:-9], PACKED[:5], b"no gzip", PACKED[:10] + b"x"])
def test_a_packed_file_that_cannot_be_unpacked_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "history.jsonl.gz"
    file.write_bytes(content)
    for read in (read_history, read_profiles):
        with pytest.raises(InputError, match=f"cannot read {file}: "):
            list(read(file))


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"name": "x"}', '{"account_id": "\xe9"}'.encode("latin-1")]
)
def test_a_profile_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "accounts.jsonl"
    file.write_bytes(b"\n" + line)
    with pytest.raises(InputError, match="line 2: "):
        read_profiles(file)
