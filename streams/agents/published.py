"""The policy in force: what was last published, from its time on, else the one that is set."""

import logging
from collections.abc import Callable

from schemas.fields import EARLIEST
from schemas.records import Millis, PolicyEntry, PolicyTerm, PolicyVersion
from streams.core.policy import Policy, PolicyError, load_policy

log = logging.getLogger(__name__)

POLICIES = "support.policies"

Find = Callable[[str], PolicyVersion | None]
"""The latest record under a key of the topic: `name` for a pointer, `name@version`."""


def terms_of(pointer: PolicyVersion) -> tuple[PolicyTerm, ...]:
    """What a pointer says was in force since when, the latest first; nothing held before."""
    own = PolicyTerm(pointer.version, pointer.effective_from or EARLIEST)
    if pointer.earlier or pointer.previous is None:
        return (own, *pointer.earlier)
    return (own, PolicyTerm(pointer.previous, EARLIEST))


class PublishedPolicy:
    """Follows the pointer of one name.

    A pointer names the version that holds from `effective_from` on, and those that held before it:
    which applies follows from a record's time alone, so a worker that reads its backlog decides it
    as it would have then. Where a version cannot be read, the one before it goes on
    holding, on a worker that starts now as well.
    """

    def __init__(self, find: Find, fallback: Policy) -> None:
        self._find = find
        self._fallback = fallback
        self._pointer: PolicyVersion | None = None
        self._terms: tuple[tuple[Millis, Policy], ...] = ((0, fallback),)
        self._read: dict[int, Policy] = {}

    def at(self, now: Millis) -> Policy:
        """The policy for a record of this time."""
        pointer = self._find(self._fallback.name)
        if pointer is not self._pointer:
            self._pointer = pointer
            self._take(pointer)
        for since, policy in self._terms:
            if now >= since:
                return policy
        return self._terms[-1][1]

    def named(self, reference: str) -> Policy | None:
        """The policy `name@version` that decisions name; None where it cannot be read."""
        name, _, number = reference.rpartition("@")
        known = name == self._fallback.name and number.isdigit()
        return self._version(int(number)) if known else None

    def _take(self, pointer: PolicyVersion | None) -> None:
        if pointer is None or pointer.entry is not PolicyEntry.POINTER:
            self._terms = ((0, self._fallback),)
            return
        terms, policy = [], self._fallback
        for term in reversed(terms_of(pointer)):
            read = self._version(term.version)
            if read is None:
                log.error("%s@%d cannot be taken up", pointer.name, term.version)
            policy = read or policy
            terms.append((term.effective_from, policy))
        self._terms = tuple(reversed(terms))
        log.info("policy %s from %d on", policy.reference, terms[-1][0])

    def _version(self, number: int | None) -> Policy | None:
        """What was published under a number goes before what the worker is set to."""
        if number is None:
            return None
        if number in self._read:
            return self._read[number]
        record = self._find(f"{self._fallback.name}@{number}")
        if record is None or record.body is None:
            return self._fallback if number == self._fallback.version else None
        try:
            self._read[number] = load_policy(record.body)
        except PolicyError as error:
            log.error("%s@%d: %s", record.name, record.version, error)
            return None
        return self._read[number]
