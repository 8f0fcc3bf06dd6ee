"""The groups of one source of problems, kept in memory."""

from typing import Final

from detectors import Fingerprint
from detectors.masking import chunks
from schemas.records import ProblemReport
from streams.core.anomalies.grouping import Placed, place, shelf_number
from streams.core.anomalies.meanings import RENEWED, Meanings, place_meaning
from streams.core.anomalies.shelf import Shelf

MOST_ALIASES: Final = 100_000
"""Groups remembered that became another's; the oldest is forgotten first."""


class Groups:
    """Shelves, and which group became whose alias. Owned by whoever made it."""

    def __init__(self) -> None:
        self._shelves: dict[int, Shelf] = {}
        self._meanings = Meanings()
        self._met = 0
        self._aliases: dict[str, str] = {}
        self._forgotten = 0

    def place(self, found: Fingerprint) -> Placed:
        """The group of a problem: of its error text, else of its meaning, else its own."""
        if found.error_text is None:
            return self._meant(found) if found.meaning else Placed(found.id)
        text = chunks(found.template)
        placed = place(self._shelves.setdefault(shelf_number(text), Shelf()), found.id, text)
        for alias in placed.merged:
            self._join(alias, placed.group)
        return placed

    def _join(self, alias: str, group: str) -> None:
        """Both go by one name from now on.

        What a shelf forgot may come back the other way round, the alias before its group.
        """
        alias, group = self.leader(alias), self.leader(group)
        if alias != group:
            self._aliases[alias] = group
        if len(self._aliases) > MOST_ALIASES:
            del self._aliases[next(iter(self._aliases))]
            self._forgotten += 1

    def _meant(self, found: Fingerprint) -> Placed:
        """The cluster of a meaning; whatever is met counts as met long after all before it."""
        self._met += 1
        report = ProblemReport(
            report_id=str(self._met),
            ticket_id="",
            message_id="",
            fingerprint=found.id,
            fingerprint_version=found.version,
            category="",
            occurred_at=0,
            source_partition=0,
            source_watermark=0,
            component=found.component,
            meaning=found.meaning,
            meaning_version=found.meaning_version,
        )
        return place_meaning(self._meanings, report, self._met * RENEWED)

    def leader(self, group: str) -> str:
        """What a group goes by after all that was merged."""
        while group in self._aliases:
            group = self._aliases[group]
        return group

    @property
    def evicted(self) -> int:
        """Texts, meanings and names of groups that were given up for want of room."""
        shelves = sum(shelf.evicted for shelf in self._shelves.values())
        return shelves + self._meanings.evicted + self._forgotten
