"""Earlier mails inside a mail: what introduces them, and which lines are quoted from them.

A mail program writes a separator, a block of `From:` and `Sent:` lines or a sentence like "On 3 May
Ann wrote:"; a ticket system writes a marker to reply above. All of them in the language of its
user.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors.cues import words

LONGEST: Final = 200
"""Characters of a line that may introduce something."""
_MOST_LINES: Final = 3
"""Lines over which "On ... wrote:" is broken."""
_WRAPPED: Final = 60
"""Characters of a quoted line whose end may have been pushed to a line of its own."""
QUOTED: Final = re.compile(r"[ \t]{0,8}(?:>[> \t]{0,20}|\|(?=[ \t]|$))")
_MESSAGE: Final = (
    r"(?:message|mail|conversation|correspondence|history|thread|transcript|nachricht|mensaje"
    r"|messaggio|mensagem|bericht|meddelande|wiadomo|besked|メッセージ)"
)
_SEPARATOR: Final = re.compile(
    rf"[-=_*~#]{{2,40}}[ ]?(?:(?:original|forwarded|previous|earlier|urspr|weiterg|d'origine|transf"
    rf"|reenv|inoltra|encamin|doorgest|oorspr|vidare|元の|転送)[^\n]{{0,30}}{_MESSAGE}"
    rf"|{_MESSAGE}[^\n]{{0,12}}(?:original|transf|d'origine|inoltra|reenv|encamin))[^\n]{{0,20}}"
    r"|begin forwarded message:?|original message|chat transcript:?",
)
_MARKER: Final = re.compile(
    r"[-#=* ]{0,8}(?:please )?(?:type your )?reply above this line\b.{0,60}"
)
_SENDER: Final = r"from|von|de|da|van|från|fra|od|差出人"
_OTHERS: Final = (
    r"sent|date|to|cc|bcc|subject|reply-to|importance|gesendet|datum|an|betreff|kopie|envoyé|à|objet"
    r"|enviado(?: el)?|enviados|fecha|para|asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp"
    r"|enviada(?: em)?|assunto|skickat|till|ämne|sendt|til|emne|wysłano|do|temat|送信日時|宛先|件名"
)
_LABEL: Final = re.compile(rf"[*_]{{0,2}}({_SENDER}|{_OTHERS})\s?:[*_]{{0,2}}(?:\s|$)")
_TELLING: Final = words(
    "sent subject gesendet betreff envoyé objet enviado enviados asunto"
    " inviato oggetto verzonden onderwerp enviada assunto skickat ämne sendt emne wysłano temat"
    " 送信日時 件名"
)
"""Labels that nobody writes of a journey."""
_ATTRIBUTION: Final = re.compile(
    r"(?=.*(?:\d\d?[.:/ 年]|@)).*(?:(?:wrote|said|schrieb|écrit|escribió|escreveu|scritto|schreef"
    r"|skrev|pisze|napisał|geschreven|kirjoitti)\b.{0,90}(?::|----)|>:|[)>] ?:) ?$"
)
_QUOTING: Final = re.compile(r"quoting .{3,80}:$")
_OWN_WRITING: Final = re.compile(
    r"\b(?:i|you|he|she|they|we|(?:your|my|our|his|her|their|the) \w+(?: \w+)?) (?:wrote|said)\b"
)
_BY_NAME: Final = re.compile(r".{0,50}(?:@|support|service|team|agent|help|desk).{0,40}")
_STAMP: Final = re.compile(r"(?=.*\b20\d\d\b)(?=.*\b\d\d?:\d\d)[\w ,./:+()-]{10,45}")
_SAID: Final = re.compile(
    r"(?:agent|operator) [\w .]{1,30} (?:commented|wrote):?"
    r"|message from .{3,60} on .{0,40}\d.{0,20}"
    r"|your feedback matters.{0,40}|how (?:did we do|would you rate).{0,40}"
)
_HTML: Final = re.compile(r"<blockquote|class=(?:3d)?\"?gmail_quote|id=\"?divrplyfwdmsg")


class Earlier(NamedTuple):
    """Lines by their numbers.

    Attributes:
        heads: What introduces an earlier mail.
        quoted: Each begins with a sign of quotation, or is the rest of one that does.
        begins: From here on all is of earlier mails, if anything of this one stands above.

    """

    heads: frozenset[int]
    quoted: frozenset[int]
    begins: int


def earlier(lines: Sequence[str], folded: Sequence[str]) -> Earlier:
    """What of the lines is of earlier mails; `folded` are the same, stripped, in small letters."""
    quoted = _quoted(lines)
    heads = set[int]()
    begins, at, said = len(lines), 0, False
    while at < len(lines):
        size = 0 if at in quoted else _head(folded, at)
        heads.update(range(at, at + size))
        if size and said and at < begins and not _goes_on_quoted(folded, at + size, quoted):
            begins = at
        said = said or (size == 0 and at not in quoted and any(map(str.isalnum, folded[at])))
        at += size or 1
    return Earlier(frozenset(heads), quoted, begins)


def _quoted(lines: Sequence[str]) -> frozenset[int]:
    marked = {at for at, line in enumerate(lines) if QUOTED.match(line)}
    pushed = {
        at + 1
        for at in marked
        if at + 2 in marked
        and at + 1 not in marked
        and len(lines[at]) >= _WRAPPED
        and lines[at].rstrip()[-1:].isalnum()
        and lines[at + 1][:1].islower()
        and len(lines[at + 1]) < _WRAPPED // 2
    }
    return frozenset(marked | pushed)


def _goes_on_quoted(folded: Sequence[str], at: int, quoted: frozenset[int]) -> bool:
    """Whether signs of quotation tell how far the earlier mail reaches."""
    while at < len(folded) and not folded[at]:
        at += 1
    return at in quoted


def _head(folded: Sequence[str], at: int) -> int:
    """How many lines from here on introduce an earlier mail."""
    line = folded[at]
    if not line or len(line) > LONGEST:
        return 0
    if _HTML.search(line) or _SEPARATOR.fullmatch(line) or _QUOTING.fullmatch(line):
        return 1
    if _MARKER.fullmatch(line) or _SAID.fullmatch(line):
        return 1
    return _labels(folded, at) or _attribution(folded, at) or _stamped(folded, at)


def _labels(folded: Sequence[str], at: int) -> int:
    """A block of `From:`, `Sent:` and so on: one of them is of a mail alone, or has an address."""
    end, names, address = at, set[str](), False
    while end < min(len(folded), at + 8) and (found := _LABEL.match(folded[end][:40])):
        names.add(found[1].partition(" ")[0])
        address = address or "@" in folded[end]
        end += 1
    sender = any(re.fullmatch(_SENDER, name) for name in names)
    telling = not names.isdisjoint(_TELLING)
    return end - at if len(names) > 1 and (sender or address) and (telling or address) else 0


def _attribution(folded: Sequence[str], at: int) -> int:
    """A sentence that says who wrote what follows and when, broken over some lines at most."""
    joined = ""
    for size in range(1, min(_MOST_LINES, len(folded) - at) + 1):
        line = folded[at + size - 1]
        if not line or len(joined) > LONGEST:
            return 0
        joined = f"{joined} {line}".strip()
        if line[-1] in ":-" and _ATTRIBUTION.fullmatch(joined[: 2 * LONGEST]):
            return 0 if _OWN_WRITING.search(joined) else size
        if line[-1] in ".?!":
            return 0
    return 0


def _stamped(folded: Sequence[str], at: int) -> int:
    """A desk's name, and below it nothing but a time."""
    below = folded[at + 1] if at + 1 < len(folded) else ""
    return 2 if _STAMP.fullmatch(below) and _BY_NAME.fullmatch(folded[at]) else 0
