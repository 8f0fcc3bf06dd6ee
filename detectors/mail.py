"""What the customer wrote of what a mail carries."""

import re
from typing import Final

from detectors.boilerplate import boilerplate
from detectors.earlier import QUOTED, earlier
from detectors.signature import signed

_SHORT: Final = 12
_BLANKS: Final = re.compile(r"[^\n]")


def may_carry(text: str) -> bool:
    """Whether a text may hold more than its author's words: most are one line, and do not."""
    if "\n" in text:
        return len(text) > _SHORT
    small = text.lower()
    return "confidential" in small or "recipient" in small or "privileged" in small


def own_words(text: str) -> str:
    """The text with earlier mails, signature and boilerplate as blanks.

    Length and offsets stay; a text that is nothing else stays as it is. Where nothing stands above
    an earlier mail, its quoted lines end it, and the answer stands below.
    """
    if not may_carry(text):
        return text
    lines = text.split("\n")
    folded = [line.strip().lower() for line in lines]
    past = earlier(lines, folded)
    bare = [at in past.heads or at in past.quoted for at in range(len(lines))]
    for begins in dict.fromkeys((past.begins, len(lines))):
        left = ["" if at >= begins or bare[at] else line for at, line in enumerate(folded)]
        signs, tail = signed(left)
        kept = [
            line if left[at] and at not in signs else " " * len(line)
            for at, line in enumerate(lines)
        ]
        found = _without_boilerplate(kept, tail)
        if found.strip():
            return found
    return text


def unquoted(text: str) -> str | None:
    """The text with the marks of quotations as blanks, so that what they hold is read as well.

    None where it quotes nothing. Length and offsets stay.
    """
    if "\n" not in text and ">" not in text[:_SHORT]:
        return None
    lines = text.split("\n")
    past = earlier(lines, [line.strip().lower() for line in lines])
    if not past.heads and not past.quoted:
        return None
    return "\n".join(_unmarked(line, head=at in past.heads) for at, line in enumerate(lines))


def _unmarked(line: str, *, head: bool) -> str:
    if head:
        return " " * len(line)
    found = QUOTED.match(line)
    return line if found is None else " " * found.end() + line[found.end() :]


def _without_boilerplate(lines: list[str], tail: int) -> str:
    text = "\n".join(lines)
    begin = sum(len(line) + 1 for line in lines[:tail])
    pieces, end = list[str](), 0
    for start, stop in boilerplate(text, begin):
        pieces += (text[end:start], _BLANKS.sub(" ", text[start:stop]))
        end = stop
    return "".join((*pieces, text[end:]))
