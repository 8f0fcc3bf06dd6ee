"""Runs a handler as a worker process of its own."""

import asyncio
import logging
import sys

import faust
from prometheus_client import CollectorRegistry

from streams.engine import Batch, Engine, EngineConfig, Handler, Processor, Replica, make_app, run
from streams.health import Address, EngineChecks, Health


def serve(
    config: EngineConfig,
    handler: Handler,
    health: str = "",
    rest: float = 0.0,
    longest_rest: float = 0.0,
) -> None:
    """Run the handler on the engine until SIGTERM; logs to standard error.

    What it has replicas of is kept as it comes. It says how it is at the address `health`, and
    rests so many seconds after each batch. Its member of the group may take `longest_rest` seconds
    between two fetches, where that is given, before it leaves.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    app = make_app(config)
    # Faust's own interval makes a checkpoint, too.
    app.conf.broker_commit_interval = max(2.8, config.commit_pause / 1000)
    if longest_rest:
        app.conf.broker_max_poll_interval = longest_rest
    engine = Engine(app, config, [Replica(config, name, bytes) for name in config.replicated])
    processor = Processor(handler, config.max_failures_in_a_row, config.observer)
    if health:
        Health(Address.parse(health), EngineChecks(engine), CollectorRegistry())

    @app.agent(engine.channel)
    async def handle(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            await processor.process(batch)
            if rest:
                await asyncio.sleep(rest)

    run(app)
