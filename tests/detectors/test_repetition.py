"""The gist: the same question in other words."""

import os
import subprocess
import sys

import pytest

from detectors import analyze, similarity


def alike(one: str, other: str) -> float:
    a, b = analyze([one, other])
    return similarity(a.gist, b.gist)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I export the report?", "I asked how I can export reports!"),
        ("where can I download my report", "how do I export a report"),
        ("When does my parcel arrive?", "when will the package be delivered"),
        ("How can I add a colleague?", "how do i invite a teammate"),
    ],
)
def test_the_same_question_in_other_words_is_alike(one: str, other: str) -> None:
    assert alike(one, other) >= 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I export the report?", "how do I delete a project?"),
        ("When does my parcel arrive?", "when do you open on sunday?"),
        ("thanks", "hello"),
    ],
)
def test_another_question_is_not_alike(one: str, other: str) -> None:
    assert alike(one, other) < 0.5


def test_a_gist_is_the_same_in_every_process() -> None:
    text = "How do I export the quarterly report?"
    code = (
        "from detectors.message import Message; from detectors.repetition import gist; "
        f"print(gist(Message.of({text!r})))"
    )
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": seed},
    ).stdout.strip()
    assert told == str(analyze([text])[0].gist)
