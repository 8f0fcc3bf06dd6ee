"""`baton spikes`: which rows of a series of counts are unusual."""

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

import click

from detectors.spikes import Series
from streams.errors import InputError


@click.command(epilog="Example: baton spikes reports-per-five-minutes.csv")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def command(file: IO[str]) -> None:
    """Judge each row of FILE, a CSV with columns `timestamp` and `value`, or of standard input.

    Prints CSV: timestamp, value, score (the surprise: 3 is one in a thousand) and alert (1 or 0),
    with the statistics that watch the accounts of a problem in the stream. Rows are counts of equal
    steps, in order; timestamps are ISO 8601 or seconds since 1970. The first 100 rows only teach
    what is usual: their score is 0.
    """
    series = Series()
    click.echo("timestamp,value,score,alert")
    for text, at, value in _rows(file):
        judged = series.judge(at, float(value))
        click.echo(f"{text},{value},{judged.score:.4f},{judged.alert:d}")


def _rows(file: IO[str]) -> Iterator[tuple[str, int, str]]:
    # A spreadsheet puts a byte order mark before the first column's name.
    reader = csv.DictReader(line.removeprefix("\ufeff") for line in file)
    try:
        if missing := {"timestamp", "value"} - set(reader.fieldnames or ()):
            raise ValueError(f"no column {min(missing)}; the first line names them, with commas")
        for row in reader:
            text, value = (row["timestamp"] or "").strip(), (row["value"] or "").strip()
            if not (text and value):
                raise ValueError("a timestamp and a value are needed")
            count = float(value)
            if not (math.isfinite(count) and count >= 0):
                raise ValueError(f"{value} is not a count")
            yield text, _millis(text), value
    except UnicodeDecodeError:
        raise InputError(f"{file.name} is not text in UTF-8") from None
    except (ValueError, OverflowError, csv.Error) as error:
        raise InputError(f"{file.name}, line {reader.line_num}: {error}") from error


def _millis(text: str) -> int:
    try:
        return round(float(text) * 1_000)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
