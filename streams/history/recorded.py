"""What recorded decisions were made from: a replay of them needs no copy of what workers follow."""

from collections.abc import Callable, Iterable
from typing import Final

from schemas.records import (
    AccountSnapshot,
    AnomalyLink,
    Cause,
    ConversationMessage,
    Decision,
    Millis,
    TicketUpdate,
)
from streams.agents.deciding import Inputs
from streams.core.policy import Policy
from streams.core.tickets import Event, Incidents, subject_of, unlinked, unstaffed
from streams.core.tickets.used import account_used, statuses_used

Named = Callable[[str], Policy | None]
"""The policy of a reference `name@version`; None where it is not known."""

_ANY_TIME: Final = -1


class RecordedInputs:
    """Gives each event what its decision was made from: account, policy, queues and incident.

    An event that has no decision of its own finds the account that the ticket's last one used, and
    nothing else: whatever reads more writes a decision. The events have to come in their order.
    """

    def __init__(self, decisions: Iterable[Decision], policies: Named) -> None:
        self._policies = policies
        self._made: dict[tuple[str, str | None, Millis], Decision] = {}
        self._last: dict[str, AccountSnapshot | None] = {}
        for one in decisions:
            if one.cause is Cause.TIMER:
                self._made[one.ticket_id, None, one.decided_at] = one
            else:
                # The same words can come twice; in another replay at another time, too.
                self._made[one.ticket_id, one.subject_id, one.decided_at] = one
                self._made.setdefault((one.ticket_id, one.subject_id, _ANY_TIME), one)

    def of(self, event: Event, now: Millis) -> Inputs:
        """What an event was decided with at `now`."""
        ticket, subject = event.ticket_id, _subject_of(event)
        made = self._made.get((ticket, subject, now))
        if made is None and subject is not None:
            made = self._made.get((ticket, subject, _ANY_TIME))
        if made is None:
            return Inputs(self._last.get(ticket), None, unstaffed, unlinked)
        account = self._last[ticket] = account_used(made)
        return Inputs(
            account,
            self._policies(made.used.policy),
            statuses_used(made.used).get,
            _incidents(made.used.anomaly),
        )


def _subject_of(event: Event) -> str | None:
    match event:
        case ConversationMessage():
            return subject_of(event).id
        case TicketUpdate():
            return event.update_id
    return None


def _incidents(link: AnomalyLink | None) -> Incidents:
    return lambda _ticket, _message, _signals: link
