"""A secured Kafka, and `baton` as a process of one of its users."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.patience import PATIENCE
from tests.secured_kafka import ADMIN, SecuredKafka, java, secured_kafka

ACLS = "org.apache.kafka.tools.AclCommand"
KINDS = {
    "--topic": ResourceType.TOPIC,
    "--group": ResourceType.GROUP,
    "--transactional-id": ResourceType.TRANSACTIONAL_ID,
}
OPERATIONS = {one.name.replace("_", "").lower(): one for one in AclOperation}


@dataclass(frozen=True)
class Site:
    """A company's corner of a shared Kafka: its topics' prefix, its groups, its data."""

    kafka: SecuredKafka
    prefix: str
    group: str
    data: Path

    def environment(self, user: str, **changes: str) -> dict[str, str]:
        """What a user's process runs with."""
        settings = {
            "BATON_TOPIC_PREFIX": self.prefix,
            "BATON_GROUP": self.group,
            "BATON_DATA_DIR": str(self.data),
            "BATON_WORKER_ID": "w1",
            "BATON_REPLICATION": "1",
            "BATON_CLOCK": "records",
        }
        return os.environ | settings | self.kafka.environment(user, **changes)

    def baton(self, user: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "streams.cli.main", *arguments],
            env=self.environment(user, **changes), capture_output=True, text=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip

    def allow(self, user: str, role: str) -> None:
        """Do what `baton topics acls` prints: for workers with Kafka's own tool, which is slow,
        for others as that does it.
        """
        printed = self.baton(ADMIN, "topics", "acls", "--user", user, "--for", role)
        assert printed.returncode == 0, printed.stderr
        admin = AdminClient(self.kafka.connection(ADMIN).librdkafka())
        for line in printed.stdout.splitlines():
            tool, *arguments = line.split()
            assert tool == "kafka-acls.sh"
            if role == "worker":
                known = {"admin.properties": str(self.kafka.command_config(ADMIN))}
                java(ACLS, *(known.get(argument, argument) for argument in arguments))
            else:
                for future in admin.create_acls(bindings(arguments)).values():
                    future.result(PATIENCE)


def bindings(arguments: Sequence[str]) -> list[AclBinding]:
    """What the arguments of Kafka's tool allow."""
    parser = ArgumentParser()
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--allow-principal", required=True)
    parser.add_argument("--resource-pattern-type", default="literal")
    for name in ("--bootstrap-server", "--command-config"):
        parser.add_argument(name)
    for name in ("--operation", *KINDS):
        parser.add_argument(name, action="append", default=[])
    told = vars(parser.parse_args(arguments))
    return [
        AclBinding(
            kind, name, ResourcePatternType[told["resource_pattern_type"].upper()],
            told["allow_principal"], "*", OPERATIONS[operation.lower()], AclPermissionType.ALLOW,
        )
        for option, kind in KINDS.items()
        for name in told[option.strip("-").replace("-", "_")]
        for operation in told["operation"]
    ]  # fmt: skip


@pytest.fixture(scope="session")
def secured(
    kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecuredKafka]:
    """The secured Kafka; the other one has brought its jars."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def site(secured: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A corner in which everyone may do the least he needs, and the topics are made."""
    made = Site(secured, "acme.", "acme", tmp_path_factory.mktemp("site"))
    roles = {
        "operator": "apply", "worker": "worker", "platform": "play", "watcher": "tail",
        "notifier": "alerts", "eraser": "erase",
    }  # fmt: skip
    for user, role in roles.items():
        made.allow(user, role)
    applied = made.baton("operator", "topics", "apply", "--dev", "--partitions", "2")
    assert applied.returncode == 0, applied.stderr
    return made
