"""Brokers for tests, and a watch over what is only logged."""

import logging
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from streams.admin.topics import Difference, Finding, Topics, Wanted
from streams.embedded import EmbeddedBroker
from streams.engine import Connection
from tests.kafka import shared_kafka

# How long an example takes says more of the machine than of the code.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# A test's broker is gone before its JVM has gained anything by optimising it: half the CPU.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

TOGETHER = ("security", "chaos")
"""Folders whose files share a broker of their own: one process has them all."""

FIRST = (*TOGETHER, "integration", "cli/test_demo.py", "engine")
"""What mostly waits for brokers and workers; the longest first, but for the demo, which is held to
its times: not beside all that begins at once.
"""

OUR_LOGGERS = ("baton", "schemas", "detectors", "streams")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits begins first, so that no process is left alone with it at the end."""
    here = Path(__file__).parent
    paths = {item.path: item.path.relative_to(here).as_posix() for item in items}
    items.sort(key=lambda item: not_first(paths[item.path]))


def not_first(path: str) -> int:
    """How many of those that are first come before a file."""
    return next((n for n, begin in enumerate(FIRST) if path.startswith(begin)), len(FIRST))


class ByBroker(LoadFileScheduling):  # type: ignore[misc]
    """A process has all tests of a file, or of a folder whose files share a broker."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in TOGETHER else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByBroker:
    """How tests are dealt out to processes."""
    return ByBroker(config, log)


@dataclass(frozen=True)
class Broker:
    """A broker to test against. `transactional` is whether it is a real one.

    `create_all` makes topics of so many partitions; a real broker makes many as soon as one.
    """

    bootstrap: str
    transactional: bool
    create_all: Callable[[Sequence[str], int], None]

    @property
    def connection(self) -> Connection:
        """How clients connect to it."""
        return Connection(self.bootstrap)

    def create(self, name: str, partitions: int) -> None:
        """Make a topic."""
        self.create_all([name], partitions)

    def topics(self, **partitions: int) -> None:
        """Make topics; an underscore in a name stands for a dot."""
        for name, count in partitions.items():
            self.create(name.replace("_", "."), count)


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Kafka from deploy/kafka, one for all processes of a run. In CI it must be there."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    missing = [tool for tool in ("java", "mvn", "ps") if shutil.which(tool) is None]
    if missing:
        reason = f"real Kafka needs {' and '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with shared_kafka(folder / "kafka") as kafka:
        yield kafka.bootstrap
    if not (kafka.folder / "pid").exists():
        host, port = kafka.bootstrap.split(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=5)


def real(bootstrap: str) -> Broker:
    """A real Kafka that runs there."""
    topics = Topics(Connection(bootstrap))

    def create(names: Sequence[str], partitions: int) -> None:
        wanted = [Wanted(name, partitions, 1, {}) for name in names]
        topics.apply(Finding(one, Difference.MISSING) for one in wanted)

    return Broker(bootstrap, True, create)


def mocked(made: EmbeddedBroker) -> Broker:
    """An embedded broker that runs."""

    def create(names: Sequence[str], partitions: int) -> None:
        for name in names:
            made.create_topic(name, partitions)

    return Broker(made.bootstrap, False, create)


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Broker:
    """The real Kafka."""
    return real(kafka_bootstrap)


@pytest.fixture
def embedded() -> Iterator[Broker]:
    """A fresh embedded broker."""
    with EmbeddedBroker({}) as broker:
        yield mocked(broker)


@pytest.fixture(params=["embedded", "kafka"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: what holds on one holds on the other."""
    found: Broker = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def unique(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A name that no other test uses on the shared broker."""
    return f"{request.node.originalname.replace('_', '-')[:40]}-{tmp_path.name[-12:]}-{os.getpid()}"


@pytest.fixture(autouse=True)
def no_logged_errors(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """An error that is only logged fails the test, unless it says `logs_errors`."""
    yield
    if request.node.get_closest_marker("logs_errors") is None:
        errors = [
            record.getMessage()
            for record in caplog.get_records("call")
            if record.levelno >= logging.ERROR and record.name.split(".")[0] in OUR_LOGGERS
        ]
        assert not errors, errors
