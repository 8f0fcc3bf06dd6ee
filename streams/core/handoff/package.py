"""The handoff package: everything a person needs to take over without asking again."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.records import (
    AccountHealth,
    AccountProfile,
    AccountSnapshot,
    Escalation,
    EscalationUpdate,
    HandoffPackage,
    HealthLevel,
    MergedTicket,
    Millis,
    PartState,
    PartStatus,
    SentimentPoint,
    TicketSummary,
    TicketUpdate,
    TranscriptEntry,
)
from streams.core.handoff.bounds import bounded_context, bounded_history, bounded_profile
from streams.core.handoff.summary import summarize
from streams.core.handoff.transcript import bounded, size_of
from streams.core.policy.model import Policy
from streams.core.policy.package import Package
from streams.core.routing import consulted
from streams.core.tickets.carried import given_in
from streams.core.tickets.handling import Handoff
from streams.core.tickets.state import Ticket


def complete(
    handoff: Handoff,
    transcript: Sequence[TranscriptEntry],
    *,
    profile: AccountProfile | None = None,
    health: AccountHealth | None = None,
) -> Escalation:
    """The escalation with its package.

    `transcript` are the ticket's stored lines in order, the one appended by this step included.
    What is not known is marked as missing, never waited for.
    """
    ticket, route = handoff.ticket, handoff.route
    case, teams = ticket.case, consulted(handoff.policy, handoff.reasons)
    return Escalation(
        escalation_id=ticket.escalation_id(ticket.episode),
        ticket_id=ticket.ticket_id,
        decision_id=handoff.decision_id,
        episode=ticket.episode,
        revision=handoff.revision,
        route=route.name,
        priority=route.priority if case is None else case.priority,
        created_at=handoff.created_at,
        category=ticket.category,
        reasons=handoff.reasons,
        package=_package(handoff, transcript, profile, health),
        tenant=ticket.tenant,
        account_id=ticket.account_id,
        requester_id=ticket.requester_id,
        channel=ticket.channel,
        language=ticket.spoken,
        plan=None if profile is None or profile.billing is None else profile.billing.plan,
        segment=handoff.segment.name,
        required_skills=route.required_skills,
        preferred_skills=route.preferred_skills,
        consult=tuple(dict.fromkeys((*route.consult, *teams))),
        due=handoff.due,
        customer_notice=handoff.notice,
        page_on_call=handoff.page_on_call,
    )


def carry(
    update: TicketUpdate,
    merged: MergedTicket,
    ticket: Ticket,
    transcript: Sequence[TranscriptEntry],
) -> TicketUpdate:
    """What the target of a merge is told, with what the source's transcript says; nothing of one
    that is erased.
    """
    if merged.erased:
        return update
    told = summarize(ticket, transcript)
    merged = replace(merged, issue=told.issue or None, attempts=told.attempts, asked=told.asked)
    return replace(update, merged=merged)


def complement(
    update: EscalationUpdate,
    ticket: Ticket,
    policy: Policy,
    account: AccountSnapshot | None = None,
    *,
    profile: AccountProfile | None = None,
    health: AccountHealth | None = None,
) -> EscalationUpdate:
    """An update of the package with what is known of the account by now.

    The escalation did not wait for it; `parts` say again what is there and what is still missing.
    `account` may know later health and history than `health` does, and then goes before it.
    """
    bounds = policy.package
    level, history, watched = _latest(account, health)
    return replace(
        update,
        account=bounded_profile(profile, bounds),
        health=level,
        history=bounded_history(history, profile),
        parts=_parts(ticket, update.changed_at, bounds, profile, watched),
    )


def _latest(
    account: AccountSnapshot | None, health: AccountHealth | None
) -> tuple[HealthLevel, tuple[TicketSummary, ...], Millis | None]:
    """Health, earlier tickets, and as of when; the time is None where they are not known."""
    known = None if health is None else health.updated_at
    told = None if account is None else account.health_as_of
    if account is not None and told is not None and (known is None or known < told):
        return account.health, account.recent_tickets, told
    if health is None:
        return HealthLevel.UNKNOWN, (), None
    return health.level, health.recent_tickets, known


def _package(
    handoff: Handoff,
    transcript: Sequence[TranscriptEntry],
    profile: AccountProfile | None,
    health: AccountHealth | None,
) -> HandoffPackage:
    """The transcript gets the room that all else leaves."""
    ticket, bounds = handoff.ticket, handoff.policy.package
    level, history, watched = _latest(None, health)
    package = HandoffPackage(
        transcript=(),
        summary=summarize(ticket, transcript),
        parts=(),
        entities=given_in(ticket),
        sentiment=_sentiment(ticket),
        account=bounded_profile(profile, bounds),
        health=level,
        history=bounded_history(history, profile),
        context=bounded_context(ticket.context, bounds),
        anomaly=ticket.anomaly,
    )
    room = bounds.max_bytes - size_of(package)
    lines, cut = bounded(transcript, ticket, bounds, handoff.arrival, room)
    parts = _parts(ticket, handoff.created_at, bounds, profile, watched, has_transcript=bool(lines))
    return replace(package, transcript=lines, transcript_cut=cut, parts=parts)


def _parts(
    ticket: Ticket,
    now: Millis,
    bounds: Package,
    profile: AccountProfile | None,
    watched: Millis | None,
    *,
    has_transcript: bool = True,
) -> tuple[PartStatus, ...]:
    known = None if profile is None else profile.updated_at
    billing = known if profile is not None and profile.billing is not None else None
    ages: tuple[tuple[str, Millis | None], ...] = (
        ("transcript", now if has_transcript else None),
        ("summary", now if has_transcript else None),
        ("entities", now if ticket.given else None),
        ("sentiment", max((mood.points[-1].at for mood in ticket.moods), default=None)),
        ("account", known),
        ("billing", billing),
        ("health", watched),
        ("history", known if watched is None and profile and profile.history else watched),
        ("anomaly", None if ticket.anomaly is None else ticket.anomaly.as_of),
        ("context", min((section.as_of for section in ticket.context), default=None)),
    )
    return tuple(_status(part, as_of, now - bounds.stale_after) for part, as_of in ages)


def _status(part: str, as_of: Millis | None, oldest: Millis) -> PartStatus:
    if as_of is None:
        return PartStatus(part, PartState.MISSING)
    return PartStatus(part, PartState.STALE if as_of < oldest else PartState.PRESENT, as_of)


def _sentiment(ticket: Ticket) -> tuple[SentimentPoint, ...]:
    points = [
        SentimentPoint(point.message_id, point.at, point.negative, mood.author_id or None)
        for mood in ticket.moods
        for point in mood.points
    ]
    return tuple(sorted(points, key=lambda point: point.at))
