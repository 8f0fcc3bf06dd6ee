"""What of an account a ticket is decided with, and how its open tickets hear of a change."""

from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from schemas.records import (
    AccountHealth,
    AccountProfile,
    AccountSnapshot,
    Millis,
    TicketUpdate,
    UpdateKind,
)
from streams.core.accounts.state import AccountState

_encoder = msgspec.msgpack.Encoder()


def snapshot(profile: AccountProfile | None, health: AccountHealth) -> AccountSnapshot:
    """What a ticket is decided with, as of the later of the two."""
    if profile is None:
        return AccountSnapshot(
            account_id=health.account_id,
            as_of=health.updated_at,
            health=health.level,
            flood=health.flood,
            health_as_of=health.updated_at,
            recent_tickets=health.recent_tickets,
        )
    return replace(
        profile_snapshot(profile),
        as_of=max(profile.updated_at, health.updated_at),
        health=health.level,
        flood=health.flood,
        health_as_of=health.updated_at,
        recent_tickets=health.recent_tickets,
    )


def profile_snapshot(profile: AccountProfile) -> AccountSnapshot:
    """What a ticket is decided with while the account's health is not known."""
    return AccountSnapshot(
        account_id=profile.account_id,
        as_of=profile.updated_at,
        tier=profile.tier,
        vip=profile.vip,
        churn_flag=profile.churn_flag,
        contract_value=profile.contract_value,
        language=profile.language,
        attributes=profile.attributes,
    )


def weight(
    profile: AccountProfile | None,
) -> tuple[str | None, bool, bool, float | None]:
    """What of a profile changes decisions; an account the CRM does not know weighs nothing."""
    if profile is None:
        return (None, False, False, None)
    return (profile.tier, profile.vip, profile.churn_flag, profile.contract_value)


def account_changed(
    state: AccountState, known: AccountSnapshot, now: Millis
) -> tuple[TicketUpdate, ...]:
    """One update for each open ticket of the account, the oldest ticket first.

    Its attributes stay out: rules that ask for them read what a message says.
    """
    known = replace(known, attributes={})
    return tuple(
        TicketUpdate(
            update_id=_update_id(ticket_id, known),
            ticket_id=ticket_id,
            kind=UpdateKind.ACCOUNT_CHANGED,
            occurred_at=now,
            tenant=state.tenant,
            account_id=None if state.is_requester else known.account_id,
            account=known,
        )
        for ticket_id in sorted(state.open, key=lambda key: (state.open[key], key))
    )


def _update_id(ticket_id: str, known: AccountSnapshot) -> str:
    name = ticket_id.encode() + b"\x00" + _encoder.encode(known)
    return f"account-changed-{blake2b(name, digest_size=8).hexdigest()}"
