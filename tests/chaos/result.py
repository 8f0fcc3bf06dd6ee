"""What came of a drill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.group import UNEXPLAINED
from tests.chaos.verdict import Verdict


@dataclass(frozen=True)
class Result:
    """What came of a drill. Gaps are those of a reader of committed records, in milliseconds.

    Attributes:
        drill: Its name.
        verdict: What the verifier found.
        read: Whether the workers had read all in time.
        seconds: How long it was fed.
        rate: Records a second that were fed.
        exits: How workers ended: exit code, or signal as a negative number, and how often.
        by_stroke: What was done each time, and the longest gaps on the partitions of the worker it
            was done to and on the others.
        broken: Whether the engine was broken on purpose.

    """

    drill: str
    verdict: Verdict
    read: bool
    seconds: float
    rate: int
    exits: Mapping[int, int]
    by_stroke: Sequence[tuple[str, int, int]] = ()
    broken: bool = False

    @property
    def passed(self) -> bool:
        """Whether it is exact, or is not where the engine was broken on purpose.

        A worker that ended without a reason fails every drill.
        """
        return self.exact != self.broken and UNEXPLAINED not in self.exits

    @property
    def exact(self) -> bool:
        """Whether all was read and nothing is wrong."""
        return self.read and self.verdict.exact

    @property
    def longest_gap_ms(self) -> int:
        """On the partitions of a worker something was done to."""
        return max((own for _, own, _ in self.by_stroke), default=0)

    @property
    def longest_gap_others_ms(self) -> int:
        """On the others."""
        return max((others for _, _, others in self.by_stroke), default=0)

    def line(self) -> dict[str, object]:
        """The result as one flat object."""
        verdict = self.verdict
        return {
            "drill": self.drill,
            "messages": verdict.messages,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "wrong": verdict.wrong,
            "exact": self.exact,
            "passed": self.passed,
            "all_read": self.read,
            "seconds": round(self.seconds),
            "messages_per_second": self.rate,
            "strokes": len(self.by_stroke),
            "longest_gap_ms": self.longest_gap_ms,
            "longest_gap_others_ms": self.longest_gap_others_ms,
            "exits": {str(code): count for code, count in sorted(self.exits.items())},
        }
