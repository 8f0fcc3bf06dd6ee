"""The page on clocks: every target with its calendar, and one escalation that waits."""

from collections.abc import Iterator
from datetime import UTC, datetime

from detectors.signals import Signal, Signals
from schemas.records import ConversationMessage, Millis, Role, SlaClock, SlaEvent
from streams.core.policy import Policy, default_policy
from streams.core.tickets import Arrival, Due, decide, sla

CHANNELS = ("chat", "email")
BEGAN = datetime(2026, 1, 9, 16, tzinfo=UTC)
"""A Friday, two hours before the office closes."""

INTRO = """\
A person's time runs in the open hours of a calendar: opening hours of each weekday by the wall
clock of a time zone, without public holidays and days of your own. Calendars and targets are in
[the policy](../streams/core/policy/default.yaml).

- `first_response`: from the handoff, or the moment a person takes over unasked, to the first public
  answer of a person. Accepting or being assigned does not stop it.
- `next_response`: from a customer's message on a person's ticket to the next public answer.
- `resolution`: from the handoff to the end of the ticket. Only this one stands still while the
  platform says `pending_on_customer`; the customer's next message lets it run on.

`support.sla` tells `activated`, `warned` at the policy's shares, `breached`, `paused`, `resumed`,
`met` (what was asked for is done, be it late) and `cancelled` (it is no longer asked for), each
with the time by the wall clock (`elapsed`) and by the calendar (`elapsed_business`), in
milliseconds. Every clock that is activated is met or cancelled in the end.

A route's own target goes before all. Else the channel's and the segment's are both reckoned, each
on its own calendar, and the one that is due earlier counts. Where a route asks for required skills,
the lead is called at the first warning and the on-call manager at the breach.

A clock that runs is never put off. A graver reason that joins is owed an answer as soon as a
handoff for it would be, also where whoever has taken the ticket keeps it. A move by people, and an
account that becomes known, bring the targets of the new queue or segment from that moment on, to a
clock that is paused as it runs on. Where
those are due earlier, the running clock is `cancelled` and another is `activated`, whose `elapsed`
still counts from when the first one began; where they are not, it runs on as it was promised. Where
nobody is there and it cannot wait, the engineer on call is paged for the new queue: by
`page_on_call` of the escalation, or by `on_call` in an update's `notify`.
"""


def clocks_page() -> str:
    """The page's text, without its title."""
    policy = default_policy()
    return (
        f"{INTRO}\n## Targets of the default policy\n\n"
        "Open time, and its calendar; the time zone of all three calendars is UTC.\n\n"
        f"{''.join(_targets(policy))}\n## An example\n\n"
        "An angry e-mail is handed over on a Friday at 16:00 to the office, which is open from "
        "08:00 to 18:00; nobody answers. Its time is used up on Monday.\n\n"
        f"{''.join(_example(policy))}"
    )


def _targets(policy: Policy) -> Iterator[str]:
    """A row for all routes and segments that have the same."""
    yield "| clock | route | segment | chat | e-mail |\n| --- | --- | --- | --- | --- |\n"
    for kind in SlaClock:
        routes: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for route in policy.routes:
            segments: dict[str, list[str]] = {}
            for segment in policy.segments:
                cells = [
                    " or ".join(
                        f"{_span(target)} {calendar}"
                        for target, calendar in sla.offers(policy, kind, route, segment, channel)
                    )
                    for channel in CHANNELS
                ]
                segments.setdefault(" | ".join(cells), []).append(segment.name)
            told = tuple((", ".join(names), offered) for offered, names in segments.items())
            routes.setdefault(told, []).append(route.name)
        for told, names in routes.items():
            for segment_names, offered in told:
                yield f"| `{kind}` | {', '.join(names)} | {segment_names} | {offered} |\n"


def _example(policy: Policy) -> Iterator[str]:
    yield "| at | clock | what | by the wall clock | by the calendar |\n"
    yield "| --- | --- | --- | --- | --- |\n"
    now = int(BEGAN.timestamp() * 1000)
    message = ConversationMessage("m1", "T1", Role.CUSTOMER, "Awful!", now, channel="email")
    step = decide(None, message, Signals(negative=Signal(0.9)), None, policy, _at(now))
    while True:
        for event in step.outputs:
            if isinstance(event, SlaEvent):
                yield _row(event)
        if step.state is None or (due := step.state.deadline) is None:
            return
        step = decide(step.state, Due("T1"), None, None, policy, _at(due))


def _at(now: Millis) -> Arrival:
    return Arrival(now, "support.conversations", 0)


def _row(event: SlaEvent) -> str:
    shown = f"{datetime.fromtimestamp(event.at / 1000, UTC):%a %H:%M}"
    what = event.kind if event.percent is None else f"{event.kind} at {event.percent} %"
    wall, business = _span(event.elapsed or 0), _span(event.elapsed_business or 0)
    return f"| {shown} | `{event.clock}` | {what} | {wall} | {business} |\n"


def _span(duration: int) -> str:
    minutes = duration // 60_000
    hours, rest = divmod(minutes, 60)
    return (
        " ".join(f"{count} {unit}" for count, unit in ((hours, "h"), (rest, "min")) if count) or "0"
    )
