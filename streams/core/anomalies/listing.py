"""The list at an incident's end, in as many records as it needs: nobody is left untold."""

from itertools import accumulate, takewhile
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.records import AffectedTicket, Anomaly, AnomalyState, Millis
from streams.core.anomalies.record import as_records, record
from streams.core.anomalies.state import Affected, Incident, Keys, Known
from streams.core.policy.anomalies import AnomalyPolicy

LIST_BYTES: Final = 600_000
"""Of a part's tickets and accounts in JSON, which is longer than Avro. The broker takes a record of
1 MB (Kafka's `message.max.bytes`), and there is more in it."""
PAUSE: Final = 1_000
"""Milliseconds between two parts, so that no batch holds all of a long list."""
DELETED_AT_ONCE: Final = 5_000
"""Tickets whose keys are deleted at once."""


def next_part(
    known: Known, incident: Incident, keys: Keys, policy: AnomalyPolicy, now: Millis
) -> tuple[Incident, Anomaly]:
    """The incident that is over, and the next record of whom it touched.

    `keys` are those that are about to change. It is due again when the next part is to be told, or
    when it no longer comes back.
    """
    ended = incident.resolved_at or now
    rest = _rest(known, incident, keys.tickets, policy.affected_tickets + 1)
    part = rest[: min(_room(rest), policy.affected_tickets)]
    more = len(part) < len(rest)
    incident = replace(
        incident,
        part=incident.part + 1,
        listed_to=part[-1].ticket_id if more else "",
        deadline=now + PAUSE if more else max(now, ended + policy.flap),
    )
    accounts = {one.account_id for one in part if one.account_id is not None}
    anomaly = replace(
        record(incident, AnomalyState.RESOLVED, policy, ended),
        affected=tuple(sorted(part, key=lambda one: (one.reported_at, one.ticket_id))),
        affected_accounts=tuple(sorted(accounts)),
        resolved_at=ended,
        part=incident.part,
        more_follow=more,
        total_tickets=incident.tickets,
        total_accounts=incident.accounts,
    )
    return incident, anomaly


def deleted(known: Known, incident: Incident) -> tuple[Incident, Keys]:
    """The incident with some more of its keys to be deleted, none where there are none left.

    It goes on behind the last: what lies before it would be looked at again each time.
    """
    some = known.affected(incident.anomaly_id).listed(incident.listed_to, DELETED_AT_ONCE)
    owners = (one.account_id for _, one in some if one.account_id is not None)
    incident = replace(incident, listed_to=some[-1][0] if some else "")
    return incident, Keys(dict.fromkeys(name for name, _ in some), dict.fromkeys(owners))


def _rest(
    known: Known, incident: Incident, changed: dict[str, Affected | None], most: int
) -> list[AffectedTicket]:
    """The next tickets of the list, as they will be once the changes are written."""
    behind = incident.listed_to
    stored = known.affected(incident.anomaly_id).listed(behind, most + len(changed))
    found: dict[str, Affected | None] = dict(stored)
    found.update((name, one) for name, one in changed.items() if name > behind)
    return as_records({name: one for name, one in sorted(found.items()) if one is not None})[:most]


def _room(tickets: list[AffectedTicket]) -> int:
    """How many of the tickets a record has room for, at least one."""
    sizes = accumulate(map(_size, tickets))
    return max(1, sum(1 for _ in takewhile(LIST_BYTES.__ge__, sizes)))


def _size(ticket: AffectedTicket) -> int:
    """Bytes of a ticket and of its account."""
    return len(msgspec.json.encode((ticket, ticket.account_id)))
