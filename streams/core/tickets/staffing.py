"""Who is there: what follows when a queue is closed, empty or overloaded."""

from collections.abc import Set
from typing import Final

from msgspec.structs import replace

from schemas.records import CustomerNotice, Reason, RouteStatus
from streams.core.calendars import DAY, MINUTE
from streams.core.policy.routes import Route
from streams.core.reasons import Code
from streams.core.routing import place_of
from streams.core.tickets.assess import Found, strictest
from streams.core.tickets.handling import Handling
from streams.core.tickets.sla import calendar_of, hours_on

PAGES: Final = frozenset((Code.SAFETY, Code.SECURITY))
"""On-call is paged for these when nobody is there, whatever the policy."""

RELIEVED: Final = frozenset((Code.SENTIMENT_DROP, Code.AI_LOOP, Code.HIGH_STAKES_ACCOUNT))
"""What may need less of people while their queue is overloaded."""

BELIEVED: Final = DAY
"""For how long a queue is open because its desk has said so: one that is silent since may be gone,
and then nobody would be called.
"""
LOADED: Final = 60 * MINUTE
"""For how long a queue is too long because its desk has said so."""


def status_of(handling: Handling, route: Route) -> RouteStatus | None:
    """The queue's latest status, which the decision then names as used."""
    status = handling.statuses(route.name)
    if status is not None and status.open and status.updated_at < handling.now - BELIEVED:
        status = None
    handling.status = status
    return status


def is_shut(handling: Handling, route: Route) -> bool:
    """Closed or empty by the queue's status; by its calendar where none is known."""
    return _is_shut(handling, route, status_of(handling, route))


def _is_shut(handling: Handling, route: Route, status: RouteStatus | None) -> bool:
    if status is not None:
        return not status.open or status.agents_available == 0
    calendar = calendar_of(handling.policy, route, handling.ticket.channel)
    return not hours_on(handling.plan.calendars, calendar).is_open(handling.now)


def pages_on_call(handling: Handling, route: Route, codes: Set[str]) -> bool:
    """Whether the engineer on call is paged: nobody is there, and it cannot wait for them."""
    urgent = handling.segment.page_on_call or not PAGES.isdisjoint(codes)
    return urgent and is_shut(handling, route)


def notice(handling: Handling, route: Route, *, paged: bool) -> CustomerNotice:
    """What the customer is told at a handoff: when nobody comes, until when, and a callback."""
    account, status = handling.account, status_of(handling, route)
    known = handling.ticket.spoken or (None if account is None else account.language)
    language = known or handling.policy.language
    wait = None if status is None else status.expected_wait
    if paged or not _is_shut(handling, route, status):
        return CustomerNotice(route.notice, language, wait)
    return CustomerNotice(
        route.notice_closed, language, wait, _next_opening(handling, route, status), callback=True
    )


def _next_opening(handling: Handling, route: Route, status: RouteStatus | None) -> int | None:
    told = None if status is None else status.next_opening_at
    if told is not None and told > handling.now:
        return told
    calendar = calendar_of(handling.policy, route, handling.ticket.channel)
    opening = hours_on(handling.plan.calendars, calendar).next_opening(handling.now)
    return opening if opening > handling.now else None


def relieved(handling: Handling, found: Found) -> Found:
    """What was found, with the tiers that the policy allows while the queue is overloaded.

    Only a fall in mood, an AI that turns in circles and a high-stakes account alone can need less
    of people then; everything else stays as it is.
    """
    if found.codes().isdisjoint(RELIEVED):
        return found
    reasons = tuple([_relieved(handling, reason) for reason in found.reasons])
    if reasons == found.reasons or not _overloaded(handling, found):
        return found
    return replace(found, reasons=reasons, tier=strictest(reasons))


def _relieved(handling: Handling, reason: Reason) -> Reason:
    rules = handling.policy.overload
    if reason.code == Code.SENTIMENT_DROP:
        return replace(reason, tier=min(reason.tier, rules.sentiment_drop))
    if reason.code == Code.AI_LOOP:
        return replace(reason, tier=min(reason.tier, rules.ai_loop))
    if reason.code == Code.HIGH_STAKES_ACCOUNT and reason.tier == 1:
        return replace(reason, tier=rules.high_stakes_account)
    return reason


def _overloaded(handling: Handling, found: Found) -> bool:
    route, _ = place_of(handling.policy, found.reasons, handling.ticket.category)
    status = status_of(handling, route)
    if status is not None and status.updated_at < handling.now - LOADED:
        status = None
    handling.weighed = status
    if status is None or status.queue_depth is None or status.queue_target is None:
        return False
    return status.queue_depth > handling.policy.overload.queue_over * status.queue_target
