"""From a policy file to a policy, or to everything that is wrong with it."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from streams.core.policy.check import complaints
from streams.core.policy.merge import BASED_ON, merged
from streams.core.policy.model import Policy
from streams.core.policy.shape import decode, faults
from streams.core.policy.shipped import SHIPPED, shipped_text
from streams.core.policy.yaml_text import read_yaml

MOST_COMPLAINTS = 50


class PolicyError(ValueError):
    """A policy that cannot be used. Each complaint is a path and what to write there instead."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.complaints = tuple(complaints)[:MOST_COMPLAINTS]
        super().__init__("\n".join(self.complaints))


def load_policy(text: str) -> Policy:
    """Read a policy file (YAML), with what it is based on. Raises `PolicyError`."""
    return policy_of(whole(text))


def whole(text: str) -> Any:
    """The values of a policy file, with those of its base where it says nothing.

    Raises `PolicyError` when they cannot be read; whether they are a policy is not looked at.
    """
    values = _read(text)
    if not isinstance(values, dict) or BASED_ON not in values:
        return values
    base = values[BASED_ON]
    if base not in SHIPPED:
        raise PolicyError([f"{BASED_ON}: expected one of {', '.join(SHIPPED)}, got {base!r}"])
    below = _read(shipped_text(base))
    if BASED_ON in below:
        raise PolicyError([f"{BASED_ON}: {base} is itself based on {below[BASED_ON]}, name that"])
    return merged(below, values)


def policy_of(values: Any) -> Policy:
    """The policy that values say. Raises `PolicyError` with everything that is wrong."""
    if wrong := list(faults(values, Policy)):
        raise PolicyError(wrong)
    policy = msgspec.convert(values, Policy, dec_hook=decode)
    if wrong := list(complaints(policy)):
        raise PolicyError(wrong)
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
        return read_yaml(text)
    except ValueError as error:
        raise PolicyError([str(error)]) from error
