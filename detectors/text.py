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
    **dict(zip("‘’‛`´ʼ′“”„‟«»–—−…", "'''''''\"\"\"\"\"\"---.", strict=True)),
}
_PLAIN_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")


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
        text: The same, normalised; what is not the customer's own words is blanked out.

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
        if len(self.text) > _SHORT and _MAIL.search(self.text):
            self.text = own_words(self.text)

    def span(self, start: int, end: int) -> Span:
        """The characters of the original that [start, end) of the text was read from."""
        if self._origins is None:
            return start, end
        return self._origins[start], self._origins[end - 1] + 1


_SHORT: Final = 12
_MAIL: Final = re.compile(r"\n|confidential|intended recipient|sent from ")
_QUOTED_LINE: Final = re.compile(r"^[ \t]{0,8}>[^\n]*", re.MULTILINE)
_EARLIER_MAIL: Final = re.compile(
    r"^(?:-{2,20} ?(?:original|forwarded) message|begin forwarded message"
    r"|on [^\n]{5,120} wrote: ?$|from: [^\n]{1,200}\n(?:sent|date|to): |_{10,80}$)[\s\S]*",
    re.MULTILINE,
)
_SIGNATURE: Final = re.compile(
    r"^-- ?\n[\s\S]{0,500}\Z|^(?:sent from my|get outlook for) [^\n]*", re.MULTILINE
)
_DISCLAIMER: Final = re.compile(
    r"(?:this (?:e-?mail|message|communication|transmission)[^.]{0,120}"
    r"(?:confidential|privileged|intended (?:only|solely))"
    r"|confidentiality (?:notice|note|disclaimer)|if you are not the intended recipient"
    r"|(?:information|contents?)[^.]{0,60}(?:e-?mail|message)[^.]{0,60}confidential)[\s\S]{0,2000}"
)


def own_words(text: str) -> str:
    """The normalised text with quoted replies, signature and disclaimer as blanks.

    Length and offsets stay; a text that is nothing but a quotation stays as it is.
    """
    kept = text
    for pattern in (_QUOTED_LINE, _EARLIER_MAIL, _SIGNATURE, _DISCLAIMER):
        kept = pattern.sub(_blank, kept)
    return kept if kept.strip() else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
