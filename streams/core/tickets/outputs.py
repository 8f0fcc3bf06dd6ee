"""The records a step writes, built from the ticket as it is now. Ids follow from what is known."""

from typing import Final

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    Action,
    ActivityKind,
    ConversationMessage,
    Csat,
    CustomerNotice,
    Decision,
    Mode,
    OpenEscalation,
    ProblemReport,
    QueueLoad,
    SlaDue,
    SlaEvent,
    SlaEventKind,
    TicketOutcome,
    UsedInputs,
    Verdict,
)
from schemas.records.base import DurationMillis
from streams.core.routing import place_of
from streams.core.tickets.assess import Found, strictest
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.sla import spent
from streams.core.tickets.state import KNOWN_SCORES, Case, Clock, Owner, Ticket

_MESSAGE: Final = ActivityKind.MESSAGE
_ASKS_HISTORY: Final = (ActivityKind.OPENED, ActivityKind.ESCALATED)
"""Activities that may ask the account's agent for its history."""
_FOR_THE_AI: Final = (Action.REPLY, Action.REVIEW)

ACTIONS: Final = (Action.REPLY, Action.REVIEW, Action.HANDOFF)
"""What follows from a tier."""
_PAUSES: Final = (SlaEventKind.PAUSED, SlaEventKind.RESUMED)
_AFTERWARDS: Final = (Action.SILENT, Action.NONE)


def write_decision(
    handling: Handling,
    subject: Subject,
    found: Found,
    action: Action,
    tier: int,
    *,
    route: str | None = None,
    notice: CustomerNotice | None = None,
    collect: tuple[str, ...] = (),
) -> Decision:
    """Decide: the next in the ticket's sequence, and from now on the one in force."""
    ticket = handling.ticket
    ticket.sequence += 1
    # In the order of the fields: naming so many costs more than all else of a decision.
    decision = Decision(
        f"{ticket.ticket_id}/d/{ticket.sequence}",
        ticket.ticket_id,
        subject.cause,
        subject.id,
        ticket.sequence,
        handling.now,
        action,
        tier,
        ticket.category,
        _used(handling),
        ticket.tenant,
        ticket.account_id,
        subject.message_id,
        handling.policy.mode,
        route,
        found.reasons + found.advised,
        found.signals,
        ticket.episode,
        None if ticket.case is None else ticket.case.escalation_id,
        None if ticket.review is None else ticket.review.review_id,
        None if ticket.anomaly is None else ticket.anomaly.anomaly_id,
        collect,
        notice,
        ticket.ai_against_decision,
        ticket.instructions if action in _FOR_THE_AI else None,
        handling.changed,
        ticket.erased,
    )
    ticket.ai_against_decision = False
    handling.emit(decision)
    if found.shadowed and (action not in _AFTERWARDS or ticket.owner in (Owner.AI, Owner.REVIEW)):
        write_shadow(handling, subject, found)
    return decision


def write_shadow(handling: Handling, subject: Subject, found: Found) -> None:
    """What would have been decided if all that is in shadow were enforced; nothing obeys it."""
    ticket, reasons = handling.ticket, found.reasons + found.shadowed
    tier = strictest(reasons)
    route, _ = place_of(handling.policy, reasons, ticket.category)
    handling.emit(
        Decision(
            decision_id=f"{ticket.ticket_id}/shadow/{subject.cause}/{subject.id}",
            ticket_id=ticket.ticket_id,
            cause=subject.cause,
            subject_id=subject.id,
            sequence=ticket.sequence,
            decided_at=handling.now,
            action=ACTIONS[tier],
            tier=tier,
            category=ticket.category,
            used=_used(handling),
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            message_id=subject.message_id,
            mode=Mode.SHADOW,
            route=route.name if tier else None,
            reasons=reasons,
            signals=found.signals,
            episode=ticket.episode,
        )
    )


def _used(handling: Handling) -> UsedInputs:
    policy, model, segment = handling.plan.reference, handling.model, handling.segment.name
    account, status, link = handling.account, handling.status, handling.ticket.anomaly
    used = UsedInputs(policy, model, segment, handling.now)
    if link is not None:
        used = replace(used, anomaly=link, anomaly_revision=link.revision)
    if account is not None:
        used = replace(
            used,
            profile_as_of=account.as_of,
            health_as_of=account.health_as_of,
            contract_value=account.contract_value,
            vip=account.vip,
            churn_flag=account.churn_flag,
            account_tier=account.tier,
            account_verified=handling.ticket.verified,
            health=account.health,
            flood=account.flood,
        )
    weighed = handling.weighed
    if weighed is not None and (status is None or weighed.route != status.route):
        load = QueueLoad(
            weighed.route, weighed.updated_at, weighed.queue_depth, weighed.queue_target
        )
        used = replace(used, queue_load=load)
    if status is not None:
        used = replace(
            used,
            route_status_of=status.route,
            route_status_as_of=status.updated_at,
            route_open=status.open,
            agents_available=status.agents_available,
            queue_depth=status.queue_depth,
            queue_target=status.queue_target,
            expected_wait=status.expected_wait,
            next_opening_at=status.next_opening_at,
        )
    return used


