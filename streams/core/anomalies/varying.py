"""Which words of an error text may be values, and how many of them show it.

A word is a name where another says so, before it (`user root`, `process <num> (nginx)`) or behind
it (`the Spooler service`).
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from detectors.masking import MARK

VALUES: Final = 4
"""So many different words in one position are values, not parts of the sentence."""
MARKED_VALUES: Final = 3
"""The same behind a colon, a bracket or a quote, where values stand."""
NAMES: Final = 2
"""The same behind a word that a name follows."""
CONSTANTS: Final = 2
"""Words besides the varying one that a text needs to be recognised by."""

_BEFORE_VALUES: Final = frozenset((*":=[('\"/", "by"))
_BEFORE_NAMES: Final = frozenset(
    {"account", "class", "container", "database", "host", "image", "name", "node", "process"}
    | {"queue", "service", "table", "topic", "user", "task", "job", "thread", "module", "pod"}
    | {"namespace", "bean", "mailbox", "vhost", "tunnel", "interface", "worker", "vm", "instance"}
)
_AFTER_NAMES: Final = frozenset(
    {"service", "application", "process", "container", "daemon", "plugin", "module", "driver"}
)
_BETWEEN: Final = frozenset({".", "(", "[", "'", '"', MARK})
"""What may stand between a name and the word that says what it is the name of."""
_NAMES_THE_NEXT: Final = frozenset(":=#")
BETWEEN: Final = 8
"""So many words back at most."""
_TOLD: Final = frozenset(
    {"is", "was", "are", "has", "had", "did", "does", "will", "can", "could", "cannot", "not", "no"}
    | {"in", "on", "at", "to", "for", "from", "with", "of", "by", "as", "and", "or", "up", "down"}
    | {"started", "stopped", "restarted", "opened", "closed", "failed", "joined", "left", "died"}
    | {"connected", "disconnected", "created", "deleted", "removed", "added", "updated", "changed"}
    | {"finished", "completed", "exited", "killed", "terminated", "enabled", "disabled", "loaded"}
    | {"unloaded", "registered", "unregistered", "accepted", "rejected", "refused", "denied"}
    | {"granted", "succeeded", "locked", "unlocked", "logged", "expired", "paused", "resumed"}
    | {"restored", "timed"}
)
"""Words that go on with a sentence where a name could stand."""
_THROWN: Final = ("exception", "error")
"""How words end that are the problem, not a value in it."""

_RING: Final = (1 << 64) - 1


def open_positions(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """The positions that may vary: the hash of all other words, and how many values it takes.

    Hashes of words, weighted by position, are summed, so that one position is left open by a
    subtraction (Zobrist 1970, "A new hashing method with application for game playing").
    """
    said = sum(word[0].isalnum() for word in words)
    # Who it is about may stand in brackets before all else: "(root) CMD (<path>)".
    few = said == CONSTANTS
    if said < CONSTANTS or (few and words[0] != "("):
        return
    terms = [_hash(word) * (2 * at + 1) for at, word in enumerate(words)]
    whole, named = sum(terms), list[int]()
    for at, (word, term) in enumerate(zip(words, terms, strict=True)):
        if (few and at != 1) or word.endswith(_THROWN):
            continue
        if word == MARK or word[0].isalnum() or word[0] in "_$":
            values, kind = _values(words, at)
            gap = _hash(kind) * (2 * at + 1) - term
            yield (whole + gap) & _RING, values
            if values == NAMES:
                named.append(gap)
    if 1 < len(named) <= said - CONSTANTS:
        yield (whole + sum(named)) & _RING, NAMES


def _values(words: tuple[str, ...], at: int) -> tuple[int, str]:
    """How many values a position takes to vary, and the kind of word that stands there.

    Only words of one kind are values of one position.
    """
    word, before = words[at], words[at - 1] if at else ""
    if _named(words, at):
        return (VALUES, "told") if word in _TOLD else (NAMES, "")
    after = words[at + 1] if at + 1 < len(words) else ""
    if len(word) == 1 and word.isalpha() and after != "+":
        return NAMES, "letter"
    if before in _BEFORE_VALUES or after in _AFTER_NAMES:
        return MARKED_VALUES, ""
    return VALUES, ""


def _named(words: tuple[str, ...], at: int) -> bool:
    """Whether a word before a position says that it is a name."""
    for back in range(at - 1, max(-1, at - 1 - BETWEEN), -1):
        word = words[back]
        if word in _NAMES_THE_NEXT and back:
            return words[back - 1] in _BEFORE_NAMES
        if word in _BEFORE_NAMES:
            return True
        dotted = back + 1 < at and words[back + 1] == "."
        if word not in _BETWEEN and not dotted:
            return False
    return False


@lru_cache(maxsize=1 << 14)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(errors="replace"), digest_size=8).digest())
