"""`baton worker --agents tickets` with its stages timed.

    python timed_worker.py FILE

As it ends it writes to FILE, as JSON, what its messages took once it was warm: see `Taken`.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from streams.agents.tickets import TicketsAgent
from streams.cli.main import main
from tests.bench.measure import WARM_UP
from tests.bench.stages import Stages, Taken


def run(told: Path) -> None:
    """Be the worker; ends the process."""
    stages, leave, marks = Stages(), os._exit, [Taken(0, 0.0, {}, 0.0)]

    def mark(messages: int) -> None:
        done = marks[-1].messages + messages
        marks.append(Taken(done, time.process_time(), dict(stages.seconds), stages.timing))

    def tell(code: int) -> None:
        last = marks[-1]
        warm = next(one for one in marks if one.messages >= WARM_UP * last.messages)
        told.write_bytes(msgspec.json.encode(last.since(warm)))
        leave(code)

    with stages.watching(), patch.object(os, "_exit", tell):
        handle = TicketsAgent.records

        def marked(agent: TicketsAgent, batch: Any, records: list[Any]) -> None:
            handle(agent, batch, records)
            mark(len(records))

        with patch.object(TicketsAgent, "records", marked):
            main(["worker", "--agents", "tickets"])


if __name__ == "__main__":
    run(Path(sys.argv[1]))
