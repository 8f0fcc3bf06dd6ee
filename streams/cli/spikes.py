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
    reader = csv.DictReader(file)
    try:
        if missing := {"timestamp", "value"} - set(reader.fieldnames or ()):
            raise KeyError(min(missing))
        for row in reader:
            text, value = row["timestamp"].strip(), row["value"].strip()
            count = float(value)
            if not (math.isfinite(count) and count >= 0):
                raise ValueError(f"{value} is not a count")
            yield text, _millis(text), value
    except (ValueError, KeyError, AttributeError, OverflowError, csv.Error) as error:
        what = f"no column {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{file.name}, line {reader.line_num}: {what}") from error


def _millis(text: str) -> int:
    try:
        return round(float(text) * 1_000)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
