"""What a consumer has is taken without waiting for more."""

from collections import deque
from typing import Any, cast

from streams.engine.arrived import arrived


class Queue:
    """A consumer with some messages that nothing follows."""

    def __init__(self, *messages: str) -> None:
        self._messages = deque(messages)
        self.waited = 0.0

    def poll(self, timeout: float) -> str | None:
        """The next one, or none after the whole time."""
        if self._messages:
            return self._messages.popleft()
        self.waited += timeout
        return None

    def consume(self, most: int, timeout: float) -> list[str]:
        """As many as may be; the whole time for those that there are not."""
        taken = [self._messages.popleft() for _ in range(min(most, len(self._messages)))]
        self.waited += timeout if len(taken) < most else 0
        return taken


def taken(queue: Queue, most: int) -> list[Any]:
    """What is taken of it, with a minute to wait."""
    return arrived(cast(Any, queue), most, 60)


def test_what_has_come_does_not_wait_for_more() -> None:
    queue = Queue("a", "b", "c")
    assert taken(queue, 10) == ["a", "b", "c"]
    assert queue.waited == 0


def test_no_more_is_taken_than_may_be() -> None:
    queue = Queue("a", "b", "c")
    assert taken(queue, 2) == ["a", "b"]
    assert taken(queue, 1) == ["c"]


def test_the_first_is_waited_for() -> None:
    queue = Queue()
    assert taken(queue, 10) == []
    assert queue.waited == 60
