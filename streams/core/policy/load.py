"""From a policy file to a policy, or to a sentence that says what to write instead."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import msgspec
import yaml

from streams.core.policy.duration import Duration
from streams.core.policy.merge import BASED_ON, merged
from streams.core.policy.model import Policy
from streams.core.policy.shipped import SHIPPED, shipped_text
from streams.core.reasons import NEVER_RELAXED

_PATH: Final = re.compile(r"(?P<what>.*) - at `(?:key in )?\$\.?(?P<path>.*)`", re.DOTALL)


class PolicyError(ValueError):
    """A policy that cannot be used; the message begins with the path of what is wrong."""


def load_policy(text: str) -> Policy:
    """Read a policy file (YAML), with what it is based on. Raises `PolicyError`."""
    raw = _read(text)
    if isinstance(raw, dict) and BASED_ON in raw:
        raw = _on_its_base(raw)
    try:
        policy = msgspec.convert(raw, Policy, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise PolicyError(_with_path(str(error))) from error
    for complaint in complaints(policy):
        raise PolicyError(complaint)
    return policy


@cache
def shipped_policy(name: str) -> Policy:
    """A policy that is shipped. Raises `KeyError` for a name not among `SHIPPED`."""
    if name not in SHIPPED:
        raise KeyError(name)
    return load_policy(shipped_text(name))


def default_policy() -> Policy:
    """The policy that applies where no other is set."""
    return shipped_policy("default")


def _read(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyError(f"not readable as YAML: {error}") from error


def _on_its_base(raw: dict[str, Any]) -> Any:
    base = raw[BASED_ON]
    if base not in SHIPPED:
        raise PolicyError(f"{BASED_ON}: expected one of {', '.join(SHIPPED)}, got {base!r}")
    whole = _read(shipped_text(base))
    if BASED_ON in whole:
        raise PolicyError(f"{BASED_ON}: {base} is itself based on {whole[BASED_ON]}, name that")
    return merged(whole, raw)


def complaints(policy: Policy) -> Iterator[str]:
    """What types cannot say: each is a path and what is wrong with it."""
    for code in NEVER_RELAXED:
        if getattr(policy.triggers, code).tier != 2:
            yield f"triggers.{code}.tier: expected 2, this trigger is never relaxed"
    rule = policy.triggers.complex_troubleshooting
    if rule.review_from > rule.handoff_from:
        yield "triggers.complex_troubleshooting.review_from: expected at most handoff_from"
    yield from _complaints_of_routes(policy)
    names = [segment.name for segment in policy.segments]
    if not names or len(set(names)) < len(names):
        yield "segments: expected at least one, and every name once"
    elif (last := policy.segments[-1]).vip or last.churn_flag or last.tiers:
        yield f"segments[{len(names) - 1}]: expected no condition, the last takes every account"
    if list(policy.sla.warn_at) != sorted(set(policy.sla.warn_at)):
        yield "sla.warn_at: expected rising percentages such as [50, 80]"


def _complaints_of_routes(policy: Policy) -> Iterator[str]:
    names = [route.name for route in policy.routes]
    if len(set(names)) < len(names):
        yield "routes: expected every name once"
    for place, route in enumerate(policy.routes):
        catches_all = not route.reasons and not route.categories
        if catches_all != (place == len(names) - 1):
            yield f"routes[{place}]: only the last takes all, with no reasons and no categories"
    if not names:
        yield "routes: expected at least the one that takes what is left"
    if policy.escalations.lead_route not in names:
        yield f"escalations.lead_route: expected one of {', '.join(names)}"


def _decode(kind: type, value: object) -> Any:
    if kind is Duration:
        return Duration.parse(value)
    raise NotImplementedError(kind)


def _with_path(message: str) -> str:
    found = _PATH.fullmatch(message)
    path, what = (found["path"], found["what"]) if found else ("", message)
    return f"{path or 'policy'}: {what[:1].lower()}{what[1:]}"
