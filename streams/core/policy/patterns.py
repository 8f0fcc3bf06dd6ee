"""Regular expressions that users give: on RE2, which needs linear time for any of them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import re2

LARGEST: Final = 1 << 20
"""Bytes a compiled expression may take."""
LARGEST_OF_ALL: Final = 16 << 20
"""Bytes all expressions of a policy may take together, to be looked for at once."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """An expression, in any case. Raises `re2.error`."""
    return re2.compile(pattern, _options(LARGEST))


def any_of(patterns: Iterable[str]) -> Any | None:
    """One expression that is found where any of them is; None when they are too many for one."""
    options = _options(LARGEST_OF_ALL)
    options.never_capture = True
    try:
        return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)
    except re2.error:
        return None


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


def any_word(words: Iterable[str]) -> str:
    """The expression of any of the words or phrases; its first group is what was found."""
    phrases = (r"\s+".join(re2.escape(word) for word in phrase.split()) for phrase in words)
    return rf"(?:^|[^\pL\pN])({'|'.join(phrases)})(?:$|[^\pL\pN])"
