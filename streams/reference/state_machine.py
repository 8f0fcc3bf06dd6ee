"""The page about the state machine: its table, its picture, and a conversation that was decided."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Final

from detectors.signals import Signal, Signals
from schemas.records import (
    ConversationMessage,
    Decision,
    DraftOutcome,
    DraftReview,
    MessageStatus,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.core.policy import default_policy
from streams.core.tickets import Arrival, Due, Event, Owner, Ticket, decide
from streams.core.tickets.lifecycle import MESSAGES, TIMER, UPDATES, Row
from streams.core.tickets.updates import moot

INTRO = """\
Every ticket has an owner, who answers the customer: the **AI**; a **review**, where the AI
drafts and a person checks; a **human**; or nobody, because it is **closed**. What each kind of
event does to a ticket of each owner is one table in
[lifecycle.py](../streams/core/tickets/lifecycle.py), from which Baton dispatches, this page is
made, and a test over random histories holds that no event moves a ticket where its cell does
not say.
"""

RULES = """\
## What holds besides

- **`none` changes nothing.** A decision with this action says that an event came and did not
  fit, or came too late; the decision in force before it stays in force. So nothing is lost
  silently.
- **The send gate.** An answer goes out when the decision in force on the customer's last
  message is `reply`, and, where the platform offers drafts, the last decision on that draft is
  `reply` as well. A later customer message or a handoff voids every draft not yet sent. What
  the AI sends all the same is kept and counted: `contract_violation` in the next decision,
  `contract_violations` in the outcome.
- **`collect`.** Until somebody has taken a ticket from its queue, the AI may ask for the fields
  that the queue's `collect` lists in the policy and the customer has not given; for nothing
  else.
- **The same id again** leads to nothing while it is among the ticket's last 64. With other
  content it leads to a decision with `changed_duplicate`: a customer's other words are weighed
  and can only make it stricter, a draft's other words are another draft, and of all else what
  came first stays in force.
- **Order** is that of the topic. An update before the first message opens the ticket. An
  acceptance that names a revision from before the last move, or one that never was, is refused,
  and so is one of an escalation that is closed.
- **A person's ticket is theirs.** What somebody else declines or gives back stays where it is:
  the decision is `silent` with `contract_violation`. Where nobody has it anyone may, and so may
  a platform that names nobody.
- **Who comes back.** A closed ticket that goes on within the policy's `retention.durable` (a
  week) is `reopened`: with a person if one had resolved it, else with the AI. After that it is
  another matter. A ticket that was handed back twice stays with people. What was said before
  a person gave it back calls nobody again when more is known of the account.
- **Merge.** `merged_into` on the source's key closes it, and Baton itself writes `merged_from`
  on the target's key with what is open and what was told: the target keeps the earliest clock,
  the strictest tier and one escalation, and its package has the source's facts, what the AI
  tried there, and where its messages lie. It is open for as long as the one that was open for
  longer without its pauses, not counting what was resolved, and waits for the customer only
  where both did. Rounds, repeats and mood are of each conversation by itself, and are not
  carried. The platform's own `merged_from`, earlier or later,
  adds nothing. A message that still comes for the source is `silent` there, and Baton writes it
  again on the target's key: whoever has the target answers it.
- **Erased** is a mark on a closed ticket. It keeps no text and no person, and answers
  everything with `none`. The tickets that it was merged into forget what it had told them, and
  hear no more of it. One that is merged into it afterwards goes on by itself.
