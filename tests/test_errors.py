"""What ends a command or a worker: the trees of errors, and what their codes tell an operator."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from streams import errors
from streams.cli.main import INTERRUPTED, WRONG_USAGE
from streams.engine import errors as engine_errors
from streams.errors import BatonError
from streams.reference.exit_codes import endings

GUARANTEES = Path(__file__).parents[1] / "docs" / "guarantees.md"


@pytest.mark.parametrize("module", [errors, engine_errors])
def test_the_docstring_draws_every_error_with_its_exit_code(module: object) -> None:
    drawn = re.findall(r"── (\w+) +(\d+) ", module.__doc__ or "")
    assert drawn == [
        (one.__name__, str(one.exit_code))
        for one in endings()
        if one.__module__ == getattr(module, "__name__", "")
    ]


def test_an_exit_code_means_one_thing_to_an_operator_whether_a_command_or_a_worker_ends() -> None:
    names = defaultdict[int, set[str]](set)
    for one in endings():
        names[one.exit_code].add(one.__name__)
    alike = {code: some for code, some in names.items() if len(some) > 1}
    assert alike == {69: {"BrokerError", "BrokerFailed"}}
    assert sum(one.__name__ == "AccessDenied" for one in endings()) == 2
    assert not names.keys() & {0, BatonError.exit_code, WRONG_USAGE, INTERRUPTED}
    assert len(names) == len(endings()) - 2


def test_every_code_on_the_page_of_guarantees_is_that_of_its_error() -> None:
    codes = {one.__name__: one.exit_code for one in endings()}
    told = re.findall(r"`(\w+)`, (?:exit code )?(\d+)", GUARANTEES.read_text(encoding="utf-8"))
    assert {name for name, _ in told} == {
        one.__name__ for one in endings() if one.__module__ == engine_errors.__name__
    } - {"AgentFailed"}
    assert [(name, int(code)) for name, code in told] == [(name, codes[name]) for name, _ in told]
