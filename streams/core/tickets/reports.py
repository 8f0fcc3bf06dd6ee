"""What the other agents hear of a ticket. Ids follow from what is known."""

from typing import Final

from msgspec.structs import replace

from detectors.signals import Fingerprint
from schemas.records import AccountActivity, ActivityKind, ConversationMessage, ProblemReport
from schemas.records.base import DurationMillis
from streams.core.tickets.handling import Handling

_MESSAGE: Final = ActivityKind.MESSAGE
_OPENED: Final = ActivityKind.OPENED
_ASKS_HISTORY: Final = ActivityKind.ESCALATED
"""The activity that may ask the account's agent for its history."""


def write_activity(
    handling: Handling, kind: ActivityKind, key: str, waited: DurationMillis | None = None
) -> None:
    """Tell the account's agent; `key` makes the id unique among those of this kind."""
    ticket = handling.ticket
    if ticket.account_id is None and ticket.requester_id is None:
        return
    handling.outputs.append(
        AccountActivity(
            "/".join((ticket.ticket_id, "a", kind, key)),
            ticket.ticket_id,
            kind,
            handling.now,
            ticket.tenant,
            ticket.account_id,
            ticket.requester_id,
            None,
            ticket.category,
            None,
            ticket.tier,
            handling.now - ticket.opened_at if waited is None else waited,
            ticket.outcome,
            0,
            ticket.case is not None and kind is _ASKS_HISTORY and _lacks_history(handling),
        )
    )


def write_message(handling: Handling, message: ConversationMessage) -> None:
    """Tell the account's agent that the customer has written, and in which mood; of the message
    that opens the ticket it hears with the opening.
    """
    ticket, outputs = handling.ticket, handling.outputs
    if ticket.account_id is None and ticket.requester_id is None:
        return
    first = outputs[0] if outputs else None
    if type(first) is AccountActivity and first.kind is _OPENED:
        outputs[0] = replace(
            first,
            message_id=message.message_id,
            category=ticket.category,
            negative=handling.signals.negative.score,
            tier=ticket.tier,
            outcome=ticket.outcome,
        )
        return
    outputs.append(
        AccountActivity(
            f"{ticket.ticket_id}/a/message/{message.message_id}",
            ticket.ticket_id,
            _MESSAGE,
            message.sent_at if message.sent_at < handling.now else handling.now,
            ticket.tenant,
            ticket.account_id,
            ticket.requester_id,
            message.message_id,
            ticket.category,
            handling.signals.negative.score,
            ticket.tier,
            handling.now - ticket.opened_at,
            ticket.outcome,
        )
    )


def _lacks_history(handling: Handling) -> bool:
    """Whether a person has got the ticket before the account's earlier tickets were known."""
    account = handling.account
    if handling.ticket.account_id is None:
        return False
    return account is None or account.health_as_of is None


def write_problem_report(
    handling: Handling, message: ConversationMessage, found: Fingerprint
) -> None:
    """Tell the anomalies agent of a problem that a message reports."""
    ticket, account = handling.ticket, handling.account
    handling.outputs.append(
        ProblemReport(
            report_id=f"{ticket.ticket_id}/p/{message.message_id}",
            ticket_id=ticket.ticket_id,
            message_id=message.message_id,
            fingerprint=found.id,
            fingerprint_version=found.version,
            category=handling.signals.category,
            occurred_at=min(message.sent_at, handling.now),
            source_partition=handling.arrival.partition,
            source_watermark=handling.now,
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            requester_id=ticket.requester_id,
            template=found.template,
            error_text=found.error_text,
            component=found.component,
            account_tier=None if account is None else account.tier,
            contract_value=None if account is None else account.contract_value,
            meaning=found.meaning,
            meaning_version=found.meaning_version,
            also_means=found.also_means,
        )
    )


def write_erased_reports(handling: Handling) -> None:
    """Tell the anomalies agent to forget what the ticket has reported."""
    ticket = handling.ticket
    handling.outputs.append(
        ProblemReport(
            report_id=f"{ticket.ticket_id}/p/erased",
            ticket_id=ticket.ticket_id,
            # No message says it, and an id is never empty.
            message_id=ticket.ticket_id,
            fingerprint="",
            fingerprint_version=0,
            category=ticket.category,
            occurred_at=handling.now,
            source_partition=handling.arrival.partition,
            source_watermark=handling.now,
            tenant=ticket.tenant,
            heartbeat=True,
            erased=True,
        )
    )
