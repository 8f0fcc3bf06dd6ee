"""What the supervisor of a drill's workers notices."""

import time
from pathlib import Path

from tests.chaos.group import UNEXPLAINED, Group


def test_a_worker_that_ends_without_a_reason_leaves_its_last_words(tmp_path: Path) -> None:
    group = Group(["-c", "raise SystemExit('nobody knows why')"], lambda *_: {}, tmp_path)
    group.start("a")
    limit = time.monotonic() + 30
    while not group.exits and time.monotonic() < limit:
        time.sleep(0.05)
    group.stop()
    assert group.exits[UNEXPLAINED] == 1
    assert group.last_words == ["a ended without a reason:\nnobody knows why"]


def test_a_worker_that_says_with_its_code_why_it_ended_is_no_riddle(tmp_path: Path) -> None:
    group = Group(["-c", "raise SystemExit(75)"], lambda *_: {}, tmp_path)
    group.start("a")
    limit = time.monotonic() + 30
    while not group.exits and time.monotonic() < limit:
        time.sleep(0.05)
    group.stop()
    assert group.exits[75] == 1
    assert not group.last_words
