"""Builds an agent's Faust app: settings, codec, policy, engine and agent put together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import faust
from faust import StreamT
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from schemas.codec import BadRecord, Codec
from schemas.records import (
    AccountHealth,
    AccountProfile,
    Anomaly,
    Millis,
    PolicyVersion,
    Record,
    RouteStatus,
)
from schemas.topics import OPEN_ANOMALIES, PARTITIONER, ROUTES, TOPICS, route_topic
from streams.agents.accounts import HEALTH_TOPIC, PROFILES_TOPIC, AccountsAgent
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.anomaly_states import tenant_of
from streams.agents.deciding import Decider
from streams.agents.linking import Linker
from streams.agents.private import PrivateCodec
from streams.agents.published import POLICIES, PublishedPolicy
from streams.agents.states import named_by
from streams.agents.ticket_states import ticket_of
from streams.agents.tickets import ROUTE_STATUS, TicketsAgent
from streams.agents.unreadable import Unreadable
from streams.clock import parse_clock
from streams.codec import codec_of
from streams.core.policy import Policy
from streams.engine import (
    Batch,
    Engine,
    EngineConfig,
    Handler,
    Processor,
    Replica,
    SourceKey,
    make_app,
)
from streams.errors import ConfigError
from streams.health import Address, EngineChecks, Health
from streams.measuring import AnomalyCount, ClockCount, EngineGauges, EngineMetrics, RedactionCount
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
    profiles = _copy(config, codec, PROFILES_TOPIC, AccountProfile)
    healths = _copy(config, codec, HEALTH_TOPIC, AccountHealth)
    statuses = _copy(config, codec, ROUTE_STATUS, RouteStatus)
    anomalies = _copy(config, codec, OPEN_ANOMALIES, Anomaly)
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


def _copy(config: EngineConfig, codec: Codec, topic: str, kind: type[R]) -> Replica[R]:
    """A replica of a topic that holds one kind of record."""
    return Replica(config, config.connection.topic(topic), partial(_read, codec, topic, kind))


def _read(codec: Codec, topic: str, kind: type[R], value: bytes) -> R | None:
    """A record of a replicated topic; None for what cannot be read, which its reader reports."""
    try:
        record = codec.decode(topic, value)
    except BadRecord:
        return None
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


def build(name: str, settings: Settings) -> faust.App:
    """The Faust app of an agent. Raises `ConfigError`."""
    kind = AGENTS[name]
    config = engine_config(name, settings)
    registry = CollectorRegistry()
    config = replace(config, observer=EngineMetrics(name, registry))
    raw, key = codec_of(settings), settings.privacy_key.encode()
    policies = _copy(config, raw, POLICIES, PolicyVersion)
    in_force = PublishedPolicy(policies.get, policy_of(settings)).at
    count = RedactionCount(name, registry)
    codec = PrivateCodec(raw, lambda now: in_force(now).privacy, key, count)
    agent = kind.make(settings, config, codec, in_force)
    replicas, unreadable = (policies, *agent.replicas), Unreadable(name, codec)
    for replica in replicas:
        if config.connection.name(replica.topic) in told_of(name):
            replica.unreadable = unreadable.add
    app = make_app(config)
    engine = Engine(app, config, replicas)
    for collector in (EngineGauges(name, engine), *agent.collectors):
        registry.register(collector)
    processor = Processor(agent.handler, config.max_failures_in_a_row, config.observer)
    if settings.health_address:
        address = Address.parse(settings.health_address)
        place = list(AGENTS).index(name)
        Health(replace(address, port=address.port + place), EngineChecks(engine), registry)

    @app.agent(engine.channel, name=name)
    async def handle(batches: StreamT[Batch]) -> None:
        async for batch in batches:
            for replica in replicas:
                replica.refresh()
            unreadable.tell(batch)
            processor.process(batch)

    return app


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
