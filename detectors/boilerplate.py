"""Sentences that programs and companies write under a mail, or above it.

No word tells them: a customer, too, speaks of confidentiality or of a contract. A run of sentences
counts as carried by how many different cues it has (`detectors.cues`), and never where the customer
speaks of himself, asks or demands.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final, NamedTuple

from detectors.cues import KINDS, OF_ASKING, OF_CAUTION, OF_ITSELF, OF_OUTSIDE, OF_OWN, cues

_ENOUGH: Final = 3
"""Cues of a carried run after own words."""
_ENOUGH_BELOW: Final = {False: 2, True: 1}
"""Of one below a closing, and below a signature that more than that shows."""
_ENOUGH_ABOVE: Final = 5
"""Of one above all own words."""
_END: Final = re.compile(
    r"(?<!P\.S)[.!?](?=\s)|。|\n[ \t\r]*\n|\n(?=\W{0,4}[A-Z\"])|\n(?=[-*_=]{3})"
)
_GREETING: Final = re.compile(r"\s*(?:[^\W\d_]+[.]? ){0,5}[^\W\d_]+,\s*")
"""Nothing has been said before what stands under it."""
_BARE: Final = " \n\t\r*-_=#.>|~"
_FEW_CUES: Final = 2
"""Who asks with more cues than this besides asks for a company."""
_MOST: Final = 1_000
"""Sentences of a mail that are read."""


class _Sentence(NamedTuple):
    start: int
    end: int
    cues: frozenset[int]
    own: bool


def boilerplate(text: str, tail: int, *, shown: bool) -> Iterator[tuple[int, int]]:
    """Where a text has sentences that are carried.

    `tail` is where its signature begins, and `shown` as in `Signed`. What follows them in their
    paragraph goes with them, unless the customer speaks in it.
    """
    before, ended, enough_below = False, -1, _ENOUGH_BELOW[shown]
    run: list[_Sentence] = []
    for sentence in (*_sentences(text), None):
        if sentence is not None and not sentence.own and sentence.cues:
            run.append(sentence)
            continue
        if run and (run[0].start == ended or _is_carried(run, tail, enough_below, before=before)):
            yield run[0].start, run[-1].end
            ended = _goes_on(text, run[-1].end)
            tail = min(tail, run[-1].end) if before else tail
        elif run:
            before = True
        if sentence is not None and sentence.start == ended and not sentence.own:
            yield sentence.start, sentence.end
            ended = _goes_on(text, sentence.end)
        elif sentence is not None:
            before = before or not _GREETING.fullmatch(text, sentence.start, sentence.end)
        run = []


def _goes_on(text: str, end: int) -> int:
    """The end of a sentence whose paragraph goes on after it, or -1."""
    return end if text[end - 2 : end].strip() else -1


def _is_carried(run: Sequence[_Sentence], tail: int, enough_below: int, *, before: bool) -> bool:
    found = frozenset[int]().union(*(one.cues for one in run))
    if not before and {OF_OUTSIDE, OF_CAUTION} <= found:
        return True
    itself = OF_ITSELF in found
    cued = itself + (OF_CAUTION in found) + sum(kind < KINDS for kind in found)
    if run[0].start >= tail:
        return cued >= enough_below
    return itself and cued >= (_ENOUGH if before else _ENOUGH_ABOVE)


def _sentences(text: str) -> Iterator[_Sentence]:
    begins = [0, *(found.end() for found in islice(_END.finditer(text), _MOST))]
    for (start, end), found in zip(pairwise([*begins, len(text)]), cues(text, begins), strict=True):
        if text[start:end].strip(_BARE):
            asks = OF_ASKING in found and len(found) <= _FEW_CUES
            own = OF_OWN in found or asks or "?" in text[start:end]
            yield _Sentence(start, end, frozenset(found - {OF_OWN, OF_ASKING}), own)
