"""Whether the broker lets us in, and whether it lets us do what an engine does."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient, ClusterMetadata, ResourceType

from streams.engine.config import EngineConfig
from streams.engine.connection import ANSWER_TIMEOUT, REQUEST_TIMEOUT, Connection
from streams.engine.errors import AccessDenied, BrokerFailed

FIRST_WAIT = 0.5
"""Seconds after which it is first looked whether the broker has refused us."""

REASON_WAIT, REASON_TRIES = 0.05, 20
"""Seconds between looks for what was fatal, and looks."""

FORBIDDEN = frozenset(
    {
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""What a broker answers to who may not do what he asks for."""

AFTERMATH = frozenset({KafkaError._FATAL, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})
"""What a producer says of its records once it is of no use, without the reason."""

PASSING = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
    }
)
"""What a broker answers before it knows a group for the first time."""


class Contact:
    """Makes a librdkafka client, and tells in a sentence why the broker does not do its part.

        contact = Contact(connection)
        client = Producer({**contact.settings, ...})
        contact.metadata(client)

    librdkafka says why it was refused to its error callback only, and to the caller that his time
    is up: so the callback is kept here, and asked.
    """

    denied: type[Exception] = AccessDenied
    failed: type[Exception] = BrokerFailed

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._reason = ""
        self._refusal = ""
        self._forbidden = ""

    @property
    def settings(self) -> dict[str, Any]:
        """What the client is made with."""
        return {**self.connection.librdkafka(), "error_cb": self._on_error}

    def metadata(self, client: Any, topic: str | None = None) -> ClusterMetadata:
        """What the broker says of its topics, or of one.

        Raises `denied` as soon as the broker refuses us, `failed` when none has answered after
        `ANSWER_TIMEOUT` seconds.
        """
        limit, wait = time.monotonic() + ANSWER_TIMEOUT, FIRST_WAIT
        while True:
            left = limit - time.monotonic()
            try:
                return client.list_topics(topic, timeout=max(0.001, min(wait, left)))
            except KafkaException as error:
                client.poll(0)
                if self._refusal:
                    raise self.denied(self._refusal) from error
                if left <= wait:
                    raise self.failed(self.unreachable(error.args[0])) from error
                wait *= 2

    def reason(self, producer: Producer, error: KafkaError) -> KafkaError:
        """Why the producer is of no use any more, where the error only says that it is.

        What is fatal says its reason to `poll` alone, once, and not at once; where the error tells,
        to ask would only bring what librdkafka logs of it.
        """
        if error.code() in FORBIDDEN:
            return error
        untold = error.code() in AFTERMATH and not self._forbidden
        for _ in range(REASON_TRIES if untold else 1):
            try:
                producer.poll(REASON_WAIT)
            except KafkaException as fatal:
                return cast(KafkaError, fatal.args[0])
        return error

    def failure(self, what: str, error: KafkaError, hint: str = "") -> Exception:
        """The error of a request that the broker has refused; `what` goes on from "cannot"."""
        if error.code() in FORBIDDEN:
            self._forbidden = error.str()
        if error.code() in FORBIDDEN or (self._forbidden and error.code() in AFTERMATH):
            return self.forbidden(f"{what}: {self._forbidden}")
        return self.failed(f"cannot {what}: {error.str()}{hint}")

    def forbidden(self, what: str) -> Exception:
        """The error of one who may not do what he has to; `what` goes on from "may not"."""
        return self.denied(
            f"{self.connection.user} may not {what}. `baton topics acls` prints what is needed"
        )

    def unreachable(self, error: KafkaError) -> str:
        """In a sentence, that no broker answers; the error is what a client says of it."""
        return (
            f"no Kafka broker answers at {self.connection.bootstrap} "
            f"({self._reason or error.str()}). Is it running, and does it speak "
            f"{self.connection.protocol}? BATON_BOOTSTRAP_SERVERS and BATON_SECURITY_PROTOCOL say "
            "where and what; deploy/kafka/start starts one"
        )

    def _on_error(self, error: KafkaError) -> None:
        text, where = error.str(), self.connection.bootstrap
        if error.code() == KafkaError._AUTHENTICATION:
            self._refusal = (
                f"{where} does not let {self.connection.user} in ({text}). Check "
                "BATON_SASL_USERNAME, BATON_SASL_PASSWORD and BATON_SASL_MECHANISM"
            )
        elif error.code() == KafkaError._SSL or "SSL routines" in text:
            self._refusal = (
                f"no trust between {where} and us ({text}). BATON_SSL_CA_FILE names who signed "
                "the broker's certificate, which must be for the host in BATON_BOOTSTRAP_SERVERS; "
                "BATON_SSL_CERTIFICATE_FILE is ours where the broker asks for one"
            )
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._reason = text


