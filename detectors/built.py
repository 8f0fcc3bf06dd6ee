"""How a text is built: what counting goes by, and what no word or mean of words tells.

Linked variables alone go by it: a signal is not more likely because a text is long.
"""

from math import log1p
from typing import Final

from detectors.features import READ
from detectors.message import Message

CONDITIONS: Final = frozenset(
    {
        "after", "before", "during", "except", "if", "once", "only", "since", "unless", "until",
        "when", "whenever", "while",
    }
)  # fmt: skip
"""Words between a failure and a circumstance of it."""
LINKS: Final = frozenset(
    {
        "across", "against", "behind", "between", "by", "for", "from", "in", "inside", "into", "on",
        "over", "through", "to", "under", "using", "via", "with",
    }
)  # fmt: skip
"""Words between one thing and another."""
MANY: Final = 4
"""Of words of a kind and of questions; more say no more."""
BUILT: Final = 5
"""Numbers that tell it."""
LONG: Final = 80
"""Words from which on a text is long."""
_EITHER: Final = CONDITIONS | LINKS
_LENGTHS: Final = [
    (log1p(words) / log1p(READ), min(words / LONG, 1.0)) for words in range(READ + 1)
]


def built(message: Message) -> list[float]:
    """Length (twice: in a short text a word more counts for more), conditions, links, questions.

    Each 0-1.
    """
    words = message.words[:READ]
    found = _EITHER.intersection(words)
    conditions = len(CONDITIONS & found)
    return [
        *_LENGTHS[len(words)],
        min(conditions, MANY) / MANY,
        min(len(found) - conditions, MANY) / MANY,
        min(words.count("?"), MANY) / MANY,
    ]
