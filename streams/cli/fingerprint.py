"""`baton fingerprint`: which lines report one problem."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

import click

from detectors import Fingerprint, analyze
from detectors.fingerprint import error_fingerprint
from streams.console.lines import printable
from streams.core.anomalies import Groups

CHUNK = 256
NONE = "-"


@click.command(epilog="Example: baton fingerprint app.log --templates")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--templates", is_flag=True, help="Print the groups with their counts instead.")
@click.option(
    "--messages",
    is_flag=True,
    help="Read each line as a customer's message, grouped by its error, else by what it means; "
    "without a problem: -.",
)
def command(file: IO[bytes], templates: bool, messages: bool) -> None:
    """Print the group of each line of FILE, or of standard input, in order.

    A line is masked as the tickets agent does it and grouped as the anomalies agent does it. The
    whole file is read first: groups that turn out to be one are printed as one.
    """
    lines = (line.rstrip(b"\r\n").decode(errors="replace") for line in file)
    groups, found, names = Groups(), list[str](), dict[str, str]()
    for read in _of_messages(lines) if messages else map(error_fingerprint, lines):
        group = NONE if read is None else groups.place(read).group
        found.append(group)
        if read is not None:
            names.setdefault(group, read.template)
    final = map(groups.leader, found)
    if templates:
        for group, count in Counter(final).most_common():
            click.echo(f"{count}\t{group}\t{printable(names.get(group, ''))}")
    else:
        sys.stdout.writelines(f"{group}\n" for group in final)
    if groups.evicted:
        click.echo(f"{groups.evicted} texts were forgotten for want of room", err=True)


def _of_messages(lines: Iterable[str]) -> Iterator[Fingerprint | None]:
    rest = iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        yield from (signals.fingerprint for signals in analyze(chunk))
