"""What follows from an assessment: reply, review, handoff, or silence while a person has it."""

from typing import Final

from schemas.records import (
    Action,
    ActivityKind,
    Cause,
    CustomerNotice,
    ReviewRequest,
    SlaClock,
)
from streams.core.policy.model import Route
from streams.core.routing import place_of
from streams.core.tickets import cases
from streams.core.tickets.assess import Found
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.lifecycle import Turn, next_owner
from streams.core.tickets.outputs import (
    ACTIONS,
    write_activity,
    write_decision,
    write_open_escalation,
    write_shadow,
)
from streams.core.tickets.state import Case, Owner, Review

NOTHING: Final = Found((), (), 0)


def settle(handling: Handling, subject: Subject, found: Found) -> None:
    """Write exactly one decision, and what it entails."""
    ticket = handling.ticket
    if ticket.owner is Owner.CLOSED:
        write_decision(handling, subject, found, Action.NONE, 0)
    elif ticket.owner is Owner.HUMAN:
        stay_silent(handling, subject, found)
    elif not handling.enforced:
        write_decision(handling, subject, found, ACTIONS[found.tier], found.tier)
    elif found.tier == 2:
        hand_over(handling, subject, found)
    elif found.tier == 1 or ticket.review is not None:
        ask_review(handling, subject, found)
    else:
        write_decision(handling, subject, found, Action.REPLY, 0)


def settle_fired(handling: Handling, subject: Subject, found: Found) -> None:
    """Settle what only counts when something fired; what fired in shadow is only recorded."""
    if found.reasons or found.advised:
        settle(handling, subject, found)
    elif found.shadowed and handling.ticket.owner in (Owner.AI, Owner.REVIEW):
        write_shadow(handling, subject, found)


def stay_silent(handling: Handling, subject: Subject, found: Found) -> None:
    """A person holds the ticket; what fires now joins their escalation."""
    route = None if handling.ticket.case is None else handling.ticket.case.route
    write_decision(handling, subject, found, Action.SILENT, 2, route=route)
    cases.signal(handling, found)


def ask_review(handling: Handling, subject: Subject, found: Found) -> None:
    """A person checks the draft. A review that waits already keeps its id and its reasons."""
    ticket, waiting, reviews = handling.ticket, handling.ticket.review, handling.policy.reviews
    if waiting is not None:
        found = found.joined(waiting.reasons)
    route, priority = place_of(handling.policy, found.reasons, ticket.category)
    drafted = subject.cause is Cause.DRAFT
    wait = reviews.judged_within.of(ticket.channel) if drafted else reviews.draft_within
    ticket.owner = next_owner(ticket.owner, Turn.REVIEWED)
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    ticket.review = Review(
        waiting.review_id if waiting is not None else f"{ticket.ticket_id}/r/{ticket.sequence + 1}",
        subject.message_id or ticket.customer_message_id or subject.id,
        route.name,
        handling.now + wait,
        found.reasons,
        subject.id if drafted else None,
    )
    _keep_reasons(handling, found)
    decision = write_decision(handling, subject, found, Action.REVIEW, 1, route=route.name)
    _request_review(handling, ticket.review, decision.decision_id, route, priority)


def _request_review(
    handling: Handling, review: Review, decision_id: str, route: Route, priority: int
) -> None:
    ticket, message = handling.ticket, handling.message
    drafted = review.draft_id is not None and message is not None
    handling.emit(
        ReviewRequest(
            review_id=review.review_id,
            ticket_id=ticket.ticket_id,
            message_id=review.message_id,
            decision_id=decision_id,
            route=route.name,
            requested_at=handling.now,
            due_at=review.due_at,
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            draft_id=review.draft_id,
            draft_text=message.text if drafted and message is not None else None,
            question=None if drafted or message is None else message.text,
            channel=ticket.channel,
            language=ticket.language,
            category=ticket.category,
            priority=priority,
            required_skills=route.required_skills,
            preferred_skills=route.preferred_skills,
            reasons=review.reasons,
        )
    )


def hand_over(
    handling: Handling,
    subject: Subject,
    found: Found,
    *,
    action: Action = Action.HANDOFF,
    owner_id: str | None = None,
) -> None:
    """A person takes over: one escalation an episode, its clock running, its package to come."""
    ticket = handling.ticket
    if ticket.review is not None:
        found = found.joined(ticket.review.reasons)
    route, priority = place_of(handling.policy, found.reasons, ticket.category)
    ticket.owner = next_owner(ticket.owner, Turn.ESCALATED)
    ticket.review = None
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    ticket.escalated_at, ticket.route = handling.now, route.name
    _keep_reasons(handling, found)
    case = Case(
        f"{ticket.ticket_id}/e/{ticket.episode}",
        route.name,
        max(1, priority - (handling.segment is not handling.policy.segments[-1])),
        handling.now,
        1,
        1,
        handling.now,
        owner_id,
    )
    ticket.case = case
    notice = _notice(handling, route) if action is Action.HANDOFF else None
    write_decision(handling, subject, found, action, 2, route=route.name, notice=notice)
    cases.start_clock(handling, SlaClock.FIRST_RESPONSE, route)
    write_open_escalation(handling, case)
    write_activity(handling, ActivityKind.ESCALATED, str(ticket.episode))
    handling.handoff = cases.handoff(handling, case.revision, route, notice)


def _notice(handling: Handling, route: Route) -> CustomerNotice:
    account = handling.account
    known = handling.ticket.language or (None if account is None else account.language)
    return CustomerNotice(route.notice, known or handling.policy.language)


def _keep_reasons(handling: Handling, found: Found) -> None:
    ticket = handling.ticket
    ticket.tier = max(ticket.tier, found.tier)
    known = {reason.code for reason in ticket.reasons}
    ticket.reasons += tuple(reason for reason in found.reasons if reason.code not in known)
