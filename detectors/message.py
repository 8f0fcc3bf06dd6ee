"""A message under analysis: its text, its words and every pattern found in them."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import Final

from detectors.lexicon import rules_of, shared_lists
from detectors.matcher import Hits, Matcher
from detectors.signals import Span
from detectors.text import Reading
from detectors.words import forms, words_of

LEXICONS: Final = (
    "billing",
    "billing_dispute",
    "matters",
    "security",
    "legal_compliance",
    "technical",
    "urgency",
    "safety",
    "human_request",
    "ai_failed",
    "thanks",
    "mood",
    "components",
    "symptoms",
    "systems",
)


@cache
def matcher() -> Matcher:
    """The patterns of every English lexicon."""
    shared = shared_lists()
    return Matcher(rule for lexicon in LEXICONS for rule in rules_of(lexicon, shared))


class Message:
    """What all detectors of one text share.

    Attributes:
        reading: The normalised text.
        words: Its words as written, and the ends of its sentences.
        stream: The forms of the words with one space before, between and after.
        forms: The same one by one.
        hits: The patterns found, by the name they speak for.

    """

    __slots__ = ("_bounds", "forms", "hits", "reading", "stream", "words")

    def __init__(
        self, reading: Reading, words: tuple[list[str], list[str]], stream: str, hits: Hits
    ) -> None:
        self.reading = reading
        self.words, self.forms = words
        self.stream = stream
        self.hits = hits
        self._bounds: tuple[list[int], list[int]] | None = None

    @classmethod
    def of(cls, text: str) -> "Message":
        """One text, read."""
        return cls.all_of([text])[0]

    @classmethod
    def all_of(cls, texts: Iterable[str]) -> list["Message"]:
        """Texts, read a step at a time: the tables of one step fit the processor's cache."""
        readings = list(map(Reading, texts))
        words = [words_of(reading.text) for reading in readings]
        streams = [f" {' '.join(shapes)} " for _, shapes in words]
        hits = list(map(matcher().find, streams))
        return list(map(cls, readings, words, streams, hits))

    def span(self, start: int, end: int) -> Span:
        """The characters of the original that [start, end) of the stream was read from."""
        starts, ends = self._bounds or self._find_bounds()
        first = max(bisect_right(starts, start + 1) - 1, 0)
        last = max(bisect_right(starts, end - 2) - 1, first)
        return self.reading.span(ends[first] - len(self.words[first]), ends[last])

    def _find_bounds(self) -> tuple[list[int], list[int]]:
        """Where the form of each word begins in the stream, and where the word ends in the text.

        One that has no form begins where the next one does.
        """
        index, end = self.reading.text.index, 0
        ends = [end := index(word, end) + len(word) for word in self.words]
        sizes = [len(form) and len(form) + 1 for form in map(forms().__getitem__, self.words)]
        self._bounds = list(accumulate(sizes[:-1], initial=1)), ends
        return self._bounds
