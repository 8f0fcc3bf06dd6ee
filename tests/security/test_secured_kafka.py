"""On a Kafka that asks for TLS, password and permission: who may works, who may not is told why."""

import json
import time
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streams.engine import AccessDenied
from tests.patience import PATIENCE
from tests.program import Program
from tests.secured_kafka import ADMIN, SecuredKafka
from tests.security.conftest import Site

HISTORY = Path("deploy/demo/conversations.jsonl")
OTHER_HISTORY = Path("deploy/demo/outage.jsonl")
READY = b"ready: "


class Worker:
    """`baton worker` as a process, with its output."""

    def __init__(self, site: Site, log: Path, *agents: str, **changes: str) -> None:
        self._log = log
        options = [part for agent in agents for part in ("--agents", agent)]
        command = ["-m", "streams.cli.main", "worker", *options]
        self.process = Program(command, site.environment("worker", **changes), log)

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_until_ready(self, agents: int) -> None:
        limit = time.monotonic() + PATIENCE
        while self._log.read_bytes().count(READY) < agents:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < limit, self.output
            time.sleep(0.1)

    def wait(self) -> int:
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """End it, whatever has come of it."""
        if self.process.poll() is None:
            self.stop()

    def stop(self) -> int:
        self.process.terminate()
        return self.wait()


def test_what_an_operator_has_made_is_as_declared_for_him(site: Site) -> None:
    planned = site.baton("operator", "topics", "plan", "--dev", "--partitions", "2", "--json")
    assert planned.returncode == 0, planned.stderr
    names = [json.loads(line)["wanted"]["name"] for line in planned.stdout.splitlines()]
    assert "support.conversations" in names  # as the program calls it


def test_workers_that_may_do_the_least_they_need_decide_what_a_platform_writes(
    site: Site, tmp_path: Path
) -> None:
    # A machine that stands still for seconds takes nobody's place here: nobody starts one again.
    patient = dict.fromkeys(("BATON_SESSION_TIMEOUT", "BATON_TRANSACTION_TIMEOUT"), "60000")
    worker = Worker(site, tmp_path / "log", **patient)
    worker.wait_until_ready(3)
    played = site.baton("platform", "play", str(HISTORY), "--speed", "max", "--limit", "60")
    assert played.returncode == 0, played.stderr
    wanted = {message["message_id"] for message in _customer_messages(60)}
    limit, decided = time.monotonic() + PATIENCE, set[str]()
    while not wanted <= decided and time.monotonic() < limit:
        tail = site.baton("watcher", "tail", "decisions", "--from-start", "--until-end", "--json")
        assert tail.returncode == 0, tail.stderr
        seen = [json.loads(line) for line in tail.stdout.splitlines()]
        assert {item["topic"] for item in seen} <= {"support.decisions"}
        decided = {item["record"]["subject_id"] for item in seen}
    assert wanted <= decided
    assert worker.stop() == 0, worker.output
    assert "Traceback" not in worker.output
    listed = site.baton("watcher", "dead-letters", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    letters = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [letter for letter in letters if letter["agent"] != "alerts"] == []


def _customer_messages(limit: int) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in HISTORY.read_text().splitlines()[:limit]]
    return [line for line in lines if line.get("role") == "customer"]


TAKEN = {
    "READ topic acme.support.conversations": (ResourceType.TOPIC, "acme.support.conversations"),
    "READ topic acme.support.accounts": (ResourceType.TOPIC, "acme.support.accounts"),
    "WRITE topic acme.support.decisions": (ResourceType.TOPIC, "acme.support.decisions"),
    "WRITE topic acme.acme-tickets-state-changelog": (
        ResourceType.TOPIC,
        "acme.acme-tickets-state-changelog",
    ),
    "READ group acme-tickets": (ResourceType.GROUP, "acme-tickets"),
    "Transactional Id authorization failed": (
        ResourceType.TRANSACTIONAL_ID,
        "acme-tickets-state-",
    ),
}


@pytest.fixture
def admin(site: Site) -> AdminClient:
    return AdminClient(site.kafka.connection(ADMIN).librdkafka())


