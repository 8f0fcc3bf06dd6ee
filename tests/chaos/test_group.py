"""What the supervisor of a drill's workers notices."""

import time
from pathlib import Path

from tests.chaos.group import UNEXPLAINED, Group
from tests.patience import PATIENCE


def ended(program: str, folder: Path) -> Group:
    """A group whose worker, a program in Python, has ended."""
    path = folder / "program.py"
    path.write_text(program)
    group = Group([str(path)], lambda *_: {}, folder)
    group.start("a")
    limit = time.monotonic() + PATIENCE
    while not group.exits and time.monotonic() < limit:
        time.sleep(0.05)
    group.stop()
    return group


def test_a_worker_that_ends_without_a_reason_leaves_its_last_words(tmp_path: Path) -> None:
    group = ended("raise SystemExit('nobody knows why')", tmp_path)
    assert group.exits[UNEXPLAINED] == 1
    assert group.last_words == ["a ended without a reason:\nnobody knows why"]


def test_a_worker_that_says_with_its_code_why_it_ended_is_no_riddle(tmp_path: Path) -> None:
    group = ended("raise SystemExit(75)", tmp_path)
    assert group.exits[75] == 1
    assert not group.last_words
