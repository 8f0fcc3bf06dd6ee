"""What recorded decisions were made from: a replay of them needs no copy of profiles and health."""

from collections.abc import Iterable

from schemas.records import (
    AccountSnapshot,
    Cause,
    ConversationMessage,
    Decision,
    Millis,
    TicketUpdate,
)
from streams.core.tickets import Event, subject_of


class RecordedAccounts:
    """The account as each decision used it.

    An event that has no decision of its own finds what the ticket's last one used. The events have
    to come in their order.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._used = {(one.ticket_id, _asked_by(one)): _account(one) for one in decisions}
        self._last: dict[str, AccountSnapshot | None] = {}

    def of(self, event: Event, now: Millis) -> AccountSnapshot | None:
        """The account that the event was decided with at `now`; None where none was known."""
        ticket = event.ticket_id
        asked_by = (ticket, _name_of(event, now))
        if asked_by in self._used:
            self._last[ticket] = self._used[asked_by]
        return self._last.get(ticket)


def _asked_by(decision: Decision) -> tuple[Cause, str]:
    if decision.cause is Cause.TIMER:
        return decision.cause, str(decision.decided_at)
    return decision.cause, decision.subject_id


def _name_of(event: Event, now: Millis) -> tuple[Cause, str]:
    match event:
        case ConversationMessage():
            subject = subject_of(event)
            return subject.cause, subject.id
        case TicketUpdate():
            return Cause.UPDATE, event.update_id
    return Cause.TIMER, str(now)


def _account(decision: Decision) -> AccountSnapshot | None:
    used, notice = decision.used, decision.customer_notice
    if used.profile_as_of is None:
        return None
    return AccountSnapshot(
        account_id=decision.account_id or "",
        as_of=used.profile_as_of,
        tier=used.account_tier,
        vip=bool(used.vip),
        churn_flag=bool(used.churn_flag),
        contract_value=used.contract_value,
        health=used.health,
        # Nothing else of a decision depends on the language than what the customer is told.
        language=None if notice is None else notice.language,
        flood=used.flood,
    )
