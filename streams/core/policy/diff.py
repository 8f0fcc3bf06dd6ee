"""What changes from one policy to another, in words a support lead reads."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.records import Mode
from streams.core.policy.duration import Duration
from streams.core.policy.model import Policy
from streams.core.policy.modes import Binding, Modes
from streams.core.policy.section import Section
from streams.core.policy.team_rules import TeamRule
from streams.core.reasons import Code

NAMES: Final = {
    Code.LEGAL_COMPLIANCE: "legal and compliance",
    Code.AI_LOOP: "an AI that turns in circles",
    Code.AI_GAVE_UP: "an AI that gives up",
    Code.AI_NO_ANSWER: "an AI that does not answer",
    Code.HUMAN_REQUEST: "the wish for a person",
    Code.UNREADABLE: "what cannot be read",
}
"""Codes that read better in other words."""

_ENDS: Final = ("stays with the AI", "is checked by a person", "goes to a person")
_WAS: Final = ("stayed with the AI", "was checked by a person", "went to a person")
_TIERS: Final = {
    "tier": "",
    "tier_alone": " alone",
    "tier_with_problem": " with a problem",
}
_THRESHOLDS: Final = {
    "threshold": "",
    "dispute_threshold": ", when contested,",
    "review_from": "",
    "handoff_from": "",
}
_MODES: Final = {
    "enforce": "Decisions bind",
    "advise": "Only safety, security and legal matters bind; all else advises",
    "shadow": "Only safety, security and legal matters bind; all else is only recorded",
}
_BINDS: Final = {"enforce": "binds", "advise": "only advises", "shadow": "is only recorded"}
_APART: Final = frozenset({"name", "version", "mode", "modes", "triggers", "rules", "stopped"})


def differences(old: Policy, new: Policy) -> list[str]:
    """A sentence for each difference that changes what is decided; none when nothing does."""
    return [sentence[:1].upper() + sentence[1:] for sentence in _differences(old, new)]


def _differences(old: Policy, new: Policy) -> Iterator[str]:
    if old.mode != new.mode:
        yield f"{_MODES[new.mode]} (was {old.mode})"
    yield from _of_stopped(_flat(old.stopped), _flat(new.stopped))
    yield from _of_modes(old.modes, new.modes)
    for code in new.triggers.__struct_fields__:
        yield from _of_trigger(code, getattr(old.triggers, code), getattr(new.triggers, code))
    yield from _of_rules(old.rules, new.rules)
    for name in new.__struct_fields__:
        if name not in _APART:
            yield from _of_values(name, _flat(getattr(old, name)), _flat(getattr(new, name)))


def _of_trigger(code: str, old: Section, new: Section) -> Iterator[str]:
    """Tier and thresholds in one sentence; everything else as it is called."""
    before, after = _flat(old), _flat(new)
    name = _named(code)
    for key, told in (("exempt", _exempted), ("informational", dict.fromkeys)):
        if key in after:
            yield from _of_questions(name, told(before.pop(key)), told(after.pop(key)))
    tier = after.get("tier", 2)
    for key, what in _TIERS.items():
        if (was := before.pop(key, None)) != (now := after.pop(key, None)):
            yield f"{name}{what} now {_ENDS[now]} ({_WAS[was]})"
    for key, what in _THRESHOLDS.items():
        if key in after and after[key] != (line := before[key]):
            end = _ENDS[1] if key == "review_from" else _ENDS[tier]
            yield f"{name}{what} now {end} from {_shown(after[key])} on (was {_shown(line)})"
        before.pop(key, None)
        after.pop(key, None)
    for kind in ("categories", "segments"):
        own, theirs = _numbers(after.pop(kind, {})), _numbers(before.pop(kind, {}))
        yield from _of_exceptions(f"{name} in {_one(kind)}", theirs, own, _ENDS[tier])
    yield from _of_values(name, before, after)


def _of_questions(
    name: str, old: Mapping[str, str | None], new: Mapping[str, str | None]
) -> Iterator[str]:
    """Questions that stay with the AI, by what they ask; some say who decided that, and why."""
    for kind in sorted(old.keys() | new.keys()):
        asked = f"{name} in a mere question ({_readable(kind)})"
        if kind not in new:
            yield f"{asked} no longer stays with the AI"
        elif kind not in old or old[kind] != new[kind]:
            why = "" if new[kind] is None else f": {new[kind]}"
            yield f"{asked} now stays with the AI{why}"


def _exempted(exempt: Any) -> dict[str, str | None]:
    listed = exempt.values() if exempt else ()
    return {one["sub_reason"]: f"{one['by']}, {one['since']}, {one['reason']}" for one in listed}


def _numbers(owns: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """What categories or segments have of their own, by their names and the number's."""
    return {
        (name, number): value
        for name, own in owns.items()
        for number, value in (own if isinstance(own, dict) else {"threshold": own}).items()
        if value is not None
    }


