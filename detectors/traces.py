"""What was thrown: the exception that heads or ends a stack trace, without its frames."""

import re
from typing import Final

_EXCEPTION: Final = re.compile(
    r"(?<![\w.$])([\w.$]{0,120}(?:exception|error|panic|fault))(?:: ?([^\n]{1,200}))"
)


def thrown(text: str) -> str | None:
    """The exception in a normalised text, with its message."""
    found = _EXCEPTION.search(text)
    return found.group() if found else None
