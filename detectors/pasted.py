"""Logs, traces, mail headers and settings that a customer pasted, told by the shape of lines."""

import re
from typing import Final

from detectors.earlier import LONGEST

_LINE: Final = re.compile(
    r"(?!.*\b(?:I|[Mm]e|[Mm]y|[Yy]ou)\b)[ \t]*(?:"
    r"\W{0,3}(?:\d{4}[-/]\d\d[-/]\d\d[tT ]|\d\d[-/.]\d\d(?:[-/.]\d{2,4})?,? )?\d\d:\d\d:\d\d\b"
    r"|\W{0,2}(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE|CRITICAL|SEVERE)\b[\]:|> ]"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d "
    r"|at [\w.$<>\[\] ]{1,120}\(|File \"[^\"]{1,200}\", line \d|from [^ :]{1,120}:\d+:in "
    r"|\.\.\. \d{1,4} more|Caused by: |Traceback \("
    r"|(?:Uncaught |Unhandled )[\w( )]{0,30}\w+(?:Error|Exception)"
    r"|[\w.$]{0,80}[a-z](?:Error|Exception): |Refused to \w+ (?:to|the) '"
    r"|(?:Received|Return-Path|Message-ID|MIME-Version|DKIM-Signature|Delivered-To): "
    r"|[A-Z][A-Za-z]{1,20}-[A-Z][\w-]{0,30}: |by [\w.-]{4,80} with E?SMTP"
    r"|curl -|-[HdX] ['\"]|[{}\[\]] ?,?$|\{\"|\"[\w.-]{1,40}\" ?: ?[\"\[{\dtfn]"
    r"|[A-Z][A-Z0-9]{1,20}(?:_[A-Z0-9]{1,20})+ ?[=:] ?\S|[\w.-]{2,40}=\S{1,120}$|</?[\w:]{1,30}>?"
    r")"
)
"""How a line begins that a machine wrote."""
_INDENTED: Final = re.compile(r"[ \t]{1,40}(?:- )?[\w.\"'-]{1,40} ?:(?: \S{0,80})?$")
_FEW_LINES: Final = 2
_FEW_WORDS: Final = 4
"""Fewer words than this beside a log: they say nothing without it."""


def without_pasted(text: str) -> str | None:
    """The text with pasted lines as blanks; None where there are none, or hardly anything else.

    Length and offsets stay.
    """
    if "\n" not in text:
        return None
    lines = text.split("\n")
    begin = 0
    found = set[int]()
    for at in range(len(lines) + 1):
        if at == len(lines) or not lines[at].strip():
            found.update(_of_block(lines, begin, at))
            begin = at + 1
    if not found:
        return None
    left = "\n".join(" " * len(one) if at in found else one for at, one in enumerate(lines))
    return left if len(left.split(None, _FEW_WORDS)) >= _FEW_WORDS else None


def _of_block(lines: list[str], begin: int, end: int) -> list[int]:
    """The lines of a block that a machine wrote, if there are a few, and what they begin."""
    shaped = {at for at in range(begin, end) if _is_pasted(lines[at].rstrip())}
    if len(shaped) < _FEW_LINES:
        return []
    between = range(min(shaped), max(shaped) + 1)
    return [at for at in between if at in shaped or lines[at][0].isspace()]


def _is_pasted(line: str) -> bool:
    return _LINE.match(line[:LONGEST]) is not None or (
        len(line) <= LONGEST and _INDENTED.fullmatch(line) is not None
    )
