"""How the texts were cut that the model in `detectors/model` was made from.

Messages are cut by `detectors.mail`, which came later and cuts more. The model learns from texts
that are cut alike once `make model` is run with that in the place of this.
"""

import re
from typing import Final

from detectors.text import Reading

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
_FEW_WORDS: Final = 4
"""Fewer words than this before what looks like a signature: it may be the message itself."""


def as_learned(text: str) -> str:
    """The text with quoted replies, signature and disclaimer as blanks; length and offsets stay."""
    read = Reading(text).text
    if len(read) != len(text) or len(read) <= _SHORT or not _MAIL.search(read):
        return text
    own = _own_words(read)
    return "".join(
        char if kept != " " or was == " " else " "
        for char, kept, was in zip(text, own, read, strict=True)
    )


def _own_words(text: str) -> str:
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
    if len(signed.split()) >= _FEW_WORDS:
        kept = signed
    return kept if kept.strip() else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
