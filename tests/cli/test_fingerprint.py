"""`baton fingerprint`: any file, in little memory and linear time."""

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import fingerprint
from streams.cli.fingerprint import command
from streams.core.anomalies import groups


def run(text: str, *options: str) -> Result:
    return CliRunner().invoke(command, options, input=text, catch_exceptions=False)


def test_a_line_a_line_in_order() -> None:
    told = run("disk 1 is full of logs\nno route to 10.0.0.1\r\ndisk 77 is full of logs").stdout
    first, other, again = told.splitlines()
    assert first == again != other
    assert run("").stdout == ""
    assert len(run("\n\n").stdout.splitlines()) == 2


def test_templates_show_the_form_with_the_varying_word_open() -> None:
    parts = ("disk", "queue", "table", "cache", "topic")
    told = run("".join(f"The {one} is full again, 3 left\n" for one in parts), "--templates")
    count, _, form = told.stdout.rstrip("\n").split("\t")
    assert (count, form) == ("5", "the <*> is full again, <num> left")


def test_messages_are_grouped_by_their_error_or_not_at_all() -> None:
    lines = "checkout gives a 502\nthank you\nHTTP 502 at the checkout\n"
    first, none, again = run(lines, "--messages").stdout.splitlines()
    assert first == again != none == "-"
    assert "\t-\t\n" in run(lines, "--messages", "--templates").stdout


def test_what_was_forgotten_and_comes_back_the_other_way_round_has_one_group() -> None:
    pair = [f"user {name} is idle for long now\n" for name in ("anna", "bert")]
    others = [
        f"a{n:x} b{n:x} c{n:x} d{n:x} e{n:x} f{n:x} g{n:x}\n".replace("0", "o") for n in range(700)
    ]
    others = [
        "".join(c if not c.isdigit() else "ghijklmnop"[int(c)] for c in one) for one in others
    ]
    told = run("".join((*pair, *others, *reversed(pair)))).stdout.splitlines()
    assert told[0] == told[1] == told[-1] == told[-2]


def test_aliases_and_forms_have_bounds_that_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_ALIASES", 2)
    monkeypatch.setattr(fingerprint, "MOST_FORMS", 3)
    parts = ("disk", "queue", "table", "cache", "topic", "index")
    lines = "".join(f"no {what} of {one} is left\n" for what in ("key", "file") for one in parts)
    told = run(lines, "--templates")
    assert len(told.stdout.splitlines()) <= 3
    assert "lines are of further groups" in told.stderr
    assert "forgotten for want of room" in told.stderr


def distinct(size: int) -> str:
    return "".join(
        f"{n:x}a {n + 7:x}b is {_letters(n)} {_letters(n + 3)} off\n" for n in range(size // 30)
    )


def _letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def tokens(size: int) -> str:
    return " ".join(map(_letters, range(size // 7)))


HOSTILE: list[Callable[[int], str]] = [
    distinct,
    tokens,
    lambda size: "([{<" * (size // 4),
    lambda size: "<" * size + ">" * size,
    lambda size: "(" * size + "\n" + ")" * size,
    lambda size: "([{<\"'`" * 12 + "\n" * (size // 100),
    lambda size: ("a.b/" * 900 + "\n") * (size // 3600),
    lambda size: ("<num> " * 600 + "\n") * (size // 3600),
    lambda size: ("=\"'" * 1000 + "\n") * (size // 3000),
    lambda size: ("1:a@b-" * 600 + "\n") * (size // 3600),
    lambda size: ("(walnut,[" * 400 + "\n") * (size // 3600),
    lambda size: ('{"a":"b",' * 400 + "\n") * (size // 3600),
    lambda size: ("kestrel." * 450 + "\n") * (size // 3600),
]


@pytest.mark.parametrize("made", HOSTILE)
@pytest.mark.parametrize("options", [(), ("--templates",)])
def test_the_time_grows_with_the_file_and_not_with_its_square(
    made: Callable[[int], str], options: tuple[str, ...]
) -> None:
    def cost(size: int) -> float:
        text, spent = made(size), list[float]()
        for _ in range(3):
            started = time.process_time()
            run(text, *options)
            spent.append(time.process_time() - started)
        return min(spent)

    assert cost(160_000) < 24 * cost(20_000) + 0.02, "8 times the file; its square is 64"


def test_memory_is_that_of_the_bounds_and_not_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "app.log"

    def peak(lines: int, start: int) -> int:
        with file.open("w") as written:
            for n in range(start, start + 8 * lines, 8):
                written.write(" ".join(map(_letters, range(n, n + 8))) + "\n")
        tracemalloc.start()
        run("", str(file))
        spent = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return spent

    assert peak(7200, 100_000) < 2 * peak(2400, 200_000)
