"""How many technical variables a troubleshooting has to hold together.

Counted are distinct systems and products, kinds of client, network or platform, interfaces,
settings, behaviours beyond the first, and error codes. That something fails is no behaviour of its
own. An error code counts with the system it comes from, so a code stands for itself only in a
sentence that names no system: "my export fails with error E42" is one. Only sentences that tell of
the problem count, and the ones between them: unrelated questions do not add up.

Over several messages of one problem the names add up: what was named before adds nothing.
"""

from collections.abc import Collection
from typing import Final

from detectors.entities import error_codes
from detectors.matcher import Hit
from detectors.message import Message
from detectors.scoring import unblocked
from detectors.signals import Signal, Span
from detectors.words import hash_of

KINDS: Final = (
    "network",
    "platform",
    "client",
    "data_store",
    "interface",
    "setting",
    "identity",
    "hardware",
)
"""Named products count one each; of these kinds every different thing named counts too."""
ONE_OF_KIND: Final = frozenset({"client", "platform", "hardware"})
"""Several browsers or machines are one variable: where it happens."""
MOST_NAMES: Final = 16
"""Names of a text at most."""
_VARIABLE, _BEHAVIOUR, _CODE = 0, 1, 2
FAILS: Final = "symptoms:not_working"
PROBLEM_FROM: Final = 0.5
_END: Final = " . "


def complexity(message: Message, technical: Signal) -> tuple[int, Span | None]:
    """The number of linked variables, and the span from the first to the last of them."""
    if technical.score < PROBLEM_FROM:
        return 0, None
    begin, end = _problem(message)
    variables: dict[str, Hit] = {}
    for kind in ("system", *KINDS):
        for hit in message.hits.get(f"systems:{kind}", ()):
            if begin <= hit.start < end:
                name = kind if kind in ONE_OF_KIND else message.stream[hit.start : hit.end]
                variables.setdefault(name, hit)
    behaviours = _behaviours(message, begin, end)
    codes = error_codes(message.reading.text)
    count = len(variables) + max(0, len(behaviours) - 1)
    count += len(codes) if not variables else max(0, len(codes) - len(variables))
    if not variables:
        return min(count, 2), technical.span if count else None
    first = min(hit.start for hit in variables.values())
    last = max(hit.end for hit in variables.values())
    return count, message.span(first, last)


def variables(message: Message, technical: Signal) -> tuple[int, ...]:
    """Hashes of what a text names that a problem may hang on, for `together`.

    Of a text that tells of the problem its sentences about it are read, of another the whole. Where
    it happens (a client, a platform, a machine) is not among them: that is asked for every problem.
    """
    if message.hits.keys().isdisjoint(_ADDING):
        return ()
    told = technical.score >= PROBLEM_FROM
    begin, end = _problem(message) if told else (0, len(message.stream))
    found = [
        hash_of(message.stream[hit.start : hit.end]) << 2 | _VARIABLE
        for name in _ADDING
        for hit in message.hits.get(name, ())
        if begin <= hit.start < end
    ]
    if told:
        found += [hash_of(name) << 2 | _BEHAVIOUR for name in _behaviours(message, begin, end)]
    found += [hash_of(code) << 2 | _CODE for code in error_codes(message.reading.text)]
    return tuple(sorted(set(found))[:MOST_NAMES])


def together(names: Collection[int]) -> int:
    """How many linked variables these names are: a code counts with its system."""
    kinds = [name & 3 for name in names]
    named, codes = kinds.count(_VARIABLE), kinds.count(_CODE)
    return named + max(0, kinds.count(_BEHAVIOUR) - 1) + max(0, codes - named)


def _problem(message: Message) -> tuple[int, int]:
    """From the first sentence that tells of the problem to the last, in the stream."""
    hits = unblocked(message.hits["technical"])
    last = max((hit.end for name in _symptoms(message) for hit in message.hits[name]), default=0)
    begin = message.stream.rfind(_END, 0, hits[0].start + 1)
    end = message.stream.find(_END, max(last, hits[-1].end) - 1)
    return max(begin, 0), len(message.stream) if end < 0 else end


def _symptoms(message: Message) -> list[str]:
    return [name for name in message.hits if name.startswith("symptoms:")]


def _behaviours(message: Message, begin: int, end: int) -> list[str]:
    return [
        name
        for name in _symptoms(message)
        if name != FAILS and any(begin <= hit.start < end for hit in message.hits[name])
    ]


_ADDING: Final = tuple(f"systems:{kind}" for kind in ("system", *KINDS) if kind not in ONE_OF_KIND)
