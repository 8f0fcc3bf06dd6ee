"""What every kind of receiver is to those who deliver."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.telling import Notice


class Request(msgspec.Struct, frozen=True):
    """An HTTP POST of JSON."""

    url: str
    body: bytes
    headers: dict[str, str] = {}


class Channel(ABC):
    """Turns notices into requests. Pure: the same notice at the same time is the same request.

    Attributes:
        secrets: What must not be shown, in whatever the receiver answers either.
        refresh_every: Seconds after which open alerts are sent again; None where what was told
            holds until something else is told.

    """

    secrets: tuple[str, ...]
    refresh_every: float | None = None

    @abstractmethod
    def request(self, notice: Notice, now: Millis) -> Request:
        """The request that tells a notice."""

    def refresh(self, alerts: Iterable[Alert], now: Millis) -> Request | None:
        """The request that says of alerts that they are still open, where one is needed."""
        return None
