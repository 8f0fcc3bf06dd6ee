"""The page about the handoff package: its parts as declared, and one that was really made."""

from typing import Any, Final

import msgspec

from detectors import Signal, Signals, analyze
from schemas.avro import schema_of
from schemas.records import ConversationMessage, Escalation, Role, TranscriptEntry
from streams.core.handoff import complete
from streams.core.handoff.summary import LONGEST
from streams.core.policy import default_policy
from streams.core.tickets import Arrival, Ticket, decide

START: Final = 1_767_603_600_000
SAID: Final = (
    (Role.CUSTOMER, "VPN client 5.12.3 drops every ten minutes with error 809, order 7710-2231"),
    (Role.AI, "Please reinstall the client and choose IKEv2."),
    (Role.CUSTOMER, "I reinstalled it twice, no change. I need it before Friday 5 pm. A person?"),
)
"""A conversation whose last message hands over."""

TEXT: Final = f"""\
Who takes a ticket over gets one record, `Escalation`, with all that is known: nobody asks the
customer twice. It is bounded (`package.max_bytes` of the policy, as JSON). What does not fit is cut
from the transcript's middle and named: `transcript_cut` gives the topic, partition and offsets
where it can be read.

Every part of the package says in `parts` whether it is there: `present`, `missing`, or `stale` when
it is older than the policy's `stale_after`; `as_of` says since when. Nothing is waited for. When a
part comes later, an `EscalationUpdate` follows: `context` for what another system tells, `package`
for the account and its earlier tickets, `message` for what the customer writes meanwhile.

The summary has at most {LONGEST:,} characters and is made of the customer's and the AI's own words:
the issue, what the AI tried and what came of it (every attempt, the more the shorter; past their
room the earlier ones as one, with how many they are), what the customer has already given, what is
still asked. `entities` has all that was given, each quoted with its message and its characters.
`history` has what Baton itself has seen of the account's earlier tickets, and beside it what the
profile's own `history` carries of others, such as those from before Baton came; the latest 20.
"""
KINDS: Final = (
    "`order`, `ticket`, `invoice`, `account`, `serial`, `reference`, `version`, `product`, "
    "`error_code`, `amount`, `date`, `email`, `phone`, `url`, `uuid`, `ip_address`, `steps_tried` "
    "(what the customer has tried) and `deadline` (by when it is needed)"
)


def handoff_page() -> str:
    """What the package holds, what is hidden where, and an example."""
    fields = "".join(f"| `{name}` | {about} |\n" for name, about in _fields())
    treatments = msgspec.to_builtins(default_policy().privacy)
    kinds = list(next(iter(treatments.values())))
    rows = "".join(
        f"| {place.replace('_', '-')} | {' | '.join(treated[kind] for kind in kinds)} |\n"
        for place, treated in treatments.items()
    )
    example = msgspec.json.format(msgspec.json.encode(_example()), indent=1).decode()
    return (
        f"{TEXT}\n## The package\n\n| part | what it says |\n| --- | --- |\n{fields}\n"
        f"Kinds of entities: {KINDS}.\n\n"
        "## What is hidden where\n\nBy the policy's `privacy`, here of the shipped one. A mask has "
        "the length of what it hides; the last four characters of a card or IBAN stay. `stored` is "
        "a ticket's state: its transcript, what was given, context, instructions and comments.\n\n"
        f"| topics | {' | '.join(kinds)} |\n|{' --- |' * (len(kinds) + 1)}\n{rows}\n"
        f"## An example\n\nThe package of this conversation, without what is empty:\n\n"
        + "".join(f"- {role.value}: {text}\n" for role, text in SAID)
        + f"\n```json\n{example}\n```\n"
    )


def _fields() -> list[tuple[str, str]]:
    for field in schema_of(Escalation)["fields"]:
        if field["name"] == "package":
            return [(part["name"], part["doc"]) for part in field["type"]["fields"]]
    raise LookupError("package")


def _example() -> Any:
    policy, lines = default_policy(), list[TranscriptEntry]()
    state: Ticket | None = None
    for place, ((role, text), read) in enumerate(
        zip(SAID, analyze([text for _, text in SAID]), strict=True)
    ):
        now = START + place * 60_000
        message = ConversationMessage(f"m{place + 1}", "T1", role, text, now, "a1", "r1")
        person = Signal(float(place == len(SAID) - 1))
        signals = Signals(human_request=person, entities=read.entities, gist=read.gist)
        arrival = Arrival(now, "support.conversations", 0, place)
        step = decide(state, message, signals, None, policy, arrival)
        state = step.state
        lines += [] if step.appended is None else [step.appended]
        if step.handoff is not None:
            return _without_empty(msgspec.to_builtins(complete(step.handoff, lines).package))
    raise LookupError("the example hands over")


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in (None, [], {})}
    return [_without_empty(member) for member in value] if isinstance(value, list) else value
