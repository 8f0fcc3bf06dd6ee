"""Values that several parts of the policy file are made of."""

from typing import Annotated, Literal

import msgspec

from streams.core.policy.duration import Duration
from streams.core.policy.section import Section

Tier = Literal[0, 1, 2]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z",
        description="a name of small letters, digits, `_` and `-`",
    ),
]
Word = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^\s\x00-\x1f](?:.{0,98}[^\s\x00-\x1f])?\Z",
        description="a text of one line, at most 100 characters",
    ),
]
Language = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z",
        description="a language such as de or pt-BR",
    ),
]
Version = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]
Value = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
Priority = Annotated[int, msgspec.Meta(ge=1, le=5)]


class ByChannel(Section, frozen=True):
    """A duration for each kind of channel; `other` is every channel not named."""

    chat: Duration
    email: Duration
    other: Duration

    def of(self, channel: str) -> Duration:
        """The duration on a channel."""
        if channel == "chat":
            return self.chat
        return self.email if channel == "email" else self.other


class CalendarByChannel(Section, frozen=True):
    """The name of a calendar for each kind of channel; `other` is every channel not named."""

    chat: str
    email: str
    other: str

    def of(self, channel: str) -> str:
        """The calendar on a channel."""
        if channel == "chat":
            return self.chat
        return self.email if channel == "email" else self.other
