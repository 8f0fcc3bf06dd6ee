"""How long to wait before an attempt is repeated."""

import random
from collections.abc import Callable

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Exponential, with "equal jitter", in seconds: half of it is certain, half is chance.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. A receiver
    that asks for patience gets it, up to `most_patience`.
    """

    first: float = 1.0
    most: float = 60.0
    most_patience: float = 3_600.0

    def wait(
        self, attempts: int, asked: float, chance: Callable[[], float] = random.random
    ) -> float:
        """Seconds to wait after so many failed attempts, of which there is at least one."""
        whole: float = min(self.most, self.first * 2.0 ** min(attempts - 1, 32))
        return max(whole / 2 * (1 + chance()), min(asked, self.most_patience))
