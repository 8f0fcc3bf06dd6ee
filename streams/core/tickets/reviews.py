"""Reviews: a draft of the AI waits for a person. Every change of one has a rising revision."""

from msgspec.structs import replace

from schemas.records import Action, Cause, ReviewRequest, ReviewState
from streams.core.routing import place_of, route_named
from streams.core.tickets.assess import Found
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.parts import Review
from streams.core.tickets.sla import hours_on
from streams.core.tickets.state import Owner
from streams.core.tickets.waits import await_review


def ask_review(handling: Handling, subject: Subject, found: Found) -> None:
    """A person checks the draft. A review that waits already keeps its id and its reasons; a newer
    message voids its draft, and another draft for the same message gets no more time.
    """
    ticket, waiting, reviews = handling.ticket, handling.ticket.review, handling.policy.reviews
    if waiting is not None:
        found = found.joined(waiting.reasons)
    route, priority = place_of(handling.policy, found.reasons, ticket.category)
    drafted = subject.cause is Cause.DRAFT
    due_at = handling.now + reviews.draft_within
    if drafted:
        hours = hours_on(handling.plan.calendars, reviews.calendar.of(ticket.channel))
        due_at = hours.add(handling.now, reviews.judged_within.of(ticket.channel))
    if waiting is None:
        ticket.reviews += 1
    elif drafted and waiting.draft_id is not None:
        due_at = waiting.due_at
    ticket.owner = Owner.REVIEW
    await_review(handling)
    ticket.review = Review(
        waiting.review_id if waiting is not None else f"{ticket.ticket_id}/r/{ticket.sequence + 1}",
        subject.message_id or ticket.customer_message_id or subject.id,
        route.name,
        due_at,
        found.reasons,
        subject.id if drafted else None,
        waiting.revision + 1 if waiting is not None else 1,
        priority,
    )
    ticket.keep_reasons(found.reasons, found.tier)
    write_decision(handling, subject, found, Action.REVIEW, 1, route=route.name)
    _write(handling, ticket.review, ReviewState.WAITING)


def end_review(handling: Handling, state: ReviewState) -> None:
    """The review that waits, if any, does no longer; its desk is told."""
    review = handling.ticket.review
    if review is not None:
        handling.ticket.review = None
        _write(handling, replace(review, revision=review.revision + 1), state)


def _write(handling: Handling, review: Review, state: ReviewState) -> None:
    ticket, message = handling.ticket, handling.message
    waits = state is ReviewState.WAITING and message is not None
    drafted = waits and review.draft_id is not None
    route = route_named(handling.policy, review.route)
    text = message.text if message is not None else None
    handling.outputs.append(
        ReviewRequest(
            review_id=review.review_id,
            ticket_id=ticket.ticket_id,
            message_id=review.message_id,
            decision_id=f"{ticket.ticket_id}/d/{ticket.sequence}",
            route=route.name,
            requested_at=handling.now,
            due_at=review.due_at,
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            draft_id=review.draft_id,
            draft_text=text if drafted else None,
            question=text if waits and not drafted else None,
            channel=ticket.channel,
            language=ticket.spoken,
            category=ticket.category,
            priority=review.priority,
            required_skills=route.required_skills,
            preferred_skills=route.preferred_skills,
            reasons=review.reasons,
            revision=review.revision,
            state=state,
            segment=handling.segment.name,
            confidence=message.confidence if drafted and message is not None else None,
        )
    )
