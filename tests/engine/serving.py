"""Runs a handler as a worker process of its own."""

import logging
import sys

import faust

from streams.engine import Batch, Engine, EngineConfig, Handler, Processor, Replica, make_app, run


def serve(config: EngineConfig, handler: Handler) -> None:
    """Run the handler on the engine until SIGTERM; logs to standard error.

    What it has replicas of is kept as it comes.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    app = make_app(config)
    engine = Engine(app, config, [Replica(config, name, bytes) for name in config.replicated])
    processor = Processor(handler, config.max_failures_in_a_row, config.observer)

    @app.agent(engine.channel)
    async def handle(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            processor.process(batch)

    run(app)
