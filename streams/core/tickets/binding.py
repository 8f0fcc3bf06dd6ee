"""Which of the reasons that fired bind, which only advise, and which are only recorded."""

from typing import NamedTuple

from msgspec.structs import replace

from schemas.records import Mode, Reason
from streams.core.policy.binding import ALWAYS_BIND, Bindings, share_of
from streams.core.routing import place_of
from streams.core.tickets.handling import Handling


class Divided(NamedTuple):
    """Reasons by how far they bind."""

    enforced: tuple[Reason, ...]
    advised: tuple[Reason, ...]
    shadowed: tuple[Reason, ...]


def divided(handling: Handling, reasons: tuple[Reason, ...]) -> Divided:
    """Hold every reason against the modes of its trigger and segment, then all against the route's.

    The route is the one that the reasons which still bind lead to.
    """
    policy, segment = handling.policy, handling.segment.name
    bindings = Bindings(policy.mode, policy.modes, share_of(handling.ticket.ticket_id))
    reasons = tuple(
        reason
        if reason.code in ALWAYS_BIND
        else replace(reason, mode=bindings.of_reason(reason.code, segment))
        for reason in reasons
    )
    binding = _of(reasons, Mode.ENFORCE)
    route, _ = place_of(policy, binding, handling.ticket.category)
    if binding and (mode := bindings.of_route(route.name)) is not Mode.ENFORCE:
        reasons = tuple(_weakened(reason, mode) for reason in reasons)
    return Divided(*(_of(reasons, mode) for mode in (Mode.ENFORCE, Mode.ADVISE, Mode.SHADOW)))


def _weakened(reason: Reason, mode: Mode) -> Reason:
    binds = reason.mode is Mode.ENFORCE and reason.code not in ALWAYS_BIND
    return replace(reason, mode=mode) if binds else reason


def _of(reasons: tuple[Reason, ...], mode: Mode) -> tuple[Reason, ...]:
    return tuple(reason for reason in reasons if reason.mode is mode)
