"""Faults planted in the engine, to show that the verifier finds them; and where they strike.

A counting worker with FAULT in its environment runs a broken engine. On `STRIKE` a worker, broken
or not, strikes itself at the next checkpoint, at the moment when the fault shows.
"""

import os
import signal
import struct
from collections.abc import Callable
from typing import Any

from streams.engine import producer
from streams.engine.partition import Cut
from streams.engine.producer import CheckpointProducer, Member
from streams.engine.shipment import Shipment

STRIKE = signal.SIGRTMIN
"""A signal that Faust's worker has no use for."""

_struck: list[int] = []


def plant(fault: str | None) -> None:
    """Break this process's engine, or not, and listen to the signal."""
    signal.signal(STRIKE, lambda number, frame: _struck.append(number))
    _stop_before_publishing()
    if fault is not None:
        FAULTS[fault]()


def skip_marker() -> None:
    """The changelog does not say which position its state belongs to."""

    def send(self: Shipment, cut: Cut) -> None:
        for key, value in cut.changes.items():
            self._produce(self._config.changelog, value, key, cut.owner.number, None)
        cut.changelog_next = cut.owner.store.changelog_next

    _replace(Shipment, "_send_state", send)


def commit_before_flush() -> None:
    """The group's offsets are committed before outputs and state are there."""

    def publish(self: Any, cuts: list[Cut], member: Member) -> None:
        metadata = producer.group_metadata(self._config.group, member)
        self._producer.begin_transaction()
        self._producer.send_offsets_to_transaction(self._offsets(cuts), metadata, 5.0)
        self._producer.commit_transaction(5.0)
        _strike(signal.SIGKILL)
        self._producer.begin_transaction()
        Shipment(self._producer, self._config).send(cuts)
        self._producer.flush(5.0)
        self._producer.commit_transaction(5.0)

    _replace(CheckpointProducer, "publish", publish)


def ignore_generation() -> None:
    """Offsets are sent as by nobody: the broker takes that from a worker that was replaced too."""

    def nobody(group: str, member: Member) -> bytes:
        return b"CGMDv2:" + struct.pack("<i", -1) + group.encode() + b"\0\0\x01"

    producer.group_metadata = nobody


FAULTS: dict[str, Callable[[], None]] = {
    "skip-marker": skip_marker,
    "commit-before-flush": commit_before_flush,
    "ignore-generation": ignore_generation,
}


def _stop_before_publishing() -> None:
    sound = CheckpointProducer.publish

    def publish(self: CheckpointProducer, cuts: list[Cut], member: Member) -> None:
        _strike(signal.SIGSTOP)
        sound(self, cuts, member)

    _replace(CheckpointProducer, "publish", publish)


def _strike(how: signal.Signals) -> None:
    if _struck:
        _struck.clear()
        os.kill(os.getpid(), how)


def _replace(kind: type, name: str, function: Callable[..., None]) -> None:
    setattr(kind, name, function)