"""

MINUTE = 60_000
START = 1_767_603_600_000
_ANGRY = Signals(negative=Signal(0.9, (0, 3)))


def state_machine_page(head: str) -> str:
    """The page, after the head that all generated pages have."""
    return f"{head}\n{INTRO}\n{_picture()}\n{_table()}\n{RULES}\n{_example()}"


def _rows() -> dict[str, Row]:
    return dict([*MESSAGES.items(), *UPDATES.items(), ("timer", TIMER)])


def _picture() -> str:
    edges: dict[tuple[Owner, Owner], list[str]] = defaultdict(list)
    for name, row in _rows().items():
        for owner in Owner:
            for target in row.cell(owner).leads_to:
                if target is not owner:
                    edges[owner, target].append(str(name))
    lines = (
        f"    {one.value} --> {other.value}: {', '.join(names)}"
        for (one, other), names in edges.items()
    )
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> ai", *lines, "```", ""])


def _table() -> str:
    head = ("event", *(owner.value for owner in Owner))
    rows = (
        (f"`{name}`: {row.about}", *_cells(row))
        for name, row in _rows().items()
        if name != UpdateKind.UNKNOWN
    )
    lines = chain((head, ("---",) * len(head)), rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row) -> Iterator[str]:
    """A cell for each owner; what is the same as under an earlier one is not said again."""
    said: dict[str, Owner] = {}
    for owner in Owner:
        cell = row.cell(owner)
        if cell.act is moot:
            yield "does not fit: `none`"
            continue
        text = " ".join((cell.act.__doc__ or "").split())
        first = said.setdefault(text, owner)
        text = text if first is owner else f"as under {first}"
        moves = [f"**{target}**" for target in cell.leads_to if target is not owner]
        stays = ["stays"] if owner in cell.leads_to and moves else []
        yield f"{text} → {' or '.join(moves + stays)}" if moves else text


def _say(role: Role, name: str, **more: object) -> ConversationMessage:
    fields = {"author_id": "mara" if role is Role.CUSTOMER else None, **more}
    return ConversationMessage(name, "T1", role, "…", START, **fields)  # type: ignore[arg-type]


_APPROVED = DraftReview("d1", DraftOutcome.APPROVED, "noor")
_STORY: Final[tuple[tuple[str, int, Event, Signals], ...]] = (
    (
        "the customer writes in a language that is not understood",
        0,
        _say(Role.CUSTOMER, "m1"),
        Signals(unreadable=True),
    ),
    (
        "the AI offers a draft",
        0,
        _say(Role.AI, "m2", status=MessageStatus.DRAFT, draft_id="d1", in_reply_to="m1"),
        Signals(),
    ),
    (
        "a person approves it",
        1,
        TicketUpdate("u1", "T1", UpdateKind.DRAFT_REVIEWED, START, draft=_APPROVED),
        Signals(),
    ),
    ("the AI sends it", 1, _say(Role.AI, "m3", draft_id="d1"), Signals()),
    ("the customer is angry", 3, _say(Role.CUSTOMER, "m4"), _ANGRY),
    ("the AI writes all the same", 3, _say(Role.AI, "m5"), Signals()),
    (
        "a person takes it",
        4,
        TicketUpdate("u2", "T1", UpdateKind.ACCEPTED, START, actor_id="noor", revision=1),
        Signals(),
    ),
    ("the customer writes again", 5, _say(Role.CUSTOMER, "m6"), Signals()),
    (
        "the person answers and gives it back",
        6,
        TicketUpdate("u3", "T1", UpdateKind.HANDED_BACK, START, instructions="send the guide"),
        Signals(),
    ),
    (
        "it is resolved",
        9,
        TicketUpdate("u4", "T1", UpdateKind.RESOLVED, START),
        Signals(),
    ),
    (
        "somebody accepts what is closed",
        9,
        TicketUpdate("u5", "T1", UpdateKind.ACCEPTED, START, actor_id="ida", revision=1),
        Signals(),
    ),
)
"""What happens, after how many minutes, and what is heard in it."""


def _example() -> str:
    """A conversation as `default.yaml` decides it."""
    state: Ticket | None = None
    lines = ["## An example", "", "| what happens | decision | owner |", "| --- | --- | --- |"]
    for what, minute, event, signals in _STORY:
        arrival = Arrival(START + minute * MINUTE, "support.conversations", 0, 0)
        assert not isinstance(event, Due)
        step = decide(state, event, signals, None, default_policy(), arrival)
        state = step.state
        decisions = [output for output in step.outputs if isinstance(output, Decision)]
        told = ", ".join(_decision(decision) for decision in decisions) or "no decision"
        lines.append(f"| {what} | {told} | {state.owner if state else 'nobody'} |")
    return "\n".join(lines) + "\n"


def _decision(decision: Decision) -> str:
    parts = [f"`{decision.action}`", *(f"`{reason.code}`" for reason in decision.reasons)]
    if decision.contract_violation:
        parts.append("contract violation")
    if decision.instructions:
        parts.append(f"“{decision.instructions}”")
    return " ".join(parts)