@dataclass(frozen=True)
class Grant:
    """What someone needs to be allowed, as Kafka's ACLs say it.

    `READ` and `WRITE` imply `DESCRIBE`. With `prefixed` it is for every name that begins so.
    """

    kind: ResourceType
    name: str
    operations: tuple[AclOperation, ...]
    prefixed: bool = False


def needed(config: EngineConfig) -> list[Grant]:
    """All that a worker needs, and nothing else."""
    changelog = [AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS]
    if config.create_changelog:
        changelog.append(AclOperation.CREATE)
    read, write = (AclOperation.READ,), (AclOperation.WRITE,)
    return [
        *(Grant(ResourceType.TOPIC, topic, read) for topic in config.sources + config.replicated),
        *(Grant(ResourceType.TOPIC, topic, write) for topic in config.outputs),
        Grant(ResourceType.TOPIC, config.changelog, tuple(changelog)),
        Grant(ResourceType.GROUP, config.group, read),
        Grant(ResourceType.TRANSACTIONAL_ID, config.transactional_ids, write, prefixed=True),
    ]


def check(config: EngineConfig, admin: AdminClient) -> None:
    """Raise `AccessDenied` naming all that the broker would refuse of topics and group.

    What does not exist yet, and transactional ids, are refused when they are first used. Raises
    `BrokerFailed` when the group's broker is gone.
    """
    contact, grants = Contact(config.connection), needed(config)
    topics = [grant for grant in grants if grant.kind is ResourceType.TOPIC]
    groups = [grant for grant in grants if grant.kind is ResourceType.GROUP]
    described = admin.describe_topics(
        TopicCollection(_names(topics)),
        include_authorized_operations=True,
        request_timeout=REQUEST_TIMEOUT,
    )
    lacking = [
        *_lacking(topics, lambda topic: described[topic].result()),
        *_lacking(groups, lambda group: _described(contact, group)),
    ]
    if lacking:
        raise contact.forbidden(", ".join(lacking))


def _described(contact: Contact, group: str) -> Any:
    """What its broker says of a group. Raises `KafkaException`, and `failed` where that is gone."""
    from streams.engine.coordinator import describe_group

    try:
        return describe_group(contact.connection, group)
    except KafkaException as error:
        if error.args[0].code() != KafkaError._TRANSPORT:
            raise
        raise contact.failed(contact.unreachable(error.args[0])) from error


def _names(grants: Iterable[Grant]) -> list[str]:
    return list(dict.fromkeys(grant.name for grant in grants))


def _lacking(grants: Iterable[Grant], describe: Callable[[str], Any]) -> Iterator[str]:
    for grant in grants:
        try:
            granted = describe(grant.name).authorized_operations
            if not granted:
                continue  # a broker that shows a topic and lists nothing does not tell
        except KafkaException as error:
            if error.args[0].code() not in FORBIDDEN:
                continue  # it does not exist, which is told elsewhere
            granted = ()
        existing = (one for one in grant.operations if one is not AclOperation.CREATE)
        for operation in existing:
            if operation not in granted:
                yield f"{operation.name} {grant.kind.name.lower()} {grant.name}"
