"""The keys of affected tickets and accounts, in memory."""

from collections import defaultdict
from collections.abc import Collection

from streams.core.anomalies import Affected, Keys


class FiledInMemory:
    """Those of an incident."""

    def __init__(self) -> None:
        self.kept: dict[str, Affected] = {}
        self.counts: dict[str, int] = {}

    def tickets(self, ticket_ids: Collection[str]) -> dict[str, Affected]:
        """Those of the tickets that have a key."""
        return {name: self.kept[name] for name in ticket_ids if name in self.kept}

    def accounts(self, account_ids: Collection[str]) -> dict[str, int]:
        """How many tickets each of the accounts has that have any."""
        return {name: self.counts[name] for name in account_ids if name in self.counts}

    def listed(self, behind: str, most: int) -> list[tuple[str, Affected]]:
        """The next tickets behind an id, in the order of their ids."""
        return sorted(item for item in self.kept.items() if item[0] > behind)[:most]

    def put(self, keys: Keys) -> None:
        """Write keys, or delete them."""
        for name, ticket in keys.tickets.items():
            self.kept.pop(name, None)
            if ticket is not None:
                self.kept[name] = ticket
        for name, count in keys.accounts.items():
            self.counts.pop(name, None)
            if count is not None:
                self.counts[name] = count


def nobody_filed() -> defaultdict[str, FiledInMemory]:
    """The keys of each incident, by its id."""
    return defaultdict(FiledInMemory)