def _of_exceptions(
    where: str, old: Mapping[tuple[str, str], Any], new: Mapping[tuple[str, str], Any], end: str
) -> Iterator[str]:
    for name, number in sorted(old.keys() | new.keys()):
        was, now = old.get((name, number)), new.get((name, number))
        what = f"{where} {name}{_THRESHOLDS.get(number, '')}"
        before = "had none of its own" if was is None else f"was {_shown(was)}"
        if now is None:
            called = _readable(number)
            yield f"{what} now has no {called} of its own (was {_shown(was)})"
        elif was != now and number in _THRESHOLDS:
            then = _ENDS[1] if number == "review_from" else end
            yield f"{what} now {then} from {_shown(now)} on ({before})"
        elif was != now:
            yield f"{what}: {_readable(number)} is now {_shown(now)} ({before})"


def _of_stopped(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if old["everywhere"] != new["everywhere"]:
        yield f"the AI is switched {'off' if new['everywhere'] else 'on again'} everywhere"
    for kind in ("routes", "segments", "categories"):
        for name in sorted(set(new[kind]) ^ set(old[kind])):
            turn = "off" if name in new[kind] else "on again"
            yield f"the AI is switched {turn} for the {_one(kind)} {name}"


def _of_modes(old: Modes, new: Modes) -> Iterator[str]:
    for kind in new.__struct_fields__:
        before, after = getattr(old, kind), getattr(new, kind)
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name, Binding(Mode.ENFORCE)), after.get(name)
            now = now or Binding(Mode.ENFORCE)
            if was != now:
                what = _named(name) if kind == "triggers" else f"what is in {_one(kind)} {name}"
                yield f"{what} {_bound(now)} (was: {_bound(was)})"


def _bound(binding: Binding) -> str:
    if binding.percent == 100:
        return _BINDS[binding.mode]
    return f"{_BINDS[binding.mode]} for {binding.percent} % of tickets, else is only recorded"


def _named(code: str) -> str:
    return NAMES.get(Code(code), code.replace("_", " "))


def _of_rules(old: tuple[TeamRule, ...], new: tuple[TeamRule, ...]) -> Iterator[str]:
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    for name, rule in after.items():
        if name not in before:
            yield f"new rule {name}: {in_words(rule)}"
        elif before[name] != rule:
            yield f"rule {name} now says: {in_words(rule)} (was: {in_words(before[name])})"
    for name in before:
        if name not in after:
            yield f"rule {name} is gone (was: {in_words(before[name])})"
    yield from _of_order("rules", list(before), list(after))


def in_words(rule: TeamRule) -> str:
    """A rule as a sentence."""
    conditions = [
        f"{key.replace('_', ' ')} {_shown(value)}"
        for key, value in _flat(rule.when).items()
        if value not in (None, (), {})
    ]
    place = "" if rule.route is None else f", on route {rule.route}"
    priority = "" if rule.priority is None else f", with priority {rule.priority}"
    return f"where {' and '.join(conditions)}, the ticket {_ENDS[rule.tier]}{place}{priority}"


def _of_values(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        named = path in ("routes", "segments", "calendars")
        for key in new:
            what = f"{_one(path)} {key}" if named else f"{path}: {key}"
            if key in old:
                yield from _of_values(what, old[key], new[key])
            elif named:
                yield f"new {what}: {_shown(new[key])}"
            else:
                yield f"{_readable(what)} is now {_shown(new[key])} (was not set)"
        for key in old:
            if key not in new:
                what = f"{_one(path)} {key}" if named else f"{path}: {key}"
                yield f"{_readable(what)} is gone"
        if named and path != "calendars":
            yield from _of_order(path, list(old), list(new))
    elif old != new:
        yield f"{_readable(path)} is now {_shown(new)} (was {_shown(old)})"


def _of_order(what: str, old: list[str], new: list[str]) -> Iterator[str]:
    if [name for name in old if name in new] != [name for name in new if name in old]:
        yield f"the order of {what} is now {', '.join(new)}"


def _flat(value: Any) -> Any:
    """Sections as mappings; a list of named ones by their names."""
    if isinstance(value, Section):
        return {name: _flat(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {name: _flat(one) for name, one in value.items()}
    if isinstance(value, tuple) and value and isinstance(value[0], Section):
        named = all("name" in one.__struct_fields__ for one in value)
        sections = [_flat(one) for one in value]
        return {one.pop("name") if named else str(n): one for n, one in enumerate(sections, 1)}
    return value


def _one(plural: str) -> str:
    return "category" if plural == "categories" else plural.removesuffix("s")


def _readable(path: str) -> str:
    return path.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, Duration):
        return value.written
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return " or ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {_shown(one)}" for key, one in value.items() if one
        )
    return str(value)
