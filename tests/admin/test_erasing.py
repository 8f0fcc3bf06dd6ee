"""Which tickets are erased, and what a receipt says."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import AccountActivity, ActivityKind, Outreach
from streams.admin.erasing import SOURCES, Eraser, to_repeat
from streams.engine import Connection
from streams.reading import Seen


def test_a_receipt_says_that_what_no_agent_has_taken_up_is_to_be_erased_again() -> None:
    [advice] = to_repeat(2)
    assert "has not taken up 2 of them: they are not erased yet" in advice
    assert "(--ticket, for they are nobody's by then) when the agent" in advice
    assert not [*to_repeat(0)]


def test_a_ticket_that_is_called_as_an_account_that_was_merged_is_not_erased_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Account 1042 is now part of acme, and ticket 1042 is somebody else's."""
    told = AccountActivity("T1/a/opened", "T1", ActivityKind.OPENED, 1, account_id="acme", moves=1)
    handed_over = replace(
        told,
        activity_id="1042/outreach/1/quiet",
        ticket_id="1042",
        kind=ActivityKind.OUTREACH,
        outreach=Outreach(next_at=2),
    )
    seen = [Seen(SOURCES[1], 0, n, 1, "acme", one) for n, one in enumerate((told, handed_over))]
    follower = SimpleNamespace(to_end=lambda: iter(seen))
    monkeypatch.setattr(Eraser, "_reading", lambda self, topics: nullcontext(follower))
    holders: Any = SimpleNamespace(tickets_of=lambda account, requester: {})
    eraser = Eraser(Connection("localhost:1"), Codec(), (), holders)
    assert [*eraser.find("acme", None)] == ["T1"]
