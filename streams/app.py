"""Builds an agent's Faust app: settings, codec, policy, engine and agent put together."""

from dataclasses import replace

import faust
from faust import StreamT
from prometheus_client import CollectorRegistry

from schemas.records import PolicyVersion
from streams.agents.private import PrivateCodec
from streams.agents.published import POLICIES, PublishedPolicy
from streams.agents.unreadable import Unreadable
from streams.codec import codec_of
from streams.engine import Batch, Engine, Processor, make_app
from streams.health import Address, EngineChecks, Health
from streams.kinds import AGENTS, copy_of, engine_config, told_of
from streams.measuring import EngineGauges, EngineMetrics, RedactionCount
from streams.policies.local import policy_of
from streams.settings import Settings


def build(name: str, settings: Settings) -> faust.App:
    """The Faust app of an agent. Raises `ConfigError`."""
    kind = AGENTS[name]
    config = engine_config(name, settings)
    registry = CollectorRegistry()
    config = replace(config, observer=EngineMetrics(name, registry))
    raw, key = codec_of(settings), settings.privacy_key.encode()
    policies = copy_of(config, raw, POLICIES, PolicyVersion)
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
            await processor.process(batch)

    return app
