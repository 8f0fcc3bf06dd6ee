"""A text as the detectors read it, with the way back to the characters of the original."""

import re
import unicodedata
from typing import Final

from detectors.signals import Span

_LOOK_ALIKES: Final = {
    # Cyrillic and Greek letters that are drawn like Latin ones (Unicode's confusables, the
    # lower-case letters of both scripts that have one Latin twin), and typographic quotes.
    **dict(zip("аеорсухіјѕһԁԛԝкмтвн", "aeopcyxijshdqwkmtbh", strict=True)),
    **dict(zip("αεοριντυκχγ", "aeopivtukxy", strict=True)),
    # Latin ones too (an i without its dot), Armenian ones, and what is drawn as nothing: fillers
    # and the empty Braille cell.
    **dict(zip("ɑɡıօոսհց", "agionuhg", strict=True)),
    **dict.fromkeys("\u115f\u1160\u3164\uffa0\u2800", " "),
    **dict(zip("‘’‛`´ʼ′“”„‟«»–—−…", "'''''''\"\"\"\"\"\"---.", strict=True)),
}
_CARRIED: Final = frozenset({"Mn", "Me"})
"""Marks of the letter before them."""
_PLAIN_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")
_DRESSED: Final = re.compile(
    r"(?:PARENTHESIZED|NEGATIVE CIRCLED|NEGATIVE SQUARED) LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])"
    r"|LATIN LETTER SMALL CAPITAL ([A-Z])"
)
"""Names of letters that NFKC does not make plain ones."""


class _Fold(dict[int, str]):
    """From a code point to what is read in its place; filled as characters come."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Zl", "Zp"}:
        return char if char in "\n\t" else " "
    if category in {"Cf", "Cs", "Mn", "Me"}:
        return ""
    if char in _LOOK_ALIKES:
        return _LOOK_ALIKES[char]
    name = unicodedata.name(char, "")
    if (dressed := _DRESSED.fullmatch(name)) is not None:
        return (dressed[1] or dressed[2]).lower()
    folded = unicodedata.normalize("NFKC", char).casefold()
    if any(script in name for script in _PLAIN_SCRIPTS):
        parts = unicodedata.normalize("NFKD", folded)
        folded = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(_LOOK_ALIKES.get(part, part) for part in folded)


_FOLD: Final = _Fold()


class Reading:
    """One text normalised: NFKC, case and accents folded, look-alikes and invisible signs undone.

    Attributes:
        original: The text as it came.
        text: The same, normalised.

    """

    __slots__ = ("_origins", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self._origins: list[int] | None = None
        if original.isascii():
            self.text = original.lower()
        else:
            self.text = original.translate(_FOLD)
            if any(len(_FOLD[ord(char)]) != 1 for char in set(original)):
                self._origins = [
                    index for index, char in enumerate(original) for _ in _FOLD[ord(char)]
                ]
        if "$" in self.text or "p@" in self.text:
            self.text = _DISGUISED.sub(_undisguised, self.text)
        if "<" in self.text:
            self.text = _TAG.sub(_blank, self.text)

    def span(self, start: int, end: int) -> Span:
        """The characters of the original that [start, end) of the text was read from.

        With the marks that the last one carries: half a letter would be no quotation.
        """
        if self._origins is None:
            return start, end
        stop = self._origins[end - 1] + 1
        while stop < len(self.original) and unicodedata.category(self.original[stop]) in _CARRIED:
            stop += 1
        return self._origins[start], stop


_DISGUISED: Final = re.compile(r"(?<=[a-z])\$+(?=[a-z])|(?<=\bp)@(?=ss?w)")
"""Signs in the place of letters: "pa$$word", "p@ssword"."""


def _undisguised(found: re.Match[str]) -> str:
    return found.group().replace("$", "s").replace("@", "a")


_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|s|p|br|em|hr|li|ol|ul|td|th|tr|div|img|pre|code|font|span|strong|style|script"
    r"|table|tbody|h[1-6]|html|body)(?:\s[^<>]{0,200})?/?>|<!--|-->"
)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
