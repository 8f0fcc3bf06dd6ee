"""The states a batch touches: read in bulk, kept decoded, written once, with their deadlines."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from schemas.records import Millis
from streams.core.calendars import MINUTE
from streams.core.versioned import NewerVersion
from streams.engine import Batch, NewerRelease, Timer

S = TypeVar("S")

ARMED_BYTES: Final = 8
"""A stored value begins with the time of its armed timer."""
AGAIN: Final = 60 * MINUTE
"""Milliseconds after which a timer fires again whose handling failed for the first time."""


@dataclass(frozen=True)
class Kind(Generic[S]):
    """States of one kind: the prefix of their keys, their codec, and when they want to be woken."""

    prefix: bytes
    encode: Callable[[S], bytes]
    decode: Callable[[bytes], S]
    deadline: Callable[[S], Millis | None]

    def key(self, name: str) -> bytes:
        """The store key of a state."""
        return self.prefix + name.encode()

    def name(self, key: bytes) -> str:
        """Whose state a store key is."""
        return key[len(self.prefix) :].decode()

    def read(self, value: bytes) -> S:
        """The state in a stored value. Raises `NewerRelease` for what a newer one wrote."""
        try:
            return self.decode(value[ARMED_BYTES:])
        except NewerVersion as error:
            raise NewerRelease(
                f"{error}. A newer release wrote it, and what only that one knows would be lost: "
                "run that one"
            ) from None


def named_by(state_key: bytes) -> bytes:
    """The record key of a state that is kept under that very name, whatever its kind."""
    return state_key[1:]


class _Entry(msgspec.Struct, Generic[S], gc=False):
    key: bytes
    state: S | None
    armed: Millis
    dirty: bool = False


class States(Generic[S]):
    """A batch's states of one kind, by name. `save` writes what was set.

    A stored value is eight bytes of the armed timer's time (0 without one) and the encoded state.
    Timers are lazy: a deadline that moves back leaves the earlier timer armed, and when that fires
    it is armed again. Most messages only move a deadline back, so most write no timer at all.

    Reading raises `NewerRelease` for what a newer release wrote.
    """

    def __init__(self, batch: Batch, kind: Kind[S]) -> None:
        self._batch = batch
        self._kind = kind
        self._entries: dict[str, _Entry[S]] = {}

    def load(self, names: Iterable[str]) -> None:
        """Read these states at once; `get` reads what is missing one by one."""
        wanted = list(dict.fromkeys(name for name in names if name not in self._entries))
        keys = [self._kind.key(name) for name in wanted]
        for name, key, value in zip(wanted, keys, self._batch.get_many(keys), strict=True):
            if value is None:
                self._entries[name] = _Entry(key, None, 0)
            else:
                armed = int.from_bytes(value[:ARMED_BYTES], "big")
                self._entries[name] = _Entry(key, self._kind.read(value), armed)

    def get(self, name: str) -> S | None:
        """The state as it stands now."""
        return self._entry(name).state

    def set(self, name: str, state: S | None) -> None:
        """Put a state in place, or none; its timer is armed at once. The same one is no change."""
        entry = self._entry(name)
        if state is not entry.state:
            entry.state, entry.dirty = state, True
        self._arm(entry)

    def fired(self, timer: Timer) -> S | None:
        """The state whose deadline has come with a timer; None when it has moved back meanwhile.

        Its timer is armed again when it is set, as it was or changed.
        """
        name = self._kind.name(timer.key)
        entry = self._entry(name)
        entry.armed, entry.dirty = 0, True
        if entry.state is None:
            return None
        deadline = self._kind.deadline(entry.state)
        if deadline is not None and deadline <= timer.due:
            return entry.state
        self._arm(entry)
        return None

    def missed(self, timer: Timer) -> None:
        """Arm the timer of a state anew whose handling failed: it was taken back as it fired, and
        what is stored says that it is armed still, so that no later one would be.

        It fires in an hour, and later each time by as long as it is overdue: a state that never can
        be handled is not all that a worker does, nor the end of one that has weeks to catch up. To
        be called before the state is read, which may be what failed: then no timer helps.
        """
        value = self._batch.get(timer.key)
        if value is None:
            return
        try:
            deadline = self._kind.deadline(self._kind.read(value))
        except NewerRelease:
            raise
        except Exception:
            return
        overdue = 0 if deadline is None else timer.due - deadline
        again = timer.due + max(AGAIN, overdue)
        self._batch.put(timer.key, again.to_bytes(ARMED_BYTES, "big") + value[ARMED_BYTES:])
        self._batch.set_timer(Timer(again, timer.key), new=True)

    def save(self) -> None:
        """Write every state that was set."""
        for entry in self._entries.values():
            if entry.dirty:
                self._batch.put(entry.key, self._value(entry))
                entry.dirty = False

    def _entry(self, name: str) -> _Entry[S]:
        entry = self._entries.get(name)
        if entry is None:
            self.load((name,))
            entry = self._entries[name]
        return entry

    def _value(self, entry: _Entry[S]) -> bytes | None:
        if entry.state is None:
            return None
        return entry.armed.to_bytes(ARMED_BYTES, "big") + self._kind.encode(entry.state)

    def _arm(self, entry: _Entry[S]) -> None:
        deadline = None if entry.state is None else self._kind.deadline(entry.state)
        if entry.armed and (entry.state is None or (deadline and deadline < entry.armed)):
            self._batch.clear_timer(Timer(entry.armed, entry.key))
            entry.armed = 0
        if deadline and not entry.armed:
            self._batch.set_timer(Timer(deadline, entry.key), new=True)
            entry.armed = deadline
