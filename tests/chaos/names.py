"""What feed, workers and verifier of a drill agree on: names of topics, and two words."""

from dataclasses import dataclass
from typing import Final

POISON: Final = "poison"
"""What makes a counting worker raise."""
NEXT_VERSION: Final = "2"
"""Of counting workers: they keep a field more of each key."""


@dataclass(frozen=True)
class Names:
    """Every topic is named for the group."""

    group: str

    @property
    def source(self) -> str:
        """What the workers read."""
        return f"{self.group}-source"

    @property
    def sides(self) -> tuple[str, str]:
        """What workers over two topics read."""
        return f"{self.group}-left", f"{self.group}-right"

    @property
    def answers(self) -> str:
        """One record for every source record, on the partition of the same number."""
        return f"{self.group}-answers"

    @property
    def reminders(self) -> str:
        """One record for every timer that fires."""
        return f"{self.group}-reminders"

    @property
    def failed(self) -> str:
        """Source records that could not be handled."""
        return f"{self.group}-failed"

    @property
    def changelog(self) -> str:
        """Where the workers keep their state."""
        return f"{self.group}-counts-changelog"
