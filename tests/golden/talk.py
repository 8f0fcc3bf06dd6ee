"""A golden conversation as its file tells it. README.md explains the form to its writers."""

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from schemas.records import Attachment, Decision
from streams.core.policy.duration import Duration

FOLDER: Final = Path(__file__).parent / "conversations"
POLICIES: Final = ("default", "seed")
_EXPECTED: Final = re.compile(
    r"(?P<tier>[012]) (?P<action>[a-z]+)(?P<codes>(?: [a-z_]+(?:/[\w-]+)?)*)(?: -> (?P<route>\w+))?"
)

TEN_O_CLOCK: Final = datetime(2025, 10, 9, 10, tzinfo=UTC)
"""A Thursday; when every conversation begins that does not say so."""

ByPolicy = str | dict[str, str]


class Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Something said or done, and the decision that follows under each policy."""

    customer: str | None = None
    ai: str | None = None
    draft: str | None = None
    human: str | None = None
    note: str | None = None
    robot: str | None = None
    update: str | None = None
    wait: str | None = None

    after: str | None = None
    default: str | None = None
    seed: str | None = None
    both: str | None = None
    misread: ByPolicy = {}
    meant: dict[str, Any] = {}

    id: str | None = None
    author: str | None = None
    role: str = msgspec.field(default="human", name="as")
    sent_at: int | None = None
    times: int = 1
    attachments: tuple[Attachment, ...] = ()
    fault: bool = False
    anyway: bool = False
    confidence: float | None = None
    gave_up: bool = False
    to: str | None = None
    by: str | None = None
    of: str | None = None
    outcome: str | None = None
    route: str | None = None
    revision: int | None = None
    instructions: str | None = None
    verified: bool | None = None
    account: dict[str, Any] | None = None
    other: str | None = None
    merged: dict[str, Any] | None = None
    verdict: dict[str, Any] | None = None
    notice: str | None = None

    def expected(self, policy: str) -> str | None:
        """The decision that a reader of the design expects, None for no decision."""
        return self.both or (self.default if policy == "default" else self.seed)

    def misread_as(self, policy: str) -> str | None:
        """What is decided instead, because the detectors misread the text."""
        return self.misread if isinstance(self.misread, str) else self.misread.get(policy)

    @property
    def pause(self) -> int:
        """Milliseconds before it: an AI is fast, people are slower."""
        if self.after is not None:
            return Duration.parse(self.after)
        return 5_000 if self.ai is not None or self.draft is not None else 20_000

    @property
    def text(self) -> str:
        """The words, where there are any."""
        said = (self.customer, self.ai, self.draft, self.human, self.note, self.robot)
        return next((words for words in said if words is not None), "") * self.times


class OpenIncident(msgspec.Struct, forbid_unknown_fields=True):
    """An incident that is open meanwhile: what one of its reports said, or what else it is about.

    `until` is how long after the beginning it is resolved.
    """

    title: str
    says: str | None = None
    component: str | None = None
    category: str = "technical"
    until: str | None = None


class Golden(msgspec.Struct, forbid_unknown_fields=True):
    """A whole conversation. `queues` are the statuses of routes, where any is known."""

    about: str
    channel: str
    product: str
    talk: tuple[Line, ...]
    account: dict[str, Any] | None = None
    policy: dict[str, Any] = {}
    begins: datetime = TEN_O_CLOCK
    queues: dict[str, dict[str, Any]] = {}
    name: str = ""
    incidents: tuple[OpenIncident, ...] = ()


@cache
def conversations() -> tuple[Golden, ...]:
    """Every conversation, by folder and name."""
    return tuple(_read(path) for path in sorted(FOLDER.rglob("*.yaml")))


def _read(path: Path) -> Golden:
    text = path.read_text(encoding="utf-8")
    golden = msgspec.convert(yaml.load(text, yaml.CSafeLoader), Golden)
    golden.name = str(path.relative_to(FOLDER).with_suffix(""))
    return golden


def told(decision: Decision) -> str:
    """A decision in a line: tier, action, every reason that fired, route."""
    codes = [
        reason.code
        if reason.sub_reason is None
        else f"{reason.code}/{reason.sub_reason.replace(' ', '-')}"
        for reason in decision.reasons
    ]
    route = "" if decision.route is None else f" -> {decision.route}"
    return " ".join([f"{decision.tier} {decision.action}", *codes]) + route


def codes_of(said: str) -> set[str]:
    """The reason codes that a decision told in a line names, without their sub-reasons."""
    found = _EXPECTED.fullmatch(said)
    assert found is not None, f"not readable: {said}"
    return {code.split("/")[0] for code in found["codes"].split()}


def agrees(expected: str | None, said: list[str]) -> bool:
    """Whether the decisions told are the one that is expected, or none where none is.

    Of reasons, those expected must be among those told; a code without its sub-reason stands for
    every sub-reason, and a missing route for every route.
    """
    if expected is None or len(said) != 1:
        return expected is None and not said
    wanted, got = _EXPECTED.fullmatch(expected), _EXPECTED.fullmatch(said[0])
    assert wanted is not None, f"not readable: {expected}"
    assert got is not None, f"not readable: {said[0]}"
    fired = got["codes"].split()
    known = {*fired, *(code.split("/")[0] for code in fired)}
    return (
        wanted["tier"] == got["tier"]
        and wanted["action"] == got["action"]
        and wanted["route"] in (None, got["route"])
        and known.issuperset(wanted["codes"].split())
    )
