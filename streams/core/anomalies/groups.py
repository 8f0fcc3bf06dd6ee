"""The groups of one source of error texts, kept in memory."""

from detectors import Fingerprint
from detectors.masking import words
from streams.core.anomalies.grouping import Placed, Shelf, place, shelf_number


class Groups:
    """Shelves, and which group became whose alias. Owned by whoever made it."""

    def __init__(self) -> None:
        self._shelves: dict[int, Shelf] = {}
        self._aliases: dict[str, str] = {}

    def place(self, found: Fingerprint) -> Placed:
        """The group of a problem; one that is not named by an error text is its own."""
        if found.error_text is None:
            return Placed(found.id)
        text = words(found.template)
        placed = place(self._shelves.setdefault(shelf_number(text), Shelf()), found.id, text)
        self._aliases.update(dict.fromkeys(placed.merged, placed.group))
        return placed

    def leader(self, group: str) -> str:
        """What a group goes by after all that was merged."""
        while group in self._aliases:
            group = self._aliases[group]
        return group

    @property
    def evicted(self) -> int:
        """Texts that were given up for want of room."""
        return sum(shelf.evicted for shelf in self._shelves.values())
