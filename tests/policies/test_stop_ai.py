"""Where the AI is off once it has been switched."""

import pytest

from streams.cli.policy.stop_ai import switched
from streams.core.policy.modes import Stopped
from streams.errors import InputError

NOTHING = {"route": None, "segment": None, "category": None}
BILLING = NOTHING | {"category": "billing"}


def test_who_resumes_a_part_hears_that_the_ai_is_off_everywhere() -> None:
    """And not that it is on there."""
    off = Stopped(everywhere=True, categories=("billing",))
    with pytest.raises(InputError, match="the AI is off everywhere"):
        switched(off, BILLING, off=False)
    assert switched(off, NOTHING, off=False) == Stopped()


def test_what_was_stopped_for_a_part_is_resumed_for_it() -> None:
    off = switched(Stopped(routes=("legal",)), BILLING, off=True)
    assert off == Stopped(routes=("legal",), categories=("billing",))
    assert switched(off, BILLING, off=False) == Stopped(routes=("legal",))
