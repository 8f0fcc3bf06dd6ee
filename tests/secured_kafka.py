"""A real Kafka that asks for TLS, a password and permission, for as long as it is needed.

It takes its jars from `deploy/kafka`; certificates and users are made here. One node, a listener a
security protocol; `ADMIN` may do everything, everyone else what `allow` grants.
"""

import datetime
import ipaddress
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from streams.engine.connection import Connection, Mechanism, Protocol
from tests.kafka import JAVA
from tests.patience import PATIENCE
from tests.ports import free_ports

START_TIMEOUT = 60.0
DAYS = datetime.timedelta(days=30)
ADMIN = "admin"
USERS = (ADMIN, "operator", "worker", "platform", "watcher", "notifier", "eraser")

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=CONTROLLER://127.0.0.1:{controller},INSIDE://127.0.0.1:{inside},\
SASL_SSL://127.0.0.1:{sasl_ssl},SASL_PLAINTEXT://127.0.0.1:{sasl_plaintext},SSL://127.0.0.1:{ssl}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,\
SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
inter.broker.listener.name=INSIDE
log.dirs={folder}/data

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# Nobody but the node itself knows the inner listeners; a client has a name everywhere else.
super.users=User:ANONYMOUS;User:{admin}
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]*).*$/$1/
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
{logins}

default.replication.factor=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
"""

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required {users};"


@dataclass(frozen=True)
class SecuredKafka:
    """A running one: where it listens, its files, and what its users call themselves with."""

    folder: Path
    ports: dict[Protocol, int]
    passwords: dict[str, str]

    def connection(
        self,
        user: str,
        protocol: Protocol = Protocol.SASL_SSL,
        mechanism: Mechanism = Mechanism.SCRAM_SHA_512,
        *,
        password: str | None = None,
    ) -> Connection:
        """How a user connects; over `ssl` with the certificate of that name."""
        sasl = protocol in (Protocol.SASL_SSL, Protocol.SASL_PLAINTEXT)
        mutual = protocol is Protocol.SSL
        return Connection(
            f"127.0.0.1:{self.ports[protocol]}",
            protocol=protocol,
            mechanism=mechanism,
            username=user if sasl else "",
            password=(password or self.passwords[user]) if sasl else "",
            ca_file="" if protocol is Protocol.SASL_PLAINTEXT else str(self.folder / "ca.pem"),
            certificate_file=str(self.folder / f"{user}.crt") if mutual else "",
            key_file=str(self.folder / f"{user}.key") if mutual else "",
            key_password=self.passwords[user] if mutual else "",
        )

    def environment(self, user: str, **changes: str) -> dict[str, str]:
        """The settings of a user as variables."""
        return {
            "BATON_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.ports[Protocol.SASL_SSL]}",
            "BATON_SECURITY_PROTOCOL": "sasl_ssl",
            "BATON_SASL_MECHANISM": "SCRAM-SHA-512",
            "BATON_SASL_USERNAME": user,
            "BATON_SASL_PASSWORD": self.passwords[user],
            "BATON_SSL_CA_FILE": str(self.folder / "ca.pem"),
            **changes,
        }

    def command_config(self, user: str) -> Path:
        """The same for Kafka's own tools."""
        path = self.folder / f"{user}.properties"
        path.write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
            "ssl.truststore.type=PEM\n"
            f"ssl.truststore.location={self.folder / 'ca.pem'}\n"
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="{user}" password="{self.passwords[user]}";\n'
        )
        return path


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """Start it with its data in a folder and stop it at the end; the jars must be there."""
    folder.mkdir(parents=True, exist_ok=True)
    passwords = {user: secrets.token_urlsafe(12) for user in USERS}
    make_certificates(folder, passwords)
    controller, inside, *outside = free_ports(5)
    listening = (Protocol.SASL_SSL, Protocol.SASL_PLAINTEXT, Protocol.SSL)
    ports = dict(zip(listening, outside, strict=True))
    properties = folder / "server.properties"
    properties.write_text(
        PROPERTIES.format(
            controller=controller,
            inside=inside,
            folder=folder,
            admin=ADMIN,
            logins="\n".join(_logins(passwords)),
            **{str(protocol): port for protocol, port in ports.items()},
        )
    )
    _format(properties, passwords)
    log = folder / "kafka.log"
    with log.open("wb") as output:
        kafka = subprocess.Popen(
            [*JAVA, "-Xmx512m", "-Dorg.slf4j.simpleLogger.logFile=System.out",
             "kafka.Kafka", properties],
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        limit = time.monotonic() + START_TIMEOUT
        while b"Kafka Server started" not in log.read_bytes():
            given_up = kafka.poll() is not None or time.monotonic() > limit
            assert not given_up, what_is_wrong(log)
            time.sleep(0.1)
        yield SecuredKafka(folder, ports, passwords)
    finally:
        kafka.terminate()
        try:
            kafka.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            kafka.kill()
            kafka.wait()


def java(*arguments: str | Path) -> str:
    """Run one of Kafka's own tools; its output."""
    ran = subprocess.run(
        [*JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _logins(passwords: dict[str, str]) -> Iterator[str]:
    """How each listener knows its users: SCRAM's are in the cluster's own metadata."""
    users = " ".join(f'user_{name}="{password}"' for name, password in passwords.items())
    modules = {"plain": PLAIN.format(users=users), "scram-sha-256": SCRAM, "scram-sha-512": SCRAM}
    for listener in ("sasl_ssl", "sasl_plaintext"):
        for mechanism, module in modules.items():
            yield f"listener.name.{listener}.{mechanism}.sasl.jaas.config={module}"


def what_is_wrong(log: Path) -> str:
    """What a broker that did not start complains of, by its log."""
    lines = log.read_text().splitlines()
    told = ("ERROR", "WARN", "Caused by", "Exception")
    return "\n".join(line for line in lines if any(word in line for word in told))[:5_000]


def _format(properties: Path, passwords: dict[str, str]) -> None:
    users = [
        f"--add-scram={mechanism}=[name={user},password={password}]"
        for user, password in passwords.items()
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
    ]
    java(
        "kafka.tools.StorageTool", "format", "--standalone",
        "--cluster-id", "baton-development-kafk", "--config", properties, *users,
    )  # fmt: skip


def make_certificates(folder: Path, passwords: dict[str, str]) -> None:
    """A CA, the broker's certificate for 127.0.0.1, one a user, and one that nobody signed for."""
    authority = Authority("Baton's test CA")
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "broker.pem").write_bytes(b"".join(authority.issue("127.0.0.1")))
    for user, password in passwords.items():
        encryption = BestAvailableEncryption(password.encode())
        key, certificate = authority.issue(user, encryption)
        (folder / f"{user}.key").write_bytes(key)
        (folder / f"{user}.crt").write_bytes(certificate)
    (folder / "other-ca.pem").write_bytes(Authority("another CA").pem)


class Authority:
    """Signs certificates."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        authority = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self._name, self._key).add_extension(authority, critical=True)
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.pem = self._certificate.public_bytes(Encoding.PEM)

    def issue(
        self, name: str, encryption: KeySerializationEncryption | None = None
    ) -> tuple[bytes, bytes]:
        """Key and certificate for an IP address or a user, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(name), key)
        if name[0].isdigit():
            address = x509.IPAddress(ipaddress.ip_address(name))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return (
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()),
            certificate.public_bytes(Encoding.PEM),
        )

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        signer = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + DAYS)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer),
                critical=False,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
