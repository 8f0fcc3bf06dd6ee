"""The kinds of agents: what each reads and writes, and how it is made from settings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from prometheus_client.registry import Collector

from schemas.codec import BadRecord, Codec, RegistryError
from schemas.records import AccountHealth, AccountProfile, Anomaly, Millis, Record, RouteStatus
from schemas.topics import OPEN_ANOMALIES, PARTITIONER, ROUTES, TOPICS, route_topic
from streams.agents.accounts import HEALTH_TOPIC, PROFILES_TOPIC, AccountsAgent
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.anomaly_states import tenant_of
from streams.agents.deciding import Decider
from streams.agents.linking import Linker
from streams.agents.published import POLICIES
from streams.agents.states import named_by
from streams.agents.ticket_states import ticket_of
from streams.agents.tickets import ROUTE_STATUS, TicketsAgent
from streams.clock import parse_clock
from streams.core.policy import Policy
from streams.engine import BrokerFailed, EngineConfig, Handler, Replica, SourceKey
from streams.errors import ConfigError
from streams.measuring import AnomalyCount, ClockCount
from streams.policies.local import policy_of, route_names
from streams.readers import reader_of
from streams.security import connection_of
from streams.settings import Settings

R = TypeVar("R", bound=Record)

InForce = Callable[[Millis], Policy]
"""The policy in force at a time."""


@dataclass(frozen=True)
class Agent:
    """An agent ready to run: its handling, what it reads beside sources and policies, metrics."""

    handler: Handler
    replicas: tuple[Replica[Any], ...] = ()
    collectors: tuple[Collector, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of agent: what it reads, how it is made, and what it has a replica of.

    `source_key` tells which source records' key a state key belongs to.
    """

    sources: tuple[str, ...]
    source_key: SourceKey
    make: Callable[[Settings, EngineConfig, Codec, InForce], Agent]
    replicated: tuple[str, ...] = ()


def _tickets(settings: Settings, config: EngineConfig, codec: Codec, in_force: InForce) -> Agent:
    profiles = copy_of(config, codec, PROFILES_TOPIC, AccountProfile)
    healths = copy_of(config, codec, HEALTH_TOPIC, AccountHealth)
    statuses = copy_of(config, codec, ROUTE_STATUS, RouteStatus)
    anomalies = copy_of(config, codec, OPEN_ANOMALIES, Anomaly)
    reader = reader_of(settings)
    # On a busy machine it can take longer than a session or a transaction may last.
    reader.warm_up()
    decider = Decider(
        policy_of(settings),
        profiles.get,
        in_force,
        healths.get,
        reader,
        statuses.get,
        Linker(lambda: anomalies.changes, anomalies.values),
    )
    replicas, clocks = (profiles, healths, statuses, anomalies), ClockCount(TicketsAgent.name)
    return Agent(TicketsAgent(codec, decider, clocks), replicas, clocks.collectors)


def _anomalies(settings: Settings, _config: EngineConfig, codec: Codec, in_force: InForce) -> Agent:
    policy = policy_of(settings)
    count = AnomalyCount(AnomaliesAgent.name)
    agent = AnomaliesAgent(codec, policy.anomalies, lambda now: in_force(now).anomalies, count)
    return Agent(agent, (), count.collectors)


def _accounts(_settings: Settings, _config: EngineConfig, codec: Codec, in_force: InForce) -> Agent:
    return Agent(AccountsAgent(codec, in_force))


def copy_of(config: EngineConfig, codec: Codec, topic: str, kind: type[R]) -> Replica[R]:
    """A replica of a topic that holds one kind of record."""
    return Replica(config, config.connection.topic(topic), partial(_read, codec, topic, kind))


def _read(codec: Codec, topic: str, kind: type[R], value: bytes) -> R | None:
    """A record of a replicated topic; None for what cannot be read, which its reader reports.

    Raises `BrokerFailed` where the registry is away: what asks for the record is not at fault.
    """
    try:
        record = codec.decode(topic, value)
    except BadRecord:
        return None
    except RegistryError as error:
        raise BrokerFailed(str(error)) from error
    return record if isinstance(record, kind) else None


AGENTS = {
    TicketsAgent.name: Kind(
        TicketsAgent.sources,
        ticket_of,
        _tickets,
        (PROFILES_TOPIC, POLICIES, HEALTH_TOPIC, ROUTE_STATUS, OPEN_ANOMALIES),
    ),
    AnomaliesAgent.name: Kind(AnomaliesAgent.sources, tenant_of, _anomalies, (POLICIES,)),
    AccountsAgent.name: Kind(AccountsAgent.sources, named_by, _accounts, (POLICIES,)),
}
"""Every agent by its name. Each is an app, a consumer group and a process of its own."""


def told_of(name: str) -> set[str]:
    """The replicated topics whose unreadable records the agent tells of.

    One agent tells of each; of a topic that is an agent's source, that one does anyway.
    """
    sources = {topic for kind in AGENTS.values() for topic in kind.sources}
    first: dict[str, str] = {}
    for agent, kind in AGENTS.items():
        for topic in kind.replicated:
            first.setdefault(topic, agent)
    return {topic for topic, agent in first.items() if agent == name and topic not in sources}


def engine_config(name: str, settings: Settings) -> EngineConfig:
    """What the engine of an agent runs with."""
    try:
        clock = parse_clock(settings.clock)
    except ValueError:
        raise ConfigError(
            f"clock: expected wall, records or shown@realxspeed, got {settings.clock!r}"
        ) from None
    connection, kind = connection_of(settings), AGENTS[name]

    def on_broker(topics: Iterable[str]) -> tuple[str, ...]:
        return tuple(connection.topic(topic) for topic in topics)

    return EngineConfig(
        connection=connection,
        group=f"{settings.group}-{name}",
        sources=on_broker(kind.sources),
        outputs=on_broker(outputs(name, settings)),
        replicated=on_broker(kind.replicated),
        store="state",
        data_dir=settings.data_dir,
        worker_id=settings.worker_name(),
        guarantee=settings.guarantee,
        partitioner=PARTITIONER,
        batch_size=settings.batch_size,
        commit_interval=settings.commit_interval,
        transaction_timeout=settings.transaction_timeout,
        fetch_wait=settings.fetch_wait,
        session_timeout=settings.session_timeout,
        heartbeat_interval=settings.heartbeat_interval,
        create_changelog=settings.create_changelogs,
        replication=settings.replication,
        clock=clock,
    )


def outputs(name: str, settings: Settings) -> list[str]:
    """The topics that an agent writes."""
    writers = {f"{name} agent", "every agent"}
    written = [topic.name for topic in TOPICS.values() if writers.intersection(topic.writers)]
    if writers.intersection(ROUTES.writers):
        written += [route_topic(route) for route in route_names(policy_of(settings))]
    return written


def changelogs(settings: Settings) -> list[str]:
    """The changelog topics of all agents, for a broker on which workers cannot make them."""
    return [engine_config(name, settings).changelog for name in AGENTS]
