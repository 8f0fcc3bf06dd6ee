"""What joins an open escalation or moves it: its queue, its clocks and who is called follow."""

from typing import Final, NamedTuple

from msgspec.structs import replace

from schemas.records import EscalationChange, Reason, Role, SlaClock
from streams.core.policy.limits import DISPUTE
from streams.core.policy.routes import Route
from streams.core.reasons import PASS_COOL_DOWN
from streams.core.routing import consulted, place_of, route_named
from streams.core.tickets import cases, clocks
from streams.core.tickets.assess import Found
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Case
from streams.core.tickets.staffing import pages_on_call

ON_CALL: Final = "on_call"
"""Who is called where nobody is there, and it cannot wait for them."""


GENERAL: Final = "general"
"""The category of what is about nothing in particular."""


class Joining(NamedTuple):
    """What joins an escalation: reasons that are new, the queue that all of them lead to if it goes
    before the present one, how pressing it is, and whether the engineer on call is paged.
    """

    reasons: tuple[Reason, ...]
    graver: Route | None
    priority: int
    pages: bool


def joining(handling: Handling, found: Found) -> Joining | None:
    """What will join the open escalation, None when nothing does; to be asked before the decision,
    which names how the queue stands. The same reasons join again only after the cool-down, but for
    a matter of money that is contested now.
    """
    ticket, case = handling.ticket, handling.ticket.case
    if case is None or not found.reasons:
        return None
    known = {reason.code for reason in ticket.reasons}
    contested = any(reason.sub_reason == DISPUTE for reason in ticket.reasons)
    new = tuple(
        reason
        for reason in found.reasons
        if reason.code not in known or (reason.sub_reason == DISPUTE and not contested)
    )
    cooled = handling.now >= case.signalled_at + handling.policy.escalations.cool_down
    if not (new or cooled or found.codes() & PASS_COOL_DOWN):
        return None
    if not new:
        return Joining((), None, case.priority, pages=False)
    wanted, priority = _place(handling, case, new)
    graver = wanted if _goes_before(handling, wanted, case) else None
    codes = known | found.codes()
    route = graver or route_named(handling.policy, case.route)
    asks = graver is not None or not case.paged
    priority = min(case.priority, priority)
    return Joining(new, graver, priority, pages=asks and pages_on_call(handling, route, codes))


def _place(handling: Handling, case: Case, new: tuple[Reason, ...]) -> tuple[Route, int]:
    """Where all that has fired belongs. Once people have moved it, what they knew then leads
    nowhere any more.
    """
    policy, ticket = handling.policy, handling.ticket
    if case.moves:
        return place_of(policy, new, GENERAL)
    return place_of(policy, ticket.reasons + new, ticket.category)


def _goes_before(handling: Handling, route: Route, case: Case) -> bool:
    """Whether a queue goes before the one where the escalation lies, in the policy's order."""
    order = [one.name for one in handling.policy.routes]
    return case.route in order and order.index(route.name) < order.index(case.route)


def join(handling: Handling, found: Found, joins: Joining) -> None:
    """Later reasons join the open escalation.

    While nobody has taken it, a reason whose queue goes before the present one moves it there;
    whoever has taken it keeps it, and the lead is called. Either way it is owed an answer as soon
    as a handoff for that reason would be.
    """
    ticket, case = handling.ticket, handling.ticket.case
    if case is None:
        return
    new = {reason.code for reason in joins.reasons}
    standing = tuple(reason for reason in ticket.reasons if reason.code not in new)
    ticket.reasons = standing + joins.reasons
    moves = joins.graver is not None and case.owner_id is None
    if joins.graver is not None:
        if ticket.clock is None and ticket.last_word is Role.CUSTOMER:
            route = route_named(handling.policy, case.route)
            clocks.start_graver(handling, route, joins.graver)
        clocks.hasten(handling, joins.graver, SlaClock.FIRST_RESPONSE)
    called = {cases.LEAD: joins.graver is not None, ON_CALL: joins.pages}
    notify = () if moves else tuple(who for who, is_called in called.items() if is_called)
    case = replace(
        case,
        signalled_at=handling.now,
        priority=cases.pressing(handling, joins.priority),
        paged=case.paged or joins.pages,
    )
    cases.change(
        handling,
        case,
        EscalationChange.SIGNALS,
        reasons=found.reasons,
        notify=notify,
        consult=consulted(handling.policy, joins.reasons),
    )
    if joins.graver is not None and moves and ticket.case is not None:
        _lay(handling, ticket.case, joins.graver, None, moves=case.moves, pages=joins.pages)


def destination(handling: Handling, case: Case, name: str | None) -> Route:
    """Where a move leads: after the policy's number of moves, and for a queue nobody knows, to the
    lead's.
    """
    rules = handling.policy.escalations
    wanted = rules.lead_route if case.moves >= rules.max_moves else name or rules.lead_route
    return route_named(handling.policy, wanted)


def move(handling: Handling, case: Case, route: Route, note: str | None, *, pages: bool) -> None:
    """To another queue: the old one is told, the new one gets the whole escalation."""
    if route.name == case.route:
        free = replace(case, owner_id=None)
        cases.change(handling, free, EscalationChange.REOPENED, note=note)
        return
    clocks.hasten(handling, route)
    _lay(handling, case, route, note, moves=case.moves + 1, pages=pages)


def _lay(
    handling: Handling, case: Case, route: Route, note: str | None, *, moves: int, pages: bool
) -> None:
    moved = replace(
        case,
        route=route.name,
        priority=min(case.priority, route.priority),
        owner_id=None,
        moves=moves,
        placed=case.revision + 1,
        relaxed=0,
        relax_at=None,
        paged=pages,
    )
    handling.ticket.route = route.name
    due = cases.change(
        handling, moved, EscalationChange.MOVED, previous_route=case.route, note=note
    )
    handling.handoff = cases.handoff(handling, moved.placed, route, None, due, page_on_call=pages)


def pages_for_account(handling: Handling) -> bool:
    """Whether an account that is known by now has the engineer on call paged for what nobody has
    taken; to be asked before the decision.
    """
    ticket, case = handling.ticket, handling.ticket.case
    if case is None or case.paged or case.owner_id is not None or ticket.human_replied_at:
        return False
    return pages_on_call(handling, route_named(handling.policy, case.route), frozenset())


def follow_account(handling: Handling, *, pages: bool) -> None:
    """More is known of the account: its segment may promise an earlier answer."""
    case = handling.ticket.case
    if case is None:
        return
    clocks.hasten(handling, route_named(handling.policy, case.route))
    if handling.handoff is None:  # else its package has it all
        case = replace(case, paged=case.paged or pages)
        cases.change(handling, case, EscalationChange.PACKAGE, notify=(ON_CALL,) if pages else ())
