"""`baton spikes`: rows of counts in, the same rows with score and alert out."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.spikes import command
from streams.errors import InputError


def written(folder: Path, *lines: str) -> str:
    path = folder / "counts.csv"
    path.write_text("\n".join(("timestamp,value", *lines)) + "\n")
    return str(path)


def test_every_row_comes_back_in_order_and_the_burst_alerts_once(tmp_path: Path) -> None:
    rows = [f"2026-01-{5 + n // 288:02} {n % 288 // 12:02}:{n % 12 * 5:02}:00" for n in range(600)]
    values = ["4" if n % 2 else "6" for n in range(600)]
    values[500:503] = ["90"] * 3
    lines = [f"{at},{value}" for at, value in zip(rows, values, strict=True)]
    result = CliRunner().invoke(command, [written(tmp_path, *lines)], catch_exceptions=False)
    found = list(csv.DictReader(result.output.splitlines()))
    assert [(one["timestamp"], one["value"]) for one in found] == list(
        zip(rows, values, strict=True)
    )
    assert [n for n, one in enumerate(found) if one["alert"] == "1"] == [500]
    assert float(found[500]["score"]) > 3


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("2026-01-05,x", "the value x is not a count: write 0 or more"),
        ("0,-1", "the value -1 is not a count"),
        ("0,nan", "the value nan is not a count"),
        ("0,inf", "the value inf is not a count"),
        ("0,1e308", "the value 1e308 is too large: divide the column"),
        ("0,", "where nothing came write 0"),
        (",4", "a timestamp and a value are needed"),
        ("0", "a timestamp and a value are needed"),
        ("0,4,5", "more cells than columns"),
        ("never,4", "the timestamp never is no date: write 2026"),
        ("nan,4", "the timestamp nan is not in seconds"),
        ("1767571200000,4", "not in seconds: divide milliseconds by 1000"),
        ("-3601,4", "-3601 is before the row above; sort the rows"),
        ('"0,4', "a timestamp and a value are needed"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(InputError, match=f"line 3: .*{what}"):
        CliRunner().invoke(command, [written(tmp_path, "0,4", line)], catch_exceptions=False)


def test_what_is_no_series_is_refused_before_anything_is_printed(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a note\n")
    result = CliRunner().invoke(command, [str(tmp_path / "notes.csv")])
    assert isinstance(result.exception, InputError)
    assert result.output == ""


def test_the_hour_that_comes_twice_in_autumn_is_in_order(tmp_path: Path) -> None:
    lines = [f"2026-10-25 02:{minute}:00,4" for minute in (30, 55, "00", 30)]
    result = CliRunner().invoke(command, [written(tmp_path, *lines)], catch_exceptions=False)
    assert len(result.output.splitlines()) == 5


@pytest.mark.parametrize("text", ["", "junk\n", "timestamp,count\n"])
def test_a_file_without_the_columns_is_refused_even_without_rows(text: str) -> None:
    with pytest.raises(InputError, match="no column"):
        CliRunner().invoke(command, input=text, catch_exceptions=False)


def test_a_file_as_excel_writes_it_is_read_and_one_that_is_no_text_is_called_that(
    tmp_path: Path,
) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes("\ufefftimestamp,value\r\n0,4\r\n".encode())
    read = CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    assert read.output.splitlines()[1] == "0,4,0.0000,0"
    path.write_bytes(b"\x82\xff")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        CliRunner().invoke(command, [str(path)], catch_exceptions=False)
