"""Where the broker is, who we are there, and under which prefix our topics lie."""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ANSWER_TIMEOUT = 10.0
"""Seconds the broker has to answer a question."""

REQUEST_TIMEOUT = 30.0
"""Seconds it has to do what is asked of it, or to say what we may do."""

RECONNECT = 1_000
"""Milliseconds after which at most a broker that was away is looked for again."""


class Protocol(StrEnum):
    """How a connection is secured: encrypted (ssl), with a password (sasl), both or neither."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self in (Protocol.SSL, Protocol.SASL_SSL)

    @property
    def with_password(self) -> bool:
        """Whether the client gives a user name and a password."""
        return self in (Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL)


class Mechanism(StrEnum):
    """How user name and password are given."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Connection:
    """What every client is made from, librdkafka's and Faust's alike.

    `bootstrap` is host:port pairs separated by commas. Files are PEM; without `ca_file` the
    system's authorities are trusted. A broker's host name must be one its certificate is for. No
    representation shows a secret.

    `topic_prefix` goes before every topic on the broker. Names in the program are without it:
    `topic` and `name` lead from one to the other where a client is called.
    """

    bootstrap: str
    topic_prefix: str = ""
    protocol: Protocol = Protocol.PLAINTEXT
    mechanism: Mechanism = Mechanism.SCRAM_SHA_512
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    key_password: str = field(default="", repr=False)

    @property
    def user(self) -> str:
        """Who we are, in words."""
        if self.protocol.with_password:
            return f"the user {self.username!r}"
        if self.certificate_file:
            return f"the client with {self.certificate_file}"
        return "a client without a name"

    def topic(self, name: str) -> str:
        """What one of our topics is called on the broker."""
        return self.topic_prefix + name

    def name(self, topic: str) -> str:
        """What the program calls a topic of the broker."""
        return topic.removeprefix(self.topic_prefix)

    def librdkafka(self) -> dict[str, str | int]:
        """Settings of a librdkafka client. It writes no log: see `streams.engine.access`."""
        settings: dict[str, str | int] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": str(self.protocol),
            "log_level": 0,
            # Neither looking for a topic nor writing to it makes it, whatever the broker allows.
            "allow.auto.create.topics": False,
            # librdkafka's own ten seconds are longer than a checkpoint waits for a broker.
            "reconnect.backoff.max.ms": RECONNECT,
        }
        if self.protocol.with_password:
            settings["sasl.mechanism"] = str(self.mechanism)
            settings["sasl.username"] = self.username
            settings["sasl.password"] = self.password
        if self.protocol.encrypted:
            files = {
                "ssl.ca.location": self.ca_file,
                "ssl.certificate.location": self.certificate_file,
                "ssl.key.location": self.key_file,
                "ssl.key.password": self.key_password,
            }
            settings |= {name: value for name, value in files.items() if value}
        return settings

    def aiokafka(self) -> dict[str, Any]:
        """Settings of a connection of aiokafka's. Raises what `ssl_context` does."""
        return {
            "security_protocol": self.protocol.upper(),
            "ssl_context": self.ssl_context() if self.protocol.encrypted else None,
            "sasl_mechanism": str(self.mechanism),
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }

    def ssl_context(self) -> ssl.SSLContext:
        """TLS as Python does it. Raises `OSError` (`ssl.SSLError`) for files that do not fit."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        # Python 3.13 asks more of a certificate's form than librdkafka does: where a company's own
        # authority leaves out an extension, one of our clients would be let in, the other not.
        context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
        if self.certificate_file:
            # Given also when empty: without it OpenSSL would ask on the terminal.
            context.load_cert_chain(self.certificate_file, self.key_file, self.key_password)
        return context
