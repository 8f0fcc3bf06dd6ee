"""A decision that is explained, as people read it in a terminal."""

from collections.abc import Iterator

from schemas.records import Mode
from streams.console.lines import clip, moment
from streams.core.explaining import COUNTED, Explanation, Fired, Near, figure

WIDTH = 90


def heading(ticket_id: str, told: list[Explanation]) -> str:
    """The ticket and what its decisions were made with."""
    policies = ", ".join(sorted({one.decision.used.policy for one in told}))
    noun = "decision" if len(told) == 1 else "decisions"
    return f"{_shown(ticket_id)}: {len(told)} {noun} under {policies}"


def lines_of(told: Explanation) -> Iterator[str]:
    """The decision, what it answers, and what follows from which signal."""
    decision = told.decision
    said = _shown(decision.subject_id) if told.said is None else f'"{_shown(told.said)}"'
    yield f"{moment(decision.decided_at)} {decision.cause:<8} {said}"
    route = "" if decision.route is None else f" to {decision.route}"
    mode = "" if decision.mode is Mode.ENFORCE else f", only recorded: mode {decision.mode}"
    yield _row(
        "decision",
        f"{decision.action}{route} (tier {decision.tier}{mode}), "
        f"category {decision.category}, segment {decision.used.segment}",
    )
    yield from (_row("fired", _fired(one, told.said)) for one in told.fired)
    yield from (_row("nearly", _near(one)) for one in told.near)
    yield from (_row("change", sentence) for sentence in told.changes)


def _shown(text: str) -> str:
    return clip(text, WIDTH)


def _row(label: str, text: str) -> str:
    return f"         {label:<8} {text}"


def _fired(one: Fired, said: str | None) -> str:
    name = one.code if one.sub_reason is None else f"{one.code} ({_shown(one.sub_reason)})"
    # Evidence that is the whole message is no quotation: the message stands above.
    quote = "" if one.quote in (None, said) else f': "{_shown(one.quote or "")}"'
    mode = "" if one.mode is Mode.ENFORCE else f", mode {one.mode}"
    return f"{name} {_measured(one)}{mode}{quote}"


def _near(one: Near) -> str:
    return f"{one.code} {_measured(one)}"


def _measured(one: Fired | Near) -> str:
    unit = next((f" {unit}" for code, unit in COUNTED.items() if code == one.code), "")
    return f"{figure(one.code, one.score)}{unit}, fires from {figure(one.code, one.threshold)}"
