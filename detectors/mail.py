"""What the customer wrote of what a mail carries."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors.boilerplate import boilerplate
from detectors.earlier import QUOTED, Earlier, earlier
from detectors.signature import Signed, signed

_SHORT: Final = 12
_BLANKS: Final = re.compile(r"[^\n]")


class TakenApart(NamedTuple):
    """A text without what it carries. Length and offsets stay: what is left out is blanks."""

    own: str
    """Without earlier mails, signature and boilerplate; a text that is nothing else as it is. Where
    nothing stands above an earlier mail, its quoted lines end it, and the answer stands below."""
    unquoted: str | None
    """Without the marks of quotations alone, so that what they hold is read as well; None where it
    quotes nothing."""


def taken_apart(text: str) -> TakenApart:
    """What a mail says by itself, and together with what it quotes."""
    carries, quotes = _may_carry(text), "\n" in text or ">" in text[:_SHORT]
    if not carries and not quotes:
        return TakenApart(text, None)
    lines = text.split("\n")
    folded = [line.strip().lower() for line in lines]
    past = earlier(lines, folded)
    own = _own_words(lines, folded, past) if carries else ""
    return TakenApart(own if own.strip() else text, _unquoted(lines, past) if quotes else None)


def own_words(text: str) -> str:
    """What a mail says by itself."""
    return taken_apart(text).own


def _may_carry(text: str) -> bool:
    """Whether a text may hold more than its author's words: most are one line, and do not."""
    if "\n" in text:
        return len(text) > _SHORT
    small = text.lower()
    return "confidential" in small or "recipient" in small or "privileged" in small


def _own_words(lines: Sequence[str], folded: Sequence[str], past: Earlier) -> str:
    bare = [at in past.heads or at in past.quoted for at in range(len(lines))]
    for begins in dict.fromkeys((past.begins, len(lines))):
        left = ["" if at >= begins or bare[at] else line for at, line in enumerate(folded)]
        signature = signed(left)
        kept = [
            line if left[at] and at not in signature.lines else " " * len(line)
            for at, line in enumerate(lines)
        ]
        found = _without_boilerplate(kept, signature)
        if found.strip():
            break
    return found


def _unquoted(lines: Sequence[str], past: Earlier) -> str | None:
    if not past.heads and not past.quoted:
        return None
    return "\n".join(_unmarked(line, head=at in past.heads) for at, line in enumerate(lines))


def _unmarked(line: str, *, head: bool) -> str:
    if head:
        return " " * len(line)
    found = QUOTED.match(line)
    return line if found is None else " " * found.end() + line[found.end() :]


def _without_boilerplate(lines: list[str], signature: Signed) -> str:
    text = "\n".join(lines)
    tail = sum(len(line) + 1 for line in lines[: signature.begins])
    pieces, end = list[str](), 0
    for start, stop in boilerplate(text, tail, shown=signature.shown):
        pieces += (text[end:start], _BLANKS.sub(" ", text[start:stop]))
        end = stop
    return "".join((*pieces, text[end:]))
