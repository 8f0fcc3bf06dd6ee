"""Whose ticket it is: an account may be known late, or have been the wrong one."""

from schemas.records import ActivityKind, EscalationChange
from streams.core.tickets import cases
from streams.core.tickets.episodes import ended_as
from streams.core.tickets.handling import Handling
from streams.core.tickets.observe import count_repeats_anew
from streams.core.tickets.reports import write_activity
from streams.core.tickets.state import Owner


def belong(
    handling: Handling, account_id: str | None, requester_id: str | None, *, corrects: bool
) -> None:
    """The ticket is theirs from now on: where it was nobody's, or they correct what was known.

    Whose history it was in is told that it left. A person who has it already gets the package of
    an account that a message made known; an update that identifies it is decided on anyway.
    """
    ticket = handling.ticket
    says_more = (account_id and not ticket.account_id) or (requester_id and not ticket.requester_id)
    if not corrects and not says_more:
        return
    is_new = not corrects and ticket.account_id is None and account_id is not None
    if not corrects:
        account_id = ticket.account_id or account_id
        requester_id = ticket.requester_id or requester_id
    account_id = account_id or ticket.account_id
    requester_id = requester_id or ticket.requester_id
    before, after = ticket.account_id or ticket.requester_id, account_id or requester_id
    if before != after and before is not None:
        write_activity(handling, ActivityKind.LEFT, f"{before}@{handling.now}")
    ticket.account_id, ticket.requester_id = account_id, requester_id
    if before != after:
        _told_to(handling, f"{after}@{handling.now}")
    if is_new:
        count_repeats_anew(handling)
    if is_new and ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.PACKAGE)


def _told_to(handling: Handling, key: str) -> None:
    """Whose ticket it is now hears of it, and what those were told who had it before: that a person
    was called and has answered, and its end. Else it would stay open for good.
    """
    ticket = handling.ticket
    write_activity(handling, ActivityKind.OPENED, key)
    if ticket.escalated_at is not None:
        write_activity(handling, ActivityKind.ESCALATED, key)
        if ticket.human_replied_at is not None and ticket.clock is None:
            waited = ticket.human_replied_at - ticket.escalated_at
            write_activity(handling, ActivityKind.ANSWERED, key, max(0, waited))
    if ticket.owner is Owner.CLOSED:
        write_activity(handling, ended_as(ticket), key)
