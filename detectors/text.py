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
        if "$" in self.text or "p@" in self.text:
            self.text = _DISGUISED.sub(_undisguised, self.text)
        if "<" in self.text:
            self.text = _TAG.sub(_blank, self.text)
        if len(self.text) > _SHORT and _MAIL.search(self.text):
            self.text = own_words(self.text)

    def span(self, start: int, end: int) -> Span:
        """The characters of the original that [start, end) of the text was read from."""
        if self._origins is None:
            return start, end
        return self._origins[start], self._origins[end - 1] + 1


_DISGUISED: Final = re.compile(r"(?<=[a-z])\$+(?=[a-z])|(?<=\bp)@(?=ss?w)")
"""Signs in the place of letters: "pa$$word", "p@ssword"."""


def _undisguised(found: re.Match[str]) -> str:
    return found.group().replace("$", "s").replace("@", "a")


_SHORT: Final = 12
_MAIL: Final = re.compile(r"\n|confidential|intended recipient|sent from ")
_QUOTED_LINE: Final = re.compile(r"^[ \t]{0,8}>[^\n]*", re.MULTILINE)
_EARLIER_MAIL: Final = re.compile(
    r"^(?:-{2,20} ?(?:original|forwarded) message|begin forwarded message"
    r"|on [^\n]{5,120} wrote: ?$|from: [^\n]{1,200}\n(?:sent|date|to): |_{10,80}$)[\s\S]*",
    re.MULTILINE,
)
_EARLIER_HEAD: Final = re.compile(r"^on [^\n]{5,120} wrote: ?$", re.MULTILINE)
_SIGNATURE: Final = re.compile(r"^-- ?\n[\s\S]{0,500}\Z", re.MULTILINE)
_DEVICE: Final = re.compile(
    r"^sent from (?:my )?[^\n]{0,20}(?:phone|ipad|android|galaxy|pixel|tablet|mobile|mail|outlook)"
    r"[^\n]{0,20}$|^get outlook for (?:ios|android)[^\n]{0,40}$",
    re.MULTILINE,
)
_BOILERPLATE: Final = (
    r"confidential|privileged|intended (?:only|solely|recipient)|unauthori[sz]ed|disclos"
    r"|(?:in|by) error|delete (?:it|this|the (?:e-?mail|message))|notify (?:the|us|me)"
    r"|(?:copying|distribution|dissemination|prohibited|viruses)"
)
_DISCLAIMER: Final = re.compile(
    r"(?:this (?:e-?mail|message|communication|transmission)[^.]{0,120}"
    r"(?:confidential|privileged|intended (?:only|solely))"
    r"|confidentiality (?:notice|note|disclaimer)|if you are not the intended recipient"
    r"|(?:information|contents?)[^.]{0,60}(?:e-?mail|message)[^.]{0,60}confidential)[^.\n]{0,500}[.\n]?"
    rf"(?:[^.\n]{{0,300}}(?:{_BOILERPLATE})[^.\n]{{0,300}}[.\n]?){{0,12}}"
)
"""A disclaimer, and the sentences after it as long as they go on like one."""
_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|s|p|br|em|hr|li|ol|ul|td|th|tr|div|img|pre|code|font|span|strong|style|script"
    r"|table|tbody|h[1-6]|html|body)(?:\s[^<>]{0,200})?/?>|<!--|-->"
)
FEW_WORDS: Final = 4
"""Fewer words than this before what looks like a signature: it may be the message itself."""


def own_words(text: str) -> str:
    """The normalised text with quoted replies, signature and disclaimer as blanks.

    Length and offsets stay; a text that is nothing but a quotation stays as it is. Where nothing
    stands above an earlier mail, its quoted lines end it, and the answer stands below.
    """
    bare = _QUOTED_LINE.sub(_blank, text)
    for earlier in (_EARLIER_MAIL, _EARLIER_HEAD):
        kept = bare
        for pattern in (earlier, _DEVICE, _DISCLAIMER):
            kept = pattern.sub(_blank, kept)
        if kept.strip():
            break
    signed = _SIGNATURE.sub(_blank, kept)
    if len(signed.split()) >= FEW_WORDS:
        kept = signed
    return kept if kept.strip() else text


_HEADS: Final = re.compile(
    r"^[ \t]{0,8}>[> \t]{0,20}|^-{2,20} ?(?:original|forwarded) message[^\n]{0,40}"
    r"|^begin forwarded message:?|^on [^\n]{5,120} wrote: ?$|^_{10,80}$|^(?:from|sent|date|to): ",
    re.MULTILINE | re.IGNORECASE,
)


def unquoted(text: str) -> str | None:
    """The text with the marks of quotations as blanks, so that what they hold is read as well.

    None where it quotes nothing. Length and offsets stay.
    """
    if "\n" not in text and ">" not in text[:12]:
        return None
    bare = _HEADS.sub(_blank, text)
    return None if bare == text else bare


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
