"""`baton spikes`: which rows of a series of counts are unusual."""

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import IO

import click

from detectors.spikes import Series
from streams.errors import InputError

CLOCK_CHANGE = 3_600_000
"""Milliseconds that local time goes back by in autumn: such rows are in order all the same."""
LATEST = 1e11
"""Seconds since 1970, in the year 5138; today's milliseconds lie beyond."""
MOST = 1e15
"""Counts beyond have tails that a float no longer tells apart, or none at all."""


@click.command(epilog="Example: seq 300 | sed '1s/.*/timestamp,value/;1!s/$/,4/' | baton spikes")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def command(file: IO[str]) -> None:
    """Judge each row of FILE, a CSV with columns `timestamp` and `value`, or of standard input.

    Prints CSV: timestamp, value, score (the surprise: 3 is one in a thousand) and alert (1 or 0),
    with the statistics that watch the accounts of a problem in the stream. Rows are counts of equal
    steps, the oldest first; timestamps are ISO 8601 or seconds since 1970. The first 100 rows only
    teach what is usual: their score is 0.
    """
    series = Series()
    rows = _rows(file)
    # What has no row that can be read is refused before anything is printed.
    first = [*islice(rows, 1)]
    click.echo("timestamp,value,score,alert")
    for text, at, value in chain(first, rows):
        judged = series.judge(at, float(value))
        click.echo(f"{text},{value},{judged.score:.4f},{judged.alert:d}")


def _rows(file: IO[str]) -> Iterator[tuple[str, int, str]]:
    # A spreadsheet puts a byte order mark before the first column's name.
    reader = csv.DictReader(line.removeprefix("\ufeff") for line in file)
    try:
        if missing := {"timestamp", "value"} - set(reader.fieldnames or ()):
            raise ValueError(f"no column {min(missing)}; the first line is to be: timestamp,value")
        latest = -math.inf
        for row in reader:
            if None in row:
                raise ValueError("more cells than columns; a fraction is written with a point")
            text, value = (row["timestamp"] or "").strip(), (row["value"] or "").strip()
            if not (text and value):
                raise ValueError("a timestamp and a value are needed; where nothing came write 0")
            at = _millis(text)
            if at < latest - CLOCK_CHANGE:
                raise ValueError(f"{text} is before the row above; sort the rows by timestamp")
            latest = max(latest, at)
            yield text, at, _checked(value)
    except UnicodeDecodeError:
        raise InputError(f"{file.name} is not text in UTF-8") from None
    except (ValueError, OverflowError, csv.Error) as error:
        raise InputError(f"{file.name}, line {max(reader.line_num, 1)}: {error}") from error


def _checked(text: str) -> str:
    """The text of a count."""
    try:
        count = float(text)
    except ValueError:
        count = math.nan
    if not (math.isfinite(count) and count >= 0):
        raise ValueError(f"the value {text} is not a count: write 0 or more, in digits")
    if count > MOST:
        raise ValueError(f"the value {text} is too large: divide the column, to {MOST:g} at most")
    return text


def _millis(text: str) -> int:
    try:
        seconds = float(text)
    except ValueError:
        return _millis_of_date(text)
    if not -LATEST < seconds < LATEST:
        raise ValueError(f"the timestamp {text} is not in seconds: divide milliseconds by 1000")
    return round(seconds * 1_000)


def _millis_of_date(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"the timestamp {text} is no date: write 2026-01-05T09:00:00Z or seconds since 1970"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
