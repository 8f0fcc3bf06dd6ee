"""A day in the life: hundreds of tickets through worker, example platform and example desks.

    python -m tests.integration.day [--tickets 560] [--policy FILE] [--out build/day]

runs on a real Kafka of its own, prints the share per tier, action and reason, and writes a sample
of the escalations to read. Customers write as soon as they are answered, so what only time brings
about (a chat open for 15 minutes) does not happen. The AI is a stand-in: it says what the
conversation's author made it say, else asks on, and doubts one answer in twenty. In the end
`baton replay` decides it all again, and has to decide the same.
"""

import argparse
import itertools
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.examples.chat import Answer, Chat
from deploy.examples.chat_platform import Platform
from deploy.examples.desk import Desk
from schemas.records import (
    Cause,
    DeadLetter,
    Decision,
    DraftOutcome,
    Escalation,
    OpenEscalation,
    Record,
    Role,
    Verdict,
)
from schemas.topics import route_topic
from streams.policies.local import policy_of, route_names
from streams.settings import Settings
from tests.integration.floor import PARTITIONS, Floor
from tests.integration.recorded import differing, replayed
from tests.integration.talks import CORPUS, Talk, accounts, talks
from tests.kafka import running_kafka

AT_ONCE = 40
QUESTIONS = (
    "Thank you. May I have your full name and, if you have one, your booking or order number?",
    "Thanks. Could you tell me a little more about what you need?",
    "Noted. Which date or item is this about?",
    "All right, I have that. Shall I go ahead?",
    "That is done. Is there anything else I can do for you?",
)


class Ai:
    """The stand-in AI. The same conversation always gets the same answers."""

    def __init__(self, known: Iterable[Talk]) -> None:
        self._answers = {talk.name: talk.answers for talk in known}

    def __call__(self, chat: Chat) -> Answer:
        """The author's words for this turn, else a question."""
        answers = self._answers[chat.ticket_id]
        turn = sum(line.role is Role.CUSTOMER for line in chat.lines) - 1
        text = answers[turn] if turn < len(answers) else QUESTIONS[turn % len(QUESTIONS)]
        chance = _chance(f"{chat.ticket_id}/{turn}")
        return Answer(text, 0.3 if chance < 0.05 else 0.6 + 0.39 * chance)


