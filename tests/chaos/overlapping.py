"""Faults that last a while, begun while others go on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec

P = ParamSpec("P")


class Overlapping:
    """Runs faults beside each other, at most one of a kind; the end waits for all of them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(4)
        self._going: dict[Callable[..., None], Future[None]] = {}

    def begin(self, fault: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Begin a fault, unless one of its kind is not over yet. Raises what an earlier one did."""
        earlier = self._going.get(fault)
        if earlier is None or earlier.done():
            if earlier is not None:
                earlier.result()
            self._going[fault] = self._pool.submit(fault, *args, **kwargs)

    def __enter__(self) -> "Overlapping":
        return self

    def __exit__(self, *raised: Any) -> None:
        self._pool.shutdown()
        for fault in self._going.values():
            fault.result()
