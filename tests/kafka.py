"""A real Kafka for as long as it is needed."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "deploy" / "kafka"


@contextmanager
def running_kafka(folder: Path) -> Iterator[str]:
    """Start Kafka with its data in a folder, give its bootstrap address, stop it at the end."""
    started = subprocess.run(
        [SCRIPTS / "start", folder], capture_output=True, text=True, timeout=300, check=False
    )
    assert started.returncode == 0, started.stderr
    try:
        yield started.stdout.strip().removeprefix("bootstrap=")
    finally:
        subprocess.run([SCRIPTS / "stop", folder], check=True, timeout=60)
