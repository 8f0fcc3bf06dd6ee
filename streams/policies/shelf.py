"""The versions of policies: which there are, which is in force, and what another one makes of them.

A version never changes. A pointer, under the policy's name, says which version is in force from
when on, and which until then. All is on `support.policies`; a `Shelf` is what lies there.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from schemas.codec import Codec
from schemas.fields import EARLIEST
from schemas.records import Millis, PolicyEntry, PolicyTerm, PolicyVersion
from schemas.topics import key_of
from streams.agents.published import POLICIES, terms_of
from streams.core.policy import Policy, PolicyError, load_policy
from streams.core.policy.load import whole
from streams.core.policy.modes import Stopped
from streams.core.policy.yaml_text import write_yaml
from streams.engine import Connection
from streams.errors import InputError
from streams.history.playing import Player, checked
from streams.reading import Follower, Seen

BACKLOG: Millis = 30 * 86_400_000
"""How long conversations are kept: none older is decided by an earlier version."""

MOST_TERMS = 200
"""Earlier versions that a pointer names."""


@dataclass(frozen=True)
class Change:
    """When a change is made, from when on it holds, and what is known of who made it and why."""

    now: Millis
    effective_from: Millis
    author_id: str | None = None
    comment: str | None = None


@dataclass
class Shelf:
    """What has been published, by key."""

    records: dict[str, PolicyVersion] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    """The next offset of each partition as this was read."""

    def pointer(self, name: str) -> PolicyVersion | None:
        """The pointer of a name."""
        return self.records.get(name)

    def versions(self, name: str) -> list[PolicyVersion]:
        """The versions of a name, the oldest first."""
        found = (one for one in self.records.values() if one.entry is PolicyEntry.VERSION)
        return sorted((one for one in found if one.name == name), key=lambda one: one.version)

    def body(self, reference: str) -> str:
        """The file of `name@version`. Raises `InputError` when there is none."""
        record = self.records.get(reference)
        if record is None or record.body is None:
            raise InputError(f"{reference} is not published; `baton policy list` shows what is")
        return record.body

    def in_force(self, name: str, now: Millis) -> int | None:
        """The version that holds at a time; None where none was published."""
        pointer = self.pointer(name)
        if pointer is None:
            return None
        begun = now >= (pointer.effective_from or 0)
        return pointer.version if begun else pointer.previous

    def text_in_force(self, name: str, fallback: str, now: Millis) -> str:
        """The file that holds at a time; `fallback` where none was published that can be used.

        As for workers: where a version cannot be used, the one before it holds. Whatever lies on
        the topic, the AI can be switched off and another version published.
        """
        pointer = self.pointer(name)
        numbers = () if pointer is None else (self.in_force(name, now), pointer.previous)
        for number in numbers:
            record = self.records.get(f"{name}@{number}")
            with suppress(PolicyError):
                if record is not None and record.body is not None:
                    load_policy(record.body)
                    return record.body
        return fallback

    def to_come(self, name: str, now: Millis) -> int | None:
        """The version that is published and does not hold yet; the next change cancels it."""
        pointer = self.pointer(name)
        return None if pointer is None or now >= (pointer.effective_from or 0) else pointer.version

    def publication(self, text: str, fallback: str, change: Change) -> list[PolicyVersion]:
        """What puts a policy file in force. Raises `InputError` when it may not be.

        `fallback` is the file that holds where nothing is published: a first publication keeps it
        too, so that there is something to go back to.
        """
        new, base = _version(text, change), _version(fallback, change)
        known = self.records.get(key_of(new), base if key_of(base) == key_of(new) else None)
        if known is not None and whole(known.body or "") != whole(new.body or ""):
            where = "is published" if key_of(new) in self.records else "is what workers are set to"
            taken = [one.version for one in (*self.versions(new.name), known)]
            raise InputError(
                f"{key_of(new)} {where} and never changes: write `version: {max(taken) + 1}`"
            )
        if self.in_force(new.name, change.now) == new.version:
            raise InputError(f"{key_of(new)} is in force already")
        first = self._first(base, new)
        previous = first[0].version if first else self.in_force(new.name, change.now)
        return [*first, new, self._pointer(new.name, new.version, previous, change)]

    def check_stopped(self, new: Policy, fallback: str, now: Millis) -> None:
        """Raise `InputError` where a policy file has the AI on that is off now: that is for
        `resume-ai` to say, and who wrote the file may not know that somebody has stopped it.
        """
        stopped = stopped_of(self.amended(new.name, fallback, now)[0])
        if not new.stopped.covers(stopped):
            said = msgspec.json.encode(stopped).decode()
            raise InputError(
                f"{new.reference} would switch the AI on where it is off now. Where that is meant "
                f"say `baton policy resume-ai` first, else write into the file `stopped: {said}`"
            )

    def rollback(
        self, name: str, to: int | None, fallback: str, change: Change
    ) -> list[PolicyVersion]:
        """What puts an earlier version back in force, by default the one before.

        Where the AI is off now it stays off, and only there: that is for `stop-ai` and `resume-ai`
        to say. A version that says otherwise comes back under a new number. Raises `InputError`.
        """
        now, number = self.amended(name, fallback, change.now)
        wanted = self._earlier(name, change.now) if to is None else to
        if wanted is None:
            raise InputError(f"{name} has no earlier version; `baton policy list` shows what is")
        earlier = self._usable(f"{name}@{wanted}")
        if stopped_of(earlier) == (stopped := stopped_of(now)):
            return [self._pointer(name, wanted, self.in_force(name, change.now), change)]
        changes = {"version": number, "stopped": msgspec.to_builtins(stopped)}
        why = change.comment or f"{name}@{wanted}, with the AI on and off as it was"
        change = replace(change, comment=why)
        try:
            return self.publication(write_yaml(earlier | changes), fallback, change)
        except PolicyError as error:
            raise InputError(
                f"{name}@{wanted} does not know where the AI is off now "
                f"({'; '.join(error.complaints)}): `baton policy resume-ai` there first"
            ) from error

    def _usable(self, reference: str) -> dict[str, Any]:
        """The values of a version that workers can use. Raises `InputError`."""
        text = self.body(reference)
        try:
            load_policy(text)
        except PolicyError as error:
            raise InputError(f"{reference} cannot be used: {error}") from error
        values: dict[str, Any] = whole(text)
        return values

    def amended(self, name: str, fallback: str, now: Millis) -> tuple[dict[str, Any], int]:
        """The values in force, to be changed, and the next free number of a version."""
        values: dict[str, Any] = whole(self.text_in_force(name, fallback, now))
        taken = [one.version for one in self.versions(name)]
        return values, max([*taken, values["version"]]) + 1

    def _earlier(self, name: str, now: Millis) -> int | None:
        """What was in force before, of all that is older than what holds. To have switched the AI
        off or on is nothing to go back from: such versions count as one.
        """
        pointer = self.pointer(name)
        if pointer is None or self.to_come(name, now) is not None:
            return self.in_force(name, now)
        rules = {one.version: _rules(one.body or "") for one in self.versions(name)}
        ours = rules.get(pointer.version)
        oldest = min(number for number in (pointer.version, *rules) if rules.get(number) == ours)
        before = (*(term.version for term in terms_of(pointer)), *sorted(rules, reverse=True))
        return next((number for number in before if number < oldest), None)

    def _first(self, base: PolicyVersion, new: PolicyVersion) -> list[PolicyVersion]:
        is_other = base.name == new.name and key_of(base) not in {*self.records, key_of(new)}
        return [base] if is_other and self.pointer(new.name) is None else []

    def _pointer(
        self, name: str, version: int, previous: int | None, change: Change
    ) -> PolicyVersion:
        return PolicyVersion(
            name=name,
            version=version,
            entry=PolicyEntry.POINTER,
            created_at=change.now,
            effective_from=change.effective_from,
            previous=previous,
            author_id=change.author_id,
            comment=change.comment,
            earlier=self._terms(name, previous, change.now),
        )

    def _terms(self, name: str, previous: int | None, now: Millis) -> tuple[PolicyTerm, ...]:
        """What was in force until now, as far back as there are conversations to decide by it."""
        pointer = self.pointer(name)
        if pointer is None:
            return () if previous is None else (PolicyTerm(previous, EARLIEST),)
        begun = [term for term in terms_of(pointer) if term.effective_from <= now]
        ended = (term.effective_from for term in begun)
        needed = 1 + sum(since > now - BACKLOG for since in ended)
        return tuple(begun[: min(needed, MOST_TERMS)])


def stopped_of(values: Mapping[str, Any]) -> Stopped:
    """Where a policy's values have the AI off."""
    return msgspec.convert(values.get("stopped", {}), Stopped)


