"""The open anomalies as the tickets agent reads them back."""

from collections.abc import Callable, Iterator

from detectors import Signals
from schemas.records import Anomaly, AnomalyLink, ConversationMessage
from streams.core.anomalies import OpenAnomalies
from streams.core.tickets import Ticket


class Linker:
    """Finds a message's anomaly among those open; `changes` counts how often these have changed."""

    def __init__(
        self, changes: Callable[[], int], anomalies: Callable[[], Iterator[Anomaly]]
    ) -> None:
        self._changes = changes
        self._anomalies = anomalies
        self._known = -1
        self._open = OpenAnomalies()

    def __call__(
        self, ticket: Ticket, message: ConversationMessage, signals: Signals
    ) -> AnomalyLink | None:
        """The open anomaly that the message belongs to."""
        if (changes := self._changes()) != self._known:
            self._known, self._open = changes, OpenAnomalies(self._anomalies())
        return self._open.link(ticket.tenant, signals.category, signals.fingerprint, ticket.anomaly)
