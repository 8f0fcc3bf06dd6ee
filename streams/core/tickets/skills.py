"""Skills that a desk would like to have are given up while nobody takes the ticket; required ones
never are.
"""

from msgspec.structs import replace

from streams.core.policy.routes import Route
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Case
from streams.core.tickets.sla import calendar_of, hours_on


def armed(handling: Handling, case: Case, route: Route) -> Case:
    """The case with the time, in open hours, at which fewer skills are preferred; none once
    somebody has it.
    """
    steps = handling.policy.escalations.relax_preferred_after
    if case.owner_id is not None or not route.preferred_skills or case.relaxed >= len(steps):
        return replace(case, relax_at=None)
    if case.relax_at is not None:
        return case
    waits = steps[case.relaxed] - (steps[case.relaxed - 1] if case.relaxed else 0)
    calendar = calendar_of(handling.policy, route, handling.ticket.channel)
    relax_at = hours_on(handling.plan.calendars, calendar).add(handling.now, waits)
    return replace(case, relax_at=relax_at)


def preferred(handling: Handling, case: Case, route: Route) -> tuple[str, ...]:
    """The skills that are still preferred: fewer with each step, the last named go first."""
    steps = len(handling.policy.escalations.relax_preferred_after)
    kept = max(0, steps - case.relaxed) * len(route.preferred_skills)
    return route.preferred_skills[: -(-kept // steps) if steps else len(route.preferred_skills)]