def write_activity(
    handling: Handling, kind: ActivityKind, key: str, waited: DurationMillis | None = None
) -> None:
    """Tell the account's agent; `key` makes the id unique among those of this kind."""
    ticket, message = handling.ticket, handling.message
    if ticket.account_id is None and ticket.requester_id is None:
        return
    spoken = message if kind is _MESSAGE else None
    handling.emit(
        AccountActivity(
            f"{ticket.ticket_id}/a/{kind}/{key}",
            ticket.ticket_id,
            kind,
            handling.now if spoken is None else min(spoken.sent_at, handling.now),
            ticket.tenant,
            ticket.account_id,
            ticket.requester_id,
            None if spoken is None else spoken.message_id,
            ticket.category,
            None if spoken is None else handling.signals.negative.score,
            ticket.tier,
            handling.now - ticket.opened_at if waited is None else waited,
            ticket.outcome,
            lacks_history=kind in _ASKS_HISTORY and _lacks_history(handling),
        )
    )


def _lacks_history(handling: Handling) -> bool:
    """Whether a person has got the ticket before the account's earlier tickets were known."""
    ticket, account = handling.ticket, handling.account
    known = account is not None and account.health_as_of is not None
    return ticket.case is not None and ticket.account_id is not None and not known


def write_problem_report(handling: Handling, message: ConversationMessage) -> None:
    """Tell the anomalies agent of a problem that has a fingerprint."""
    ticket, found, account = handling.ticket, handling.signals.fingerprint, handling.account
    if found is None:
        return
    handling.emit(
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
    handling.emit(
        ProblemReport(
            report_id=f"{ticket.ticket_id}/p/erased",
            ticket_id=ticket.ticket_id,
            message_id="",
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


def write_open_escalation(handling: Handling, case: Case) -> None:
    """The escalation as it stands, for desks that start late."""
    ticket = handling.ticket
    handling.emit(
        OpenEscalation(
            ticket_id=ticket.ticket_id,
            escalation_id=case.escalation_id,
            route=case.route,
            revision=case.revision,
            priority=case.priority,
            opened_at=case.opened_at,
            category=ticket.category,
            reason_codes=tuple(reason.code for reason in ticket.reasons),
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            owner_id=case.owner_id,
            due=dues_of(ticket),
            episode=ticket.episode,
            segment=handling.segment.name,
        )
    )


def dues_of(ticket: Ticket) -> tuple[SlaDue, ...]:
    """When the ticket's clocks run out, the earliest first."""
    clocks = sorted(ticket.clocks, key=lambda clock: clock.due_at)
    return tuple(SlaDue(clock.clock, clock.due_at, clock.span) for clock in clocks)


def write_sla_event(
    handling: Handling, clock: Clock, kind: SlaEventKind, percent: int | None = None
) -> None:
    """Something happened to a response clock."""
    ticket, case = handling.ticket, handling.ticket.case
    name = f"{ticket.episode}/{clock.clock}/{clock.number or clock.started_at}/{kind}"
    if percent is not None:
        name += f"/{percent}"
    elif kind in _PAUSES:
        name += f"/{clock.pauses}"
    handling.emit(
        SlaEvent(
            event_id=f"{ticket.ticket_id}/s/{name}",
            ticket_id=ticket.ticket_id,
            clock=clock.clock,
            kind=kind,
            at=handling.now,
            due_at=clock.due_at,
            target=clock.span,
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            escalation_id=None if case is None else case.escalation_id,
            route=None if case is None else case.route,
            segment=handling.segment.name,
            percent=percent,
            elapsed=handling.now - clock.started_at,
            elapsed_business=spent(handling.plan.calendars, clock, handling.now),
        )
    )


def write_outcome(handling: Handling) -> None:
    """How the episode ended."""
    ticket = handling.ticket
    began, replied = ticket.escalated_at, ticket.human_replied_at
    outcome = TicketOutcome(
        outcome_id=f"{ticket.ticket_id}/o/{ticket.episode}",
        ticket_id=ticket.ticket_id,
        episode=ticket.episode,
        category=ticket.category,
        ended_at=handling.now if ticket.owner is not Owner.CLOSED else ticket.closed_at or 0,
        tenant=ticket.tenant,
        account_id=ticket.account_id,
        requester_id=ticket.requester_id,
        segment=handling.segment.name,
        channel=ticket.channel,
        route=ticket.route,
        tier=ticket.tier,
        outcome=ticket.outcome or "unknown",
        resolution_path=ticket.resolution_path,
        policy=handling.policy.reference,
        reasons=ticket.reasons,
        verdict=ticket.verdict,
        csat=ticket.csat,
        reopened=ticket.reopened,
        opened_at=ticket.opened_at,
        escalated_at=began,
        first_human_reply_at=replied,
        time_to_human=None if began is None or replied is None else replied - began,
        ai_rounds=ticket.rounds,
        human_replies=ticket.human_replies,
        mode=handling.policy.mode,
        escalation_id=None if began is None else f"{ticket.ticket_id}/e/{ticket.episode}",
        reviews=ticket.reviews,
        hand_backs=ticket.hand_backs,
        contract_violations=ticket.violations,
    )
    ticket.last_outcome = outcome
    handling.emit(outcome)


def amend_outcome(handling: Handling, verdict: Verdict | None, csat: Csat | None) -> None:
    """Tell the outcome of the episode that ended last again, with what came later."""
    ticket, outcome = handling.ticket, handling.ticket.last_outcome
    if outcome is None:
        return
    ticket.last_outcome = replace(
        outcome,
        verdict=verdict or outcome.verdict,
        csat=outcome.csat if csat is None else (*outcome.csat[1 - KNOWN_SCORES :], csat),
        revision=outcome.revision + 1,
    )
    handling.emit(ticket.last_outcome)
