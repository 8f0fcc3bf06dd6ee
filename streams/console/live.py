"""The live view: what the AI answers, what people have, and why."""

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.records import Anomaly, Escalation
from streams.console.lines import clip, codes, moment, printable
from streams.console.tally import Tally

OWNERS = {
    "ai": ("AI answers", "green"),
    "review": ("draft waits", "yellow"),
    "person": ("person has it", "red"),
    "closed": ("closed", "dim"),
}


def screen(tally: Tally, clock: str, note: str) -> Layout:
    """The whole screen."""
    layout = Layout()
    layout.split_column(
        Layout(_headline(tally, clock), size=3),
        Layout(name="middle", size=9),
        Layout(_escalations(list(tally.latest)), name="escalations"),
        Layout(_anomalies(list(tally.anomalies.values())), size=7),
        Layout(Text(note, style="dim"), size=1),
    )
    layout["middle"].split_row(_tickets(tally), _reasons(tally), _routes(tally))
    return layout


def _headline(tally: Tally, clock: str) -> RenderableType:
    p50, p99 = tally.latencies.percentile(0.5), tally.latencies.percentile(0.99)
    waiting = "-" if p50 is None or p99 is None else f"{p50:.0f} ms (99 %: {p99:.0f} ms)"
    text = Text.assemble(
        ("Baton ", "bold"),
        (f"{clock}  ", "dim"),
        (f"{tally.message_rate.per_second():.0f} messages/s  ", "bold cyan"),
        (f"{tally.decision_rate.per_second():.0f} decisions/s  ", "bold cyan"),
        ("decided in ", "dim"),
        (waiting, "bold"),
    )
    return Panel(text, border_style="cyan")


def _tickets(tally: Tally) -> RenderableType:
    owners = tally.by_owner()
    total = max(1, owners.total())
    table = Table.grid(padding=(0, 1))
    for owner, (words, style) in OWNERS.items():
        count = owners[owner]
        table.add_row(words, Text(str(count), justify="right"), _bar(count / total, style))
    table.add_row("")
    table.add_row("decisions", str(tally.decisions), _tiers(tally))
    return Panel(table, title="tickets", border_style="green")


def _tiers(tally: Tally) -> Text:
    return Text(f"tier 0/1/2: {tally.tiers[0]}/{tally.tiers[1]}/{tally.tiers[2]}", style="dim")


def _bar(share: float, style: str, width: int = 12) -> Text:
    return Text("█" * round(share * width), style=style)


def _reasons(tally: Tally) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for code, count in tally.reasons.most_common(7):
        table.add_row(code, Text(str(count), justify="right"))
    return Panel(table, title="why people were called", border_style="yellow")


def _routes(tally: Tally) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for route, count in tally.escalations.most_common(6):
        table.add_row(route, Text(str(count), justify="right"))
    table.add_row("drafts to review", str(tally.reviews), style="yellow")
    if tally.dead_letters:
        table.add_row("dead letters", str(tally.dead_letters), style="red")
    return Panel(table, title="escalations by route", border_style="red")


def _escalations(latest: list[Escalation]) -> RenderableType:
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    for title, width in (("at", 8), ("ticket", 14), ("route", 10), ("P", 1), ("why", 28)):
        table.add_column(title, width=width, no_wrap=True, overflow="ellipsis")
    table.add_column("what the customer says", no_wrap=True, overflow="ellipsis", ratio=1)
    for item in latest:
        table.add_row(
            moment(item.created_at),
            escape(printable(item.ticket_id)),
            item.route,
            str(item.priority),
            codes(item.reasons),
            escape(clip(item.package.summary.issue, 120)),
        )
    return Panel(table, title="latest escalations", border_style="red")


def _anomalies(anomalies: list[Anomaly]) -> RenderableType:
    if not anomalies:
        quiet = Text("no problem is reported by unusually many accounts", style="dim")
        return Panel(quiet, title="anomalies", border_style="magenta")
    lines = [_anomaly(item) for item in anomalies[-5:]]
    return Panel(Group(*lines), title="anomalies", border_style="bold magenta")


def _anomaly(item: Anomaly) -> Text:
    return Text.assemble(
        (f"{item.state:<8} ", "bold magenta"),
        (clip(item.title, 60), "bold"),
        f"  {item.peak_accounts or item.accounts} accounts since {moment(item.since)}, ",
        f"{item.expected:.2f} expected",
    )
