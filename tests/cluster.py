"""A real Kafka of three brokers on this machine: what one of them has, another one has, too.

It takes its jars from `deploy/kafka`. Each node is broker and controller, with a small heap.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import ElectionType
from confluent_kafka.admin import AdminClient, NewTopic, PartitionMetadata

from tests.kafka import JAVA
from tests.patience import PATIENCE
from tests.ports import free_ports
from tests.secured_kafka import java, what_is_wrong

NODES = (1, 2, 3)
CLUSTER_ID = "baton-three-brokers-kk"
START_TIMEOUT = 300.0
"""Seconds: three of them on a busy machine take long."""
FRUGAL = (
    "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.logFile=System.out",
)  # fmt: skip
"""Three of them share a machine: as little memory and compiling as will do."""

PROPERTIES = """
process.roles=broker,controller
node.id={node}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={folder}/data

default.replication.factor=3
min.insync.replicas=2
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# A dead broker's partitions have new leaders soon, a busy machine's brokers are not taken for dead.
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=6000
controller.quorum.election.timeout.ms=5000
controller.quorum.fetch.timeout.ms=5000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
"""


class Cluster:
    """Its nodes by number; each can be killed, and started again with what it had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nodes: dict[int, subprocess.Popen[bytes]] = {}
        ports = free_ports(2 * len(NODES))
        controllers = dict(zip(NODES, ports[: len(NODES)], strict=True))
        brokers = dict(zip(NODES, ports[len(NODES) :], strict=True))
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in controllers.items())
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in brokers.values())
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for node in NODES:
            self._folder_of(node).mkdir(parents=True)
            self._properties_of(node).write_text(
                PROPERTIES.format(
                    node=node,
                    voters=voters,
                    port=brokers[node],
                    controller=controllers[node],
                    folder=self._folder_of(node),
                )
            )
        self._format()

    def start(self, *nodes: int) -> None:
        """Start nodes and wait until they serve."""
        for node in nodes:
            with self._log_of(node).open("wb") as output:
                self._nodes[node] = subprocess.Popen(
                    [*JAVA, *FRUGAL, "kafka.Kafka", self._properties_of(node)],
                    stdout=output, stderr=subprocess.STDOUT,
                )  # fmt: skip
        limit = time.monotonic() + START_TIMEOUT
        for node in nodes:
            while b"Kafka Server started" not in self._log_of(node).read_bytes():
                given_up = self._nodes[node].poll() is not None or time.monotonic() > limit
                assert not given_up, what_is_wrong(self._log_of(node))
                time.sleep(0.1)

    def kill(self, node: int) -> None:
        """End a node with SIGKILL."""
        self._nodes[node].kill()
        self._nodes.pop(node).wait()

    def stop(self) -> None:
        """End all nodes at once: nobody takes over from them."""
        for node in list(self._nodes):
            self.kill(node)

    def create_all(self, names: Sequence[str], partitions: int) -> None:
        """Make topics that every broker has."""
        new = [NewTopic(name, partitions, len(NODES)) for name in names]
        for made in self._admin.create_topics(new).values():
            made.result(PATIENCE)
        for name in names:
            self.wait_until_in_sync(name, partitions)

    def leader_of(self, topic: str, partition: int) -> int:
        """The broker that leads a partition, -1 while there is none."""
        leader: int = self._described(topic)[partition].leader
        return leader

    def wait_until_in_sync(self, topic: str, partitions: int) -> None:
        """Wait until every broker has all of a topic."""
        limit = time.monotonic() + START_TIMEOUT
        while sum(len(one.isrs) for one in self._described(topic).values()) < partitions * len(
            NODES
        ):
            assert time.monotonic() < limit, f"{topic} lacks copies"
            time.sleep(0.1)

    def move_leaders_back(self) -> None:
        """Give every partition its first leader again."""
        self._admin.elect_leaders(ElectionType.PREFERRED).result(PATIENCE)

    def _described(self, topic: str) -> dict[int, PartitionMetadata]:
        found: dict[int, PartitionMetadata] = (
            self._admin.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        )
        return found

    def _format(self) -> None:
        """Make the data folders: the first by Kafka, which takes seconds, the others alike."""
        java(
            "kafka.tools.StorageTool", "format",
            "--cluster-id", CLUSTER_ID, "--config", self._properties_of(NODES[0]),
        )  # fmt: skip
        made = self._folder_of(NODES[0]) / "data"
        for node in NODES[1:]:
            data = self._folder_of(node) / "data"
            shutil.copytree(made, data)
            identity = data / "meta.properties"
            lines = [line for line in identity.read_text().splitlines() if ".id=" not in line]
            identity.write_text("\n".join([*lines, f"cluster.id={CLUSTER_ID}", f"node.id={node}"]))

    def _folder_of(self, node: int) -> Path:
        return self._folder / str(node)

    def _properties_of(self, node: int) -> Path:
        return self._folder_of(node) / "server.properties"

    def _log_of(self, node: int) -> Path:
        return self._folder_of(node) / "kafka.log"


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start all nodes with their data in a folder, and end them."""
    cluster = Cluster(folder)
    try:
        cluster.start(*NODES)
        yield cluster
    finally:
        cluster.stop()
