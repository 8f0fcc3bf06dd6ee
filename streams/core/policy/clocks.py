"""How long people may take."""

from typing import Annotated

import msgspec

from streams.core.policy.duration import Duration
from streams.core.policy.section import Section
from streams.core.policy.values import ByChannel, CalendarByChannel


class Sla(Section, frozen=True):
    """Targets of the clocks in time of the calendars; routes and segments can have their own."""

    calendar: CalendarByChannel
    first_response: ByChannel
    next_response: ByChannel
    resolution: ByChannel
    warn_at: tuple[Annotated[int, msgspec.Meta(ge=1, le=99)], ...]


class Reviews(Section, frozen=True):
    """How long a review waits for the AI's draft, and for a person's word on it."""

    calendar: CalendarByChannel
    draft_within: Duration
    judged_within: ByChannel
