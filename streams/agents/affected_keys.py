"""Whom incidents touch, under keys of their own beside the states: written once, never rewritten.

A key is the prefix, the tenant, the incident's id and that of a ticket or an account.
"""

from collections.abc import Collection, Iterable
from itertools import islice

import msgspec

from streams.core.anomalies import Affected, Keys
from streams.engine import Batch

TICKETS, ACCOUNTS = b"t", b"a"
"""Prefixes of the keys; `SEPARATOR` stands between the names behind it."""
SEPARATOR = b"\x00"
_AFTER = b"\x01"

_encode = msgspec.msgpack.Encoder().encode
_affected = msgspec.msgpack.Decoder(Affected).decode
_count = msgspec.msgpack.Decoder(int).decode


class AffectedKeys:
    """Those of an incident, as a batch sees them: `Filed` for the core."""

    def __init__(self, batch: Batch, tenant: str, anomaly_id: str) -> None:
        self._batch = batch
        self._behind = SEPARATOR.join((tenant.encode(), anomaly_id.encode(), b""))

    def tickets(self, ticket_ids: Collection[str]) -> dict[str, Affected]:
        """Those of the tickets that have a key."""
        return {name: _affected(value) for name, value in self._read(TICKETS, ticket_ids)}

    def accounts(self, account_ids: Collection[str]) -> dict[str, int]:
        """How many tickets each of the accounts has that have any."""
        return {name: _count(value) for name, value in self._read(ACCOUNTS, account_ids)}

    def listed(self, behind: str, most: int) -> list[tuple[str, Affected]]:
        """The next tickets behind an id, at most so many, in the order of their ids."""
        start = TICKETS + self._behind
        # The first key behind an id's is that of the id and a zero byte.
        first = start + behind.encode() + SEPARATOR if behind else start
        pairs = islice(self._batch.scan(first, start[:-1] + _AFTER), most)
        return [(key[len(start) :].decode(), _affected(value)) for key, value in pairs]

    def put(self, keys: Keys) -> None:
        """Write keys, or delete them."""
        for prefix, changes in ((TICKETS, keys.tickets), (ACCOUNTS, keys.accounts)):
            for name, value in changes.items():
                key = prefix + self._behind + name.encode()
                self._batch.put(key, None if value is None else _encode(value))

    def _read(self, prefix: bytes, names: Collection[str]) -> Iterable[tuple[str, bytes]]:
        start = prefix + self._behind
        values = self._batch.get_many([start + name.encode() for name in names])
        return ((name, value) for name, value in zip(names, values, strict=True) if value)