def _rules(body: str) -> dict[str, Any] | None:
    """What a version says beside its number and where the AI is off; None where nobody can read."""
    with suppress(PolicyError):
        if not isinstance(values := whole(body), dict):
            return None
        return {key: value for key, value in values.items() if key not in ("version", "stopped")}
    return None


def _version(text: str, change: Change) -> PolicyVersion:
    policy = load_policy(text)
    return PolicyVersion(
        name=policy.name,
        version=policy.version,
        entry=PolicyEntry.VERSION,
        created_at=change.now,
        body=write_yaml(whole(text)),
        author_id=change.author_id,
        comment=change.comment,
    )


def read_shelf(connection: Connection, codec: Codec) -> Shelf:
    """All that is published now. Raises `BrokerError`."""
    shelf = Shelf()
    with Follower(connection, codec, [POLICIES], from_start=True) as follower:
        for seen in follower.to_end():
            shelf.ends[seen.partition] = seen.offset + 1
            if isinstance(seen.record, PolicyVersion):
                shelf.records[seen.key] = seen.record
            elif seen.problem is None:
                shelf.records.pop(seen.key, None)
    return shelf


def meanwhile(
    shelf: Shelf, ours: Collection[PolicyVersion], lying: Iterable[Seen]
) -> list[PolicyVersion]:
    """What others published, of the same names, since the shelf was read that ours rest on: of two
    who publish at once at least the second finds the first one's.
    """
    names = {one.name for one in ours}
    return [
        seen.record
        for seen in lying
        if isinstance(seen.record, PolicyVersion)
        and seen.offset >= shelf.ends.get(seen.partition, 0)
        and seen.record.name in names
        and seen.record not in ours
    ]


def published_meanwhile(
    connection: Connection, codec: Codec, shelf: Shelf, ours: Collection[PolicyVersion]
) -> list[PolicyVersion]:
    """`meanwhile`, of what lies on the topic now. Raises `BrokerError`."""
    with Follower(connection, codec, [POLICIES], from_start=True) as follower:
        return meanwhile(shelf, ours, follower.to_end())


def publish(connection: Connection, codec: Codec, records: Iterable[PolicyVersion]) -> None:
    """Write records in their order: a pointer comes after what it points to.

    Raises `InputError` where workers could not read them: a pointer that nobody can read would take
    the place of the one in force.
    """
    records = tuple(map(checked, records))
    player = Player(connection, codec)
    for record in records:
        player.send(record, record.created_at)
    player.flush()
