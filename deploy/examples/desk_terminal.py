"""The example desk in a terminal.

    python -m deploy.examples.desk_terminal --route billing --me ann

`help` lists the commands, an empty line shows what is open. Commands can also come from a file:
`... --me ann < commands`. There `wait SECONDS` lets time pass.
"""

import argparse
import cmd
import os
import sys
import time

from confluent_kafka import KafkaException
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.examples.desk import Desk, Refused
from deploy.examples.wire import NoTopic, Wire, now
from schemas.records import DraftOutcome, Escalation, Reason, Verdict

UNITS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000))


def time_left(due: int) -> str:
    """How many milliseconds are left, as people say it; of what is over, since when."""
    long = abs(due)
    # Two and more of a unit: 90 minutes are told better as 90 than as one hour.
    name, unit = next((one for one in UNITS if long >= 2 * one[1]), UNITS[-1])
    return f"{long // unit} {name}" if due >= 0 else f"{long // unit} {name} over"


def queue_of(desk: Desk) -> Group:
    """What is open on the route, most pressing first, and the drafts that wait."""
    table = Table("ticket", "priority", "why", "due", "owner", title=f"open on {desk.route}")
    for case in sorted(desk.open.values(), key=lambda one: (one.priority, one.opened_at)):
        due = min((clock.due_at for clock in case.due), default=None)
        left = "" if due is None else time_left(due - now())
        why = ", ".join(case.reason_codes)
        owner = _text(case.owner_id or "")
        table.add_row(_text(case.ticket_id), str(case.priority), why, left, owner)
    drafts = Table("review", "draft", "confidence", "why", title="drafts to check")
    for review in desk.reviews.values():
        sure = "" if review.confidence is None else f"{review.confidence:.0%}"
        drafts.add_row(
            _text(review.review_id), _text(review.draft_text or ""), sure, _why(review.reasons)
        )
    return Group(table, drafts)


def package_of(desk: Desk, escalation: Escalation) -> Panel:
    """The handoff package, in the order a person reads: why, what, what is known, the words."""
    package, facts = escalation.package, Table.grid(padding=(0, 2))
    summary, account = package.summary, package.account
    facts.add_row("why", _why(escalation.reasons))
    facts.add_row("issue", _text(summary.issue))
    for attempt in summary.attempts:
        facts.add_row("the AI tried", _text(f"{attempt.text} ({attempt.outcome})"))
    given = ", ".join(f"{item.kind.replace('_', ' ')} {item.value}" for item in summary.given)
    facts.add_row("given already", _text(given or "nothing"))
    facts.add_row("still asked", _text(summary.asked or "nothing"))
    if account is not None:
        name, tier = account.name or account.account_id, account.tier or "no tier"
        facts.add_row("account", _text(f"{name}, {tier}{', VIP' if account.vip else ''}"))
    for section in package.context:
        fields = ", ".join(f"{name} {value}" for name, value in section.fields.items())
        facts.add_row(_text(section.source), _text(fields))
    if package.anomaly is not None:
        facts.add_row("incident", _text(package.anomaly.title))
    for change in desk.changes.get(escalation.escalation_id, ()):
        told = change.note or _why(change.reasons) or change.owner_id or ""
        facts.add_row(f"since then: {change.change}", _text(told))
    gaps = [f"{one.part} ({one.state})" for one in package.parts if one.state != "present"]
    facts.add_row("not sure", ", ".join(gaps) or "nothing")
    words = Table.grid(padding=(0, 2))
    for line in package.transcript:
        words.add_row(str(line.role), _text(line.text))
    known = {line.message_id for line in package.transcript}
    for said in desk.talk.get(escalation.ticket_id, ()):
        if said.sent_at >= escalation.created_at and said.message_id not in known:
            words.add_row(str(said.role), _text(said.text))
    title = _text(f"{escalation.ticket_id} on {escalation.route}, {escalation.segment}")
    return Panel(Group(facts, "", words), title=title)


def _text(said: str) -> Text:
    """What others wrote, without anything that a terminal would obey."""
    return Text("".join(one if one.isprintable() or one == "\n" else " " for one in said))


def _why(reasons: tuple[Reason, ...]) -> str:
    return ", ".join(f"{one.code} {one.score:.2f}" for one in reasons)


