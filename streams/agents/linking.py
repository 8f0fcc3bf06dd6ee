"""The open anomalies as the tickets agent reads them back, and as decisions say they were."""

from collections.abc import Callable, Iterable, Iterator

from detectors import Signals
from schemas.records import Anomaly, AnomalyLink, Cause, ConversationMessage, Decision
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


class Recorded:
    """The anomalies that decisions were made with: a replay of them needs no others."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._links = {
            (one.ticket_id, one.subject_id): one.used.anomaly
            for one in decisions
            if one.cause is Cause.MESSAGE and one.used.anomaly is not None
        }

    def __call__(
        self, ticket: Ticket, message: ConversationMessage, signals: Signals
    ) -> AnomalyLink | None:
        """The anomaly that the decision on the message names."""
        return self._links.get((ticket.ticket_id, message.message_id))
