"""Dead letters that must not go back: of a compacted topic the latest of a key is in force."""

from collections.abc import Iterable

from schemas.records import DeadLetter
from schemas.topics import TOPICS
from streams.reading import Seen


def on_compacted(letters: Iterable[DeadLetter]) -> list[str]:
    """The compacted topics that the letters are from."""
    topics = dict.fromkeys(letter.topic for letter in letters)
    return [name for name in topics if name in TOPICS and TOPICS[name].compacted]


def overtaken(letters: Iterable[DeadLetter], lying: Iterable[Seen]) -> list[str]:
    """The ids of those under whose key a later record lies, which the old one would replace.

    `lying` is what is on the compacted topics, tombstones too.
    """
    by_key: dict[tuple[str, str], list[DeadLetter]] = {}
    for letter in letters:
        key = (letter.key or b"").decode(errors="replace")
        by_key.setdefault((letter.topic, key), []).append(letter)
    found = {
        letter.dead_letter_id
        for seen in lying
        for letter in by_key.get((seen.topic, seen.key), ())
        if _is_later(seen, letter)
    }
    return sorted(found)


def _is_later(seen: Seen, letter: DeadLetter) -> bool:
    """By its place, or by its time where the letter's record lay on another partition."""
    if seen.partition == letter.partition:
        return seen.offset > letter.offset
    return seen.timestamp > (letter.recorded_at or letter.failed_at)