class Taken:
    """Permissions of the worker on a resource are taken, all or one; given back at the end."""

    def __init__(
        self,
        admin: AdminClient,
        kind: ResourceType,
        name: str,
        operation: AclOperation = AclOperation.ANY,
    ) -> None:
        self._admin = admin
        self._filter = AclBindingFilter(
            kind, name, ResourcePatternType.ANY, "User:worker", None,
            operation, AclPermissionType.ANY,
        )  # fmt: skip
        self._bindings: list[AclBinding] = []

    def __enter__(self) -> None:
        [future] = self._admin.delete_acls([self._filter]).values()
        self._bindings = future.result(PATIENCE)
        assert self._bindings

    def __exit__(self, *_: object) -> None:
        for future in self._admin.create_acls(self._bindings).values():
            future.result(PATIENCE)


@pytest.mark.parametrize("lacking", TAKEN)
def test_a_worker_that_lacks_a_permission_names_it_in_a_line(
    site: Site, admin: AdminClient, lacking: str
) -> None:
    with Taken(admin, *TAKEN[lacking]):
        ran = site.baton("worker", "worker", "--agents", "tickets")
    assert ran.returncode == AccessDenied.exit_code, ran.stderr
    [line] = ran.stderr.splitlines()
    assert line.startswith("AccessDenied: the user 'worker' may not ")
    assert lacking in line
    assert "baton topics acls" in line


def test_who_may_look_at_a_group_and_not_read_in_it_is_told_so_with_all_else_he_lacks(
    site: Site, admin: AdminClient
) -> None:
    looking = AclBinding(
        ResourceType.GROUP, "acme-tickets", ResourcePatternType.LITERAL,
        "User:worker", "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW,
    )  # fmt: skip
    for future in admin.create_acls([looking]).values():
        future.result(PATIENCE)
    topic = "acme.support.accounts"
    try:
        with (
            Taken(admin, ResourceType.TOPIC, topic),
            Taken(admin, ResourceType.GROUP, "acme-tickets", AclOperation.READ),
        ):
            ran = site.baton("worker", "worker", "--agents", "tickets")
    finally:
        only = AclBindingFilter(
            looking.restype, looking.name, looking.resource_pattern_type, looking.principal, None,
            looking.operation, looking.permission_type,
        )  # fmt: skip
        for deleted in admin.delete_acls([only]).values():
            deleted.result(PATIENCE)
    assert ran.returncode == AccessDenied.exit_code, ran.stderr
    [line] = ran.stderr.splitlines()
    assert f"READ topic {topic}, READ group acme-tickets." in line


def new_tickets(file: Path, name: str) -> Path:
    """The other history, of tickets of which no worker has heard."""
    events = [json.loads(line) for line in OTHER_HISTORY.read_text().splitlines()]
    renamed = [{**event, "ticket_id": f"{event['ticket_id']}-{name}"} for event in events]
    file.write_text("".join(json.dumps(event) + "\n" for event in renamed))
    return file


@pytest.mark.parametrize("lacking", ["READ", "WRITE"])
def test_a_running_worker_that_loses_a_permission_ends_and_its_restart_names_it(
    site: Site, admin: AdminClient, tmp_path: Path, lacking: str
) -> None:
    worker = Worker(site, tmp_path / "log", "tickets")
    worker.wait_until_ready(1)
    topic = {"READ": "acme.support.conversations", "WRITE": "acme.support.decisions"}[lacking]
    history = new_tickets(tmp_path / "history.jsonl", lacking)
    with Taken(admin, ResourceType.TOPIC, topic):
        played = site.baton("platform", "play", str(history), "--speed", "max")
        assert played.returncode == 0, played.stderr
        assert worker.wait() == AccessDenied.exit_code, worker.output
        restarted = site.baton("worker", "worker", "--agents", "tickets")
    assert restarted.returncode == AccessDenied.exit_code
    assert f"may not {lacking} topic {topic}" in restarted.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("topics", "plan"),
        ("topics", "apply", "--dev"),
        ("play", str(HISTORY), "--limit", "1"),
        ("tail", "decisions", "--until-end"),
        ("dead-letters", "list"),
        ("policy", "list"),
    ],
)
def test_a_command_that_may_not_names_what_in_a_line(site: Site, command: tuple[str, ...]) -> None:
    ran = site.baton("worker", *command, BATON_TOPIC_PREFIX="other.")
    assert ran.returncode == AccessDenied.exit_code, ran.stderr
    assert "baton: the user 'worker' may not " in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr


