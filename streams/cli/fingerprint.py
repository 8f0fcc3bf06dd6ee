"""`baton fingerprint`: which lines report one problem."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Final

import click

from detectors import Fingerprint, analyze
from detectors.fingerprint import error_fingerprint
from detectors.masking import opened
from streams.console.lines import printable
from streams.core.anomalies import Groups

CHUNK: Final = 256
NONE: Final = "-"
LONGEST: Final = 1 << 16
"""Bytes of a line that are read."""
MOST_FORMS: Final = 50_000
"""Groups whose lines are counted one by one."""
SHOWN: Final = 500
"""Characters of a form that are kept."""


@click.command(epilog="Example: echo 'timeout after 31 ms' | baton fingerprint --templates")
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
    whole file is read first: groups that turn out to be one are printed as one. Until then they lie
    on disk, so that a file of any size takes little memory.
    """
    groups, forms = Groups(), _Forms()
    lines = _lines(file)
    with TemporaryFile("w+", encoding="utf-8") as placed:
        for read in _of_messages(lines) if messages else map(error_fingerprint, lines):
            group = NONE if read is None else groups.place(read).group
            if templates:
                forms.met(group, "" if read is None else read.template)
            else:
                placed.write(f"{group}\n")
        placed.seek(0)
        sys.stdout.writelines(f"{groups.leader(line.rstrip())}\n" for line in placed)
    if templates:
        forms.show(groups)
    if groups.evicted:
        click.echo(f"{groups.evicted} texts were forgotten for want of room", err=True)


class _Forms:
    """How often each group was met, and the form of its texts, as far as there is room."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, str]] = {}
        self._more = 0

    def met(self, group: str, template: str) -> None:
        """One more line of a group."""
        if group not in self._of and len(self._of) >= MOST_FORMS:
            self._more += 1
            return
        template = template[:SHOWN]
        count, form = self._of.get(group, (0, template))
        self._of[group] = count + 1, form if form == template else opened(form, template)

    def show(self, groups: Groups) -> None:
        """A line a group, the largest first."""
        final = dict[str, tuple[int, str]]()
        for group, (count, form) in self._of.items():
            before, known = final.get(groups.leader(group), (0, form))
            final[groups.leader(group)] = before + count, opened(known, form)
        for group, (count, form) in sorted(final.items(), key=lambda one: -one[1][0]):
            click.echo(f"{count}\t{group}\t{printable(form)}")
        if self._more:
            click.echo(f"{self._more} lines are of further groups", err=True)


def _lines(file: IO[bytes]) -> Iterator[str]:
    """The lines of a file, each as far as it is read."""
    while line := file.readline(LONGEST):
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(LONGEST)):
            pass
        yield line.rstrip(b"\r\n").decode(errors="replace")


def _of_messages(lines: Iterable[str]) -> Iterator[Fingerprint | None]:
    rest = iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        yield from (signals.fingerprint for signals in analyze(chunk))
