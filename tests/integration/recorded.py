"""What workers decided on a broker, and what `baton replay` makes of what they left there."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from schemas.codec import Codec
from schemas.records import Decision
from streams.cli.tail import as_json_line
from streams.engine import Connection
from streams.reading import Follower

DECISIONS = "support.decisions"


def told(connection: Connection, topic: str, file: Path) -> Path:
    """A file of what `baton tail --from-start --until-end --json` writes of a topic."""
    with (
        Follower(connection, Codec(), [topic], from_start=True) as follower,
        file.open("wb") as out,
    ):
        for seen in follower.to_end():
            out.write(as_json_line(seen) + b"\n")
    return file


def replayed(
    connection: Connection, folder: Path, partitions: int, variables: Mapping[str, str]
) -> list[Decision]:
    """What `baton replay` decides of all that lies on the topics, queues and policies included."""
    events, decisions, policies = (
        str(told(connection, topic, folder / f"{topic}.jsonl"))
        for topic in ("support.conversations", DECISIONS, "support.policies")
    )
    command = [sys.executable, "-m", "streams.cli.main", "replay", events]
    options = ["--partitions", str(partitions), "--decisions", decisions, "--policies", policies]
    done = subprocess.run(
        [*command, *options], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [msgspec.json.decode(line, type=Decision) for line in done.stdout.splitlines()]


def differing(made: list[Decision], again: list[Decision]) -> list[Decision]:
    """The decisions that are not the other's at the same place of their ticket."""
    return [*_missing(made, again), *_missing(again, made)]


def _missing(some: list[Decision], others: list[Decision]) -> list[Decision]:
    known = {(one.ticket_id, one.sequence): one for one in others}
    return [one for one in some if known.get((one.ticket_id, one.sequence)) != one]
