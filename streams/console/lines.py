"""One readable line for each kind of record."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.text import Text

from schemas.records import (
    Action,
    Anomaly,
    ConversationMessage,
    DeadLetter,
    Decision,
    Escalation,
    EscalationUpdate,
    Millis,
    Reason,
    Record,
    ReviewRequest,
    SlaEvent,
    TicketUpdate,
)
from streams.reading import Seen

ACTION_STYLE = {
    Action.REPLY: "green",
    Action.REVIEW: "yellow",
    Action.COLLECT: "cyan",
    Action.HANDOFF: "bold red",
    Action.SILENT: "dim",
    Action.NONE: "dim",
}
TEXT_WIDTH = 70


def line_of(seen: Seen) -> Text:
    """A record as a line: time, what it is, and what matters of it."""
    head = f"[dim]{moment(seen.timestamp)}[/]"
    if seen.problem is not None:
        line = f"{head} [red]unreadable[/] {seen.topic} {escape(seen.problem)}"
    elif seen.record is None:
        line = f"{head} [dim]gone[/] {seen.topic} {escape(seen.key)}"
    else:
        line = f"{head} {_LINES.get(type(seen.record), _other)(seen.record)}"
    return Text.from_markup(printable(line))


def printable(text: str) -> str:
    """A text that cannot command a terminal: what is no printable character becomes a space."""
    return (
        text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
    )


def life_of(anomaly: Anomaly) -> str:
    """An anomaly from its first report on, as far as its latest record tells."""
    said = [
        f"anomaly {clip(anomaly.title)}: {anomaly.peak_accounts or anomaly.accounts} accounts",
        f"first report {moment(anomaly.since)}",
        f"opened {moment(anomaly.opened_at or anomaly.since)}",
        f"{anomaly.revision} records",
    ]
    if anomaly.resolved_at is not None:
        tickets, accounts = anomaly.touched
        told = f"{accounts} accounts and {tickets} tickets to be told"
        said.append(f"resolved {moment(anomaly.resolved_at)} with {told}")
    return ", ".join(said)


def moment(time: Millis) -> str:
    """The time of day in UTC."""
    return datetime.fromtimestamp(max(time, 0) / 1000, UTC).strftime("%H:%M:%S")


def minute(time: Millis) -> str:
    """The date and the minute in UTC, which the Z says."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")


def codes(reasons: tuple[Reason, ...]) -> str:
    """The reasons in words."""
    return ", ".join(map(_code, reasons)) or "-"


def _code(reason: Reason) -> str:
    return f"{reason.code}/{reason.sub_reason}" if reason.sub_reason else reason.code


def clip(text: str, width: int = TEXT_WIDTH) -> str:
    """The beginning of a text on one line, without anything that a terminal would obey."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _decision(record: Decision) -> str:
    style = ACTION_STYLE[record.action]
    why = f" because of {codes(record.reasons)}" if record.reasons else ""
    route = f" to {record.route}" if record.route else ""
    return (
        f"[{style}]{record.action:<7}[/] {escape(record.ticket_id)} #{record.sequence}"
        f" on {record.cause} {escape(record.subject_id)}{route}{why}"
    )


def _escalation(record: Escalation) -> str:
    issue = escape(clip(record.package.summary.issue))
    return (
        f"[bold red]escalation[/] {escape(record.ticket_id)} to [bold]{record.route}[/] "
        f"P{record.priority}: {codes(record.reasons)} [italic]{issue}[/]"
    )


def _escalation_update(record: EscalationUpdate) -> str:
    why = f": {codes(record.reasons)}" if record.reasons else ""
    return (
        f"[red]escalation {record.change}[/] {escape(record.ticket_id)} on {record.route} "
        f"revision {record.revision}{why}"
    )


def _review(record: ReviewRequest) -> str:
    return (
        f"[yellow]review[/] {escape(record.ticket_id)} on {record.route}: {codes(record.reasons)}"
        f" [italic]{escape(clip(record.question or record.draft_text or ''))}[/]"
    )


def _anomaly(record: Anomaly) -> str:
    part = f", part {record.part} of its list" if record.part > 1 else ""
    return (
        f"[bold magenta]anomaly {record.state}[/] {escape(clip(record.title))}: "
        f"{record.accounts} accounts since {moment(record.since)}{part}"
    )


def _dead_letter(record: DeadLetter) -> str:
    place = f"{record.topic}/{record.partition}/{record.offset}"
    return f"[red]dead letter[/] {place} {record.error_code}: {escape(clip(record.error))}"


def _message(record: ConversationMessage) -> str:
    return f"[cyan]{record.role:<8}[/] {escape(record.ticket_id)} {escape(clip(record.text))}"


def _update(record: TicketUpdate) -> str:
    return f"[cyan]update[/]   {escape(record.ticket_id)} {record.kind}"


def _sla(record: SlaEvent) -> str:
    return f"[blue]clock[/]    {escape(record.ticket_id)} {record.clock} {record.kind}"


def _other(record: Record) -> str:
    return f"{type(record).__name__} {escape(clip(str(record)))}"


_LINES: dict[type[Record], Callable[[Any], str]] = {
    Decision: _decision,
    Escalation: _escalation,
    EscalationUpdate: _escalation_update,
    ReviewRequest: _review,
    Anomaly: _anomaly,
    DeadLetter: _dead_letter,
    ConversationMessage: _message,
    TicketUpdate: _update,
    SlaEvent: _sla,
}