WRONG = {
    "password": ({"BATON_SASL_PASSWORD": "not-the-one"}, "BATON_SASL_PASSWORD"),
    "user": ({"BATON_SASL_USERNAME": "nobody"}, "does not let the user 'nobody' in"),
    "authority": ({"BATON_SSL_CA_FILE": "other-ca.pem"}, "BATON_SSL_CA_FILE"),
    "host": ({"BATON_BOOTSTRAP_SERVERS": "localhost"}, "certificate verify failed"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "command",
    [
        ("worker",),
        ("worker", "--agents", "accounts"),
        ("topics", "apply"),
        ("play", str(HISTORY), "--limit", "1"),
        ("tail", "decisions"),
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_who_is_not_let_in_is_told_why_in_a_line(
    site: Site, wrong: str, command: tuple[str, ...]
) -> None:
    changes, told = WRONG[wrong]
    servers = site.environment("worker")["BATON_BOOTSTRAP_SERVERS"]
    known = {
        "other-ca.pem": str(site.kafka.folder / "other-ca.pem"),
        "localhost": servers.replace("127.0.0.1", "localhost"),
    }
    ran = site.baton("worker", *command, **{k: known.get(v, v) for k, v in changes.items()})
    assert ran.returncode == AccessDenied.exit_code, ran.stderr
    line = ran.stderr.splitlines()[-1]
    assert told in line
    assert "Traceback" not in ran.stderr
    if command[0] != "play":
        assert ran.stderr.splitlines() == [line]


def test_who_speaks_another_protocol_is_told_which_setting_says_so(site: Site) -> None:
    ran = site.baton(
        "worker", "tail", "decisions", BATON_SECURITY_PROTOCOL="plaintext",
        BATON_SASL_USERNAME="", BATON_SASL_PASSWORD="", BATON_SSL_CA_FILE="",
    )  # fmt: skip
    assert ran.returncode == 69
    assert "BATON_SECURITY_PROTOCOL" in ran.stderr


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_the_password_is_in_no_output_of_a_worker_that_logs_everything(
    site: Site, secured: SecuredKafka, tmp_path: Path, mechanism: str
) -> None:
    worker = Worker(
        site, tmp_path / "log", "tickets", BATON_LOG_LEVEL="debug", BATON_SASL_MECHANISM=mechanism
    )
    worker.wait_until_ready(1)
    assert worker.stop() == 0
    assert "DEBUG" in worker.output
    assert_hidden(secured.passwords["worker"], worker.output)


def test_a_wrong_password_is_in_no_output_either(site: Site) -> None:
    for mechanism in ("PLAIN", "SCRAM-SHA-512"):
        ran = site.baton(
            "worker", "worker", "--agents", "tickets", BATON_LOG_LEVEL="debug",
            BATON_SASL_MECHANISM=mechanism, BATON_SASL_PASSWORD="sentinel-7f3a",
        )  # fmt: skip
        assert ran.returncode == AccessDenied.exit_code
        assert_hidden("sentinel-7f3a", ran.stdout + ran.stderr)


def assert_hidden(password: str, output: str) -> None:
    for form in (password, b64encode(password.encode()).decode(), password[::-1]):
        assert form not in output


def test_who_may_erase_and_who_may_read_need_no_more_than_is_printed_for_them(
    site: Site, tmp_path: Path
) -> None:
    worker = Worker(site, tmp_path / "log")
    with closing(worker):
        worker.wait_until_ready(3)
        ticket = json.loads(HISTORY.read_text().splitlines()[0])["ticket_id"]
        played = site.baton("platform", "play", str(HISTORY), "--speed", "max", "--limit", "40")
        assert played.returncode == 0, played.stderr
        erased = site.baton("eraser", "erase", "--ticket", ticket)
        assert erased.returncode == 0, erased.stderr
        assert json.loads(erased.stdout)["taken_up"] == [ticket]
        found = site.baton("eraser", "erase", "--account", "nobody", "--dry-run")
        assert "no ticket is found" in found.stderr
        told = site.baton("watcher", "explain", ticket)
        assert told.returncode == 0, told.stderr
        refused = site.baton("watcher", "erase", "--ticket", ticket)
        assert refused.returncode != 0
        assert "the user 'watcher' may not" in refused.stderr
    assert worker.stop() == 0, worker.output
