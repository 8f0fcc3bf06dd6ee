"""What a decision was made from besides the ticket, and back: both ways in one place."""

from msgspec.structs import replace

from schemas.records import AccountSnapshot, Decision, QueueLoad, RouteStatus, UsedInputs
from streams.core.tickets.handling import Handling


def used_by(handling: Handling) -> UsedInputs:
    """What the event is decided from; a replay is given it again."""
    account, status, link = handling.account, handling.status, handling.ticket.anomaly
    if account is None:
        plan = handling.plan
        used = UsedInputs(plan.reference, handling.model, handling.segment.name, handling.now)
    else:
        used = _of_account(handling, account)
    if link is not None:
        used = replace(used, anomaly=link, anomaly_revision=link.revision)
    weighed = handling.weighed
    if weighed is not None and (status is None or weighed.route != status.route):
        load = QueueLoad(
            weighed.route, weighed.updated_at, weighed.queue_depth, weighed.queue_target
        )
        used = replace(used, queue_load=load)
    return used if status is None else _with_status(used, status)


def _of_account(handling: Handling, account: AccountSnapshot) -> UsedInputs:
    asked, known = handling.plan.attributes, account.attributes
    # In the order of the fields: to name so many costs six times as much. No queue is told yet.
    used = UsedInputs(
        handling.plan.reference,
        handling.model,
        handling.segment.name,
        handling.now,
        account.as_of,
        account.health_as_of,
        None,
        account.contract_value,
        account.vip,
        account.churn_flag,
        account.tier,
        handling.ticket.verified,
        account.health,
        account.flood,
    )
    if not asked:
        return used
    told = {name: known[name] for name in asked if name in known}
    return replace(used, account_attributes=told)


def _with_status(used: UsedInputs, status: RouteStatus) -> UsedInputs:
    return replace(
        used,
        route_status_of=status.route,
        route_status_as_of=status.updated_at,
        route_open=status.open,
        agents_available=status.agents_available,
        queue_depth=status.queue_depth,
        queue_target=status.queue_target,
        expected_wait=status.expected_wait,
        next_opening_at=status.next_opening_at,
    )


def account_used(decision: Decision) -> AccountSnapshot | None:
    """The account as a decision was made from it, as far as anything depends on it."""
    used, notice = decision.used, decision.customer_notice
    if used.profile_as_of is None:
        return None
    return AccountSnapshot(
        account_id=decision.account_id or "",
        as_of=used.profile_as_of,
        tier=used.account_tier,
        vip=bool(used.vip),
        churn_flag=bool(used.churn_flag),
        contract_value=used.contract_value,
        health=used.health,
        # Nothing else of a decision depends on the language than what the customer is told.
        language=None if notice is None else notice.language,
        flood=used.flood,
        health_as_of=used.health_as_of,
        attributes=used.account_attributes,
    )


def statuses_used(used: UsedInputs) -> dict[str, RouteStatus]:
    """The routes as a decision was made from them, by name."""
    found = {}
    if (load := used.queue_load) is not None:
        found[load.route] = RouteStatus(
            load.route,
            True,
            load.as_of,
            queue_depth=load.queue_depth,
            queue_target=load.queue_target,
        )
    if used.route_status_of is not None:
        found[used.route_status_of] = RouteStatus(
            used.route_status_of,
            bool(used.route_open),
            used.route_status_as_of or 0,
            agents_available=used.agents_available,
            queue_depth=used.queue_depth,
            queue_target=used.queue_target,
            expected_wait=used.expected_wait,
            next_opening_at=used.next_opening_at,
        )
    return found
