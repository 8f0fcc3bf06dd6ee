"""The engine stands by itself, and its page shows an agent that runs."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import Producer

from tests.chaos.reading import read
from tests.conftest import Broker
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "engine.md"
OURS = ("schemas", "detectors", "streams")


def test_it_imports_nothing_of_ours() -> None:
    listing = "import sys; from streams.engine import *; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    ours = {name for name in loaded if name.split(".")[0] in OURS}
    assert {name for name in ours if not name.startswith("streams.engine")} == {"streams"}


@contextmanager
def running(agent: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, str(agent)], cwd=agent.parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def click(bootstrap: str, times: int) -> None:
    """So many clicks of `a`, half as many of `b`."""
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(times):
        producer.produce("clicks", b"", b"a")
        if number % 2:
            producer.produce("clicks", b"", b"b")
    assert producer.flush(10) == 0


def wait_for_tens(bootstrap: str, **expected: int) -> None:
    """Wait until the last ten of each key is told, and that each ten is told once, in order."""
    limit = time.monotonic() + PATIENCE
    while True:
        told: dict[str, list[int]] = {key: [] for key in expected}
        for message in read(bootstrap, "tens"):
            told[message.key().decode()].append(int(message.value()))
        if all(last in told[key] for key, last in expected.items()):
            break
        assert time.monotonic() < limit, told
        time.sleep(0.2)
    assert told == {key: list(range(10, last + 1, 10)) for key, last in expected.items()}


def test_the_agent_of_its_page_counts_on_after_it_was_killed(kafka: Broker, tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    agent = tmp_path / "agent.py"
    agent.write_text(code.replace("127.0.0.1:9092", kafka.bootstrap))
    kafka.topics(clicks=4, tens=4)
    click(kafka.bootstrap, 50)
    with running(agent):
        wait_for_tens(kafka.bootstrap, a=50, b=20)
    click(kafka.bootstrap, 50)
    with running(agent) as again:
        wait_for_tens(kafka.bootstrap, a=100, b=50)
        again.terminate()
        assert again.wait(PATIENCE) == 0
