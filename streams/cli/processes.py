"""The processes of one command: begun together, ended together."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

GRACE = 15.0
"""Seconds a process has for its last checkpoint before it is killed."""
STEP = 0.1
"""Seconds within which it is seen that we are told to stop."""


class Processes:
    """Processes that wait at a gate, and end when we do, however that comes about."""

    def __init__(self, children: Sequence[BaseProcess], gate: Connection) -> None:
        self._children = children
        self._gate = gate

    def supervise(self) -> int:
        """Let them begin, run until one ends or we are told to stop, then end them all.

        Returns the exit code of the one that ended first: 1 where that is 0, 128 and the signal's
        number where one killed it. When told to stop, 0 or the code of one that could not end well.
        """
        told: list[int] = []

        def tell(number: int, frame: FrameType | None) -> None:
            told.append(number)

        signal.signal(signal.SIGTERM, tell)
        signal.signal(signal.SIGINT, tell)
        os.write(self._gate.fileno(), b"." * len(self._children))
        code = 0
        while not told:
            ended = [child for child in self._children if child.exitcode is not None]
            if ended:
                code = _code_of(ended[0])
                break
            wait([child.sentinel for child in self._children], STEP)
        self._end()
        return code or max(map(_code_at_end, self._children))

    def _end(self) -> None:
        """End them with SIGTERM, and with SIGKILL what is left after the grace."""
        for child in self._children:
            child.terminate()
        limit = time.monotonic() + GRACE
        for child in self._children:
            child.join(max(0.0, limit - time.monotonic()))
            child.kill()
            child.join()


def _code_at_end(ended: BaseProcess) -> int:
    """0 for one that did as it was told, also before it had begun."""
    code = ended.exitcode or 0
    if code < 0:
        return 0 if code == -signal.SIGTERM else 128 - code
    return code


def _code_of(ended: BaseProcess) -> int:
    """What to end with; whoever was killed, or told to end, has not said why."""
    code = ended.exitcode or 0
    if code > 0:
        return code
    how = f"was killed ({signal.Signals(-code).name})" if code else "was told to end"
    print(f"{ended.name} {how}: the others end, too", file=sys.stderr)
    return 128 - code if code else 1


@contextmanager
def begun(run: Callable[[str], None], names: Sequence[str]) -> Iterator[Processes]:
    """A process for each name, to run `run(name)` in a session of its own.

    On Linux they are copies of this process, which must have no threads yet, and share what it has
    imported; elsewhere the system's libraries do not bear that.
    """
    context = get_context("fork") if sys.platform == "linux" else get_context("spawn")
    (waiting, gate), (lifeline, ours) = context.Pipe(duplex=False), context.Pipe(duplex=False)
    # What is here now is not looked through again: that would be to copy it.
    gc.freeze()
    children: list[BaseProcess] = [
        context.Process(target=_begin, name=name, args=(run, name, waiting, lifeline, ours))
        for name in names
    ]
    for child in children:
        child.start()
    with waiting, gate, lifeline, ours:
        yield Processes(children, gate)


def _begin(
    run: Callable[[str], None],
    name: str,
    gate: Connection,
    lifeline: Connection,
    theirs: Connection,
) -> None:
    theirs.close()
    os.setsid()
    end_with(lifeline.fileno())
    os.read(gate.fileno(), 1)
    run(name)


def end_with(lifeline: int, grace: float = GRACE) -> None:
    """Have this process end in order when the descriptor does, or be killed after the grace."""

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