class Terminal(cmd.Cmd):
    """One command a line. What the desk refuses is told and changes nothing."""

    prompt = "> "
    intro = "help lists the commands, an empty line shows what is open."

    def __init__(self, desk: Desk, console: Console) -> None:
        super().__init__()
        self._desk, self._console = desk, console

    def onecmd(self, line: str) -> bool:
        """Take in what is new, then do what was said."""
        self._desk.poll()
        try:
            return super().onecmd(line)
        except (Refused, ValueError) as error:
            self._console.print(Text(str(error)))
            return False

    def emptyline(self) -> bool:
        """Show what is open."""
        self._console.print(queue_of(self._desk))
        return False

    def do_list(self, _rest: str) -> None:
        """`list`: what is open, and the drafts that wait."""
        self.emptyline()

    def do_show(self, rest: str) -> None:
        """`show TICKET`: everything known of it."""
        package = self._desk.package(rest)
        self._console.print("not here yet" if package is None else package_of(self._desk, package))

    def do_accept(self, rest: str) -> None:
        """`accept TICKET`: it is mine, if nobody was faster."""
        self._desk.accept(rest)

    def do_decline(self, rest: str) -> None:
        """`decline TICKET [REASON]`: others may take it."""
        self._desk.decline(*_words(rest, 1))

    def do_transfer(self, rest: str) -> None:
        """`transfer TICKET ROUTE [REASON]`: it belongs on another queue."""
        self._desk.transfer(*_words(rest, 2, least=2))

    def do_reply(self, rest: str) -> None:
        """`reply TICKET TEXT`: answer the customer."""
        self._desk.reply(*_words(rest, 1, least=2))

    def do_back(self, rest: str) -> None:
        """`back TICKET INSTRUCTIONS`: the AI goes on."""
        self._desk.hand_back(*_words(rest, 1, least=2))

    def do_resolve(self, rest: str) -> None:
        """`resolve TICKET [HOW]`: it is done."""
        self._desk.resolve(*_words(rest, 1))

    def do_approve(self, rest: str) -> None:
        """`approve REVIEW`: the draft goes out."""
        self._desk.review(rest, DraftOutcome.APPROVED)

    def do_edit(self, rest: str) -> None:
        """`edit REVIEW TEXT`: this goes out instead."""
        review_id, text = _words(rest, 1, least=2)
        self._desk.review(review_id, DraftOutcome.EDITED, text)

    def do_reject(self, rest: str) -> None:
        """`reject REVIEW`: the draft is no good, a person takes over."""
        self._desk.review(rest, DraftOutcome.REJECTED)

    def do_verdict(self, rest: str) -> None:
        """`verdict TICKET needed|unneeded [late]`: whether a person was needed, and sooner."""
        ticket_id, said, late = (*rest.split(), "", "", "")[:3]
        if said not in {"needed", "unneeded"} or late not in {"late", ""}:
            raise ValueError("verdict TICKET needed|unneeded [late]")
        self._desk.judge(ticket_id, Verdict(needed=said == "needed", late=late == "late"))

    def do_wait(self, rest: str) -> None:
        """`wait SECONDS`: take in what comes."""
        limit = time.monotonic() + float(rest)
        while time.monotonic() < limit:
            self._desk.poll()

    def do_quit(self, _rest: str) -> bool:
        """`quit`: leave; what is open stays open."""
        return True

    do_EOF = do_quit  # noqa: N815  cmd's name for the end of the input


def _words(rest: str, parts: int, least: int = 1) -> list[str]:
    words = rest.split(maxsplit=parts)
    if len(words) < least:
        raise ValueError("something is missing: `help` and the command's name show what")
    return words


def main() -> None:
    """Catch up with what is open, then do what is typed."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ask.add_argument("--bootstrap", default=os.environ.get("BATON_BOOTSTRAP_SERVERS"))
    ask.add_argument("--prefix", default=os.environ.get("BATON_TOPIC_PREFIX", ""))
    ask.add_argument("--route", default="general")
    ask.add_argument("--me", required=True, help="who writes")
    options = ask.parse_args()
    bootstrap, topics = options.bootstrap or "127.0.0.1:9092", Desk.topics(options.route)
    with Wire(bootstrap, topics, from_start=True, prefix=options.prefix) as wire:
        desk = Desk(wire, options.route, options.me)
        while not wire.caught_up:
            desk.poll()
        Terminal(desk, Console()).cmdloop()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except NoTopic as error:
        sys.exit(str(error))
    except KafkaException as error:
        sys.exit(f"{error.args[0].str()}: is a broker running, and is this its address?")