class Person:
    """Who works at a desk: takes what is free, answers, checks drafts, ends what is done."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._asked, self._judged = desk, set[str](), set[str]()
        self._back = set[str]()

    def work(self, done: set[str]) -> None:
        """Everything that there is to do now. `done` are tickets whose customer has no more."""
        desk = self._desk
        desk.poll(0)
        for review_id, review in list(desk.reviews.items()):
            if review.draft_id not in self._judged:
                self._judged.add(review.draft_id or "")
                self._judge(review_id)
        for ticket_id, case in list(desk.open.items()):
            if case.owner_id is None and case.escalation_id not in self._asked:
                self._asked.add(case.escalation_id)
                desk.accept(ticket_id)
            elif case.owner_id == desk.me:
                self._answer(case, done)

    @property
    def busy(self) -> bool:
        """Whether something of theirs is still open."""
        return any(case.owner_id == self._desk.me for case in self._desk.open.values())

    def _judge(self, review_id: str) -> None:
        chance = _chance(review_id)
        if chance < 0.7:
            self._desk.review(review_id, DraftOutcome.APPROVED)
        elif chance < 0.9:
            self._desk.review(
                review_id, DraftOutcome.EDITED, "I have checked it: it is as you say."
            )
        else:
            self._desk.review(review_id, DraftOutcome.REJECTED)

    def _answer(self, case: OpenEscalation, done: set[str]) -> None:
        desk, ticket_id = self._desk, case.ticket_id
        lines = [one for one in desk.talk.get(ticket_id, ()) if one.role is not Role.SYSTEM]
        package = desk.package(ticket_id)
        if package is None or case.escalation_id in self._back:
            return
        if not lines or lines[-1].role is not Role.HUMAN:
            desk.reply(ticket_id, "I have read all of it and take care of it now.")
        elif ticket_id in done:
            desk.judge(ticket_id, Verdict(needed=True, late=False))
            desk.resolve(ticket_id, "answered")
            self._back.add(case.escalation_id)
        elif _chance(case.escalation_id) < 0.1:
            self._back.add(case.escalation_id)
            desk.hand_back(ticket_id, "It is settled; go on with the rest.")


def live(
    platform: Platform, people: Sequence[Person], day: Sequence[Talk], longest: float = 1_800
) -> None:
    """Let every customer say their lines, each once the last was answered; `longest` is seconds."""
    coming, here, done = iter(day), dict[str, tuple[Talk, int]](), set[str]()
    limit = time.monotonic() + longest
    while len(done) < len(day) or any(person.busy for person in people):
        assert time.monotonic() < limit, sorted(here.keys() - done)
        for talk in itertools.islice(coming, AT_ONCE - len(here)):
            here[talk.name] = (talk, 0)
        for name, (talk, turn) in list(here.items()):
            chat = platform.chats.get(name)
            if chat is not None and (chat.asked is not None or chat.draft is not None):
                continue
            if turn < len(talk.said):
                platform.customer_says(name, talk.said[turn].text, **talk.said[turn].details)
                here[name] = (talk, turn + 1)
            else:
                done.add(name)
                del here[name]
        platform.poll(0.02)
        for person in people:
            person.work(done)


def report(day: Sequence[Talk], decisions: Sequence[Decision], routes: Counter[str]) -> Table:
    """Shares by source: the strictest tier of a ticket, actions on messages, reasons of tickets."""
    source = {talk.name: talk.source for talk in day}
    names = sorted(set(source.values()))
    sizes = Counter(source.values())
    tiers, reasons, actions, asked = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    strictest: dict[str, int] = {}
    codes: dict[str, set[str]] = {}
    for one in decisions:
        strictest[one.ticket_id] = max(strictest.get(one.ticket_id, 0), one.tier)
        codes.setdefault(one.ticket_id, set()).update(
            reason.code for reason in one.reasons if reason.tier
        )
        if one.cause is Cause.MESSAGE:
            asked[source[one.ticket_id]] += 1
            actions[f"{source[one.ticket_id]}/{one.action}"] += 1
    for ticket_id, tier in strictest.items():
        tiers[f"{source[ticket_id]}/{tier}"] += 1
        reasons.update(f"{source[ticket_id]}/{code}" for code in codes[ticket_id])
    table = Table("", *(f"{name} ({sizes[name]})" for name in names), "all")

    def rows(title: str, counts: Counter[str], of: Counter[str]) -> None:
        table.add_section()
        for label in sorted({key.partition("/")[2] for key in counts}):
            found = [counts[f"{name}/{label}"] for name in names]
            shares = [f"{n} ({n / of[name]:.1%})" for n, name in zip(found, names, strict=True)]
            table.add_row(f"{title} {label}", *shares, f"{sum(found) / sum(of.values()):.1%}")

    rows("tier", tiers, sizes)
    rows("message:", actions, asked)
    rows("ticket:", reasons, sizes)
    table.caption = "escalations: " + ", ".join(f"{name} {n}" for name, n in routes.most_common())
    return table


def sample(escalations: Sequence[Escalation], most: int) -> list[Escalation]:
    """Evenly spread over all of them."""
    step = max(1, len(escalations) / most)
    return [escalations[int(number * step)] for number in range(min(most, len(escalations)))]


def lived(floor: Floor, day: Sequence[Talk], routes: Sequence[str], policy: Path | None) -> float:
    """Live a day with a worker, the platform and a desk a route; the seconds it took."""
    with floor.worker(policy=policy):
        started = time.monotonic()
        crm = floor.wire("support.accounts", from_start=False)
        for profile in accounts():
            crm.send(profile)
        people = [Person(floor.desk(route, f"{route}-desk")) for route in routes]
        live(floor.platform(Ai(day), patience=60.0), people, day)
        return time.monotonic() - started


def main() -> int:
    """Live a day and tell of it."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ask.add_argument("--tickets", type=int, default=560)
    ask.add_argument("--corpus", type=Path, default=CORPUS)
    ask.add_argument("--policy", type=Path, help="a policy file; without one, the default")
    ask.add_argument("--out", type=Path, default=Path("build/day"))
    options = ask.parse_args()
    day = talks(options.tickets, options.corpus)
    policy = "" if options.policy is None else str(options.policy)
    routes = route_names(policy_of(Settings(policy=policy)))
    with (
        tempfile.TemporaryDirectory() as name,
        running_kafka(Path(name) / "kafka") as bootstrap,
        Floor(bootstrap, "day", Path(name), routes) as floor,
    ):
        seconds = lived(floor, day, routes, options.policy)
        decisions = [one for one in floor.read("support.decisions") if isinstance(one, Decision)]
        named = {} if options.policy is None else {"BATON_POLICY": str(options.policy)}
        again = replayed(floor.connection, Path(name), PARTITIONS, floor.variables | named)
        found: list[Record] = [one for route in routes for one in floor.read(route_topic(route))]
        letters = [one for one in floor.read("support.dead-letters") if isinstance(one, DeadLetter)]
    escalations = [one for one in found if isinstance(one, Escalation)]
    console = Console(width=100)
    console.print(report(day, decisions, Counter(one.route for one in escalations)))
    violations = sum(one.contract_violation for one in decisions)
    console.print(
        f"{len(day)} tickets, {len(decisions)} decisions, {len(escalations)} escalations in "
        f"{seconds:.0f} s; {violations} contract violations, {len(letters)} dead letters, "
        f"{len(different := differing(decisions, again))} decisions not as a replay decides them"
    )
    for letter in letters[:5]:
        console.print(Text(f"dead letter: {letter.error_code} {letter.error}"))
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "escalations.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in sample(escalations, 100)))
    console.print(f"to read: {file}")
    return 1 if violations or letters or different else 0


def _chance(text: str) -> float:
    """Always the same for a text, spread evenly over 0-1."""
    return zlib.crc32(text.encode()) / 2**32


if __name__ == "__main__":
    sys.exit(main())
