"""The reference page of the policy file, from the docstrings and types of its sections."""

import types
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from streams.core.policy import default_policy, load_policy
from streams.core.policy.diff import differences
from streams.core.policy.duration import Duration
from streams.core.policy.model import Policy
from streams.core.policy.opening import Opening
from streams.core.policy.section import Section
from streams.core.policy.values import Phrase, Share
from streams.reference.sentences import sentences

EXAMPLE: Final = """\
based_on: default
name: default
version: 2

triggers:
  # Money goes to a person earlier, and earliest where a top account writes.
  billing: {threshold: 0.45, segments: {top: {threshold: 0.3, dispute_threshold: 0.2}}}
  # Every trigger that has numbers takes them by category and by segment.
  ai_loop: {categories: {technical: {rounds: 4}}}

rules:
  - name: eu_outage
    when:
      keywords: [outage, "data loss"]
      patterns: ['error 5\\d\\d']
      attributes: {region: [eu]}
    tier: 2
    route: technical
    priority: 1
  - name: unsure_about_contracts
    when: {confidence_below: 0.7, categories: [legal, billing]}
    tier: 1

modes:
  triggers:
    # Switched on for one ticket in ten; the others are watched.
    sentiment_drop: {mode: enforce, percent: 10}
"""

_INTRO: Final = """\
One YAML file says what a support organisation decides for itself. Two are shipped:
[default](../streams/core/policy/default.yaml) and [seed](../streams/core/policy/seed.yaml), the
strict reading. A file is whole, or says `based_on: default` and only what differs: keys merge one
by one, lists are replaced. What is published is always whole.

    baton policy check ours.yaml          # everything that is wrong, and what to write instead
    baton policy diff default ours.yaml   # what changes, in words
    baton policy publish ours.yaml        # every worker takes it up, without a restart
    baton policy rollback                 # and back
    baton policy stop-ai --category billing

Workers follow what is published under the name of the policy that `BATON_POLICY` says (`default`
when it is empty), and that policy itself until something is. So a file to publish keeps that name.
A published version never changes: the next one has another number. It holds from its time on
(`--from`) for records of that time and later. Every decision names the version it was made with.

Of two policies the stricter one hands a ticket over no later. The one exception: where it asks for
a review, the AI may not send, so its silence (`ai_no_answer`) is not counted; the review's own time
(`reviews`) is, and ends in a handoff too.

A rollback never switches the AI off or on. Versions that `stop-ai` and `resume-ai` made are passed
over, and where the earlier version says otherwise of that than the present one, it comes back under
a new number with what holds now. A file that would switch the AI on where it is off now is refused
by `publish`: `resume-ai` first, or `stopped` in the file.
"""


def policy_page() -> str:
    """What can be written into a policy file, with an example."""
    parts = [_INTRO, "## Example\n\n```yaml\n" + EXAMPLE + "```\n", _changes()]
    parts += [_section(kind) for kind in _sections(Policy)]
    return "\n".join(parts)


def _changes() -> str:
    told = differences(default_policy(), load_policy(EXAMPLE))
    lines = "".join(f"- {sentence}\n" for sentence in told)
    return f"What `baton policy diff default` says of it:\n\n{lines}"


def _sections(kind: type[Section]) -> Iterator[type[Section]]:
    """A section and those inside it, each once, the outer first."""
    seen: dict[type[Section], None] = {}

    def visit(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, Section) and kind not in seen:
            seen[kind] = None
            for field in msgspec.structs.fields(kind):
                visit(field.type)
        for part in get_args(kind):
            visit(part)

    visit(kind)
    return iter(seen)


def _section(kind: type[Section]) -> str:
    about = "\n".join(line.strip() for line in (kind.__doc__ or "").strip().splitlines())
    meanings = sentences(kind)
    columns = ("key", "value", "without it", *(("meaning",) if meanings else ()))
    rows = [columns, tuple("---" for _ in columns)]
    for field in msgspec.structs.fields(kind):
        row = f"`{field.encode_name}`", _words(field.type), _default(field)
        rows.append((*row, meanings.get(field.name, "")) if meanings else row)
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"## {kind.__name__}\n\n{about}\n\n{table}"


def _words(kind: Any) -> str:
    if kind in _KNOWN:
        return _KNOWN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(map(str, inner[:-1])) + f" or {inner[-1]}"
    if origin is Annotated:
        return _bounded(_words(inner[0]), inner[1])
    if origin is tuple:
        return f"a list: {_words(inner[0])}"
    if origin in (dict, Mapping):
        return f"names, each with {_words(inner[1])}"
    if origin in (Union, types.UnionType):
        *kinds, last = inner
        end = "null" if last is type(None) else _words(last)
        return f"{', '.join(map(_words, kinds))}, or {end}"
    if issubclass(kind, Section):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if issubclass(kind, Enum):
        names = [str(one.value) for one in kind]
        return ", ".join(names) if len(names) < 5 else "[reason codes](reasons.md)"
    return "a value"


def _bounded(words: str, meta: msgspec.Meta) -> str:
    if meta.description is not None:
        return meta.description
    bounds = ((meta.gt, "above"), (meta.ge, "from"), (meta.lt, "below"), (meta.le, "to"))
    told = [f"{word} {limit:,}".removesuffix(".0") for limit, word in bounds if limit is not None]
    return " ".join((words, *told))


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "needed"
    value = field.default
    if value is msgspec.NODEFAULT:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Duration):
        return f"`{value.written}`"
    if value and isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return "none" if value is None or value == () or isinstance(value, Section) else f"`{value}`"


_KNOWN: Final = {
    Duration: 'a duration such as "4h"',
    Opening: 'hours such as "09:00-17:30"',
    date: "a date such as 2026-03-02",
    Share: "a number above 0, at most 1",
    Phrase: "a text",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}
