"""Which topic a store was filled from: one made anew has its name, and other records."""

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from streams.engine.access import Contact
from streams.engine.connection import REQUEST_TIMEOUT, Connection
from streams.engine.store import Store

TOPIC_ID = b"\x00topic-id"
"""Store key of the id that the broker gave the topic when it was made."""

MOCK_CLUSTER = "mockCluster"
"""What the cluster id of librdkafka's mock cluster begins with."""


def topic_id(connection: Connection, topic: str) -> bytes:
    """The broker's id of a topic; empty on the embedded broker, which gives none.

    Raises `BrokerFailed` or `AccessDenied`.
    """
    contact = Contact(connection)
    admin = AdminClient(contact.settings)
    if str(contact.metadata(admin).cluster_id).startswith(MOCK_CLUSTER):
        return b""
    described = admin.describe_topics(TopicCollection([topic]), request_timeout=REQUEST_TIMEOUT)
    try:
        return str(described[topic].result().topic_id).encode()
    except KafkaException as error:
        raise contact.failure(f"describe {topic}", error.args[0]) from error


def is_of_another(store: Store, topic: bytes) -> bool:
    """Whether the store was filled from another topic than the one with this id."""
    return store.get(TOPIC_ID) not in (None, topic)


def claim(store: Store, topic: bytes) -> None:
    """Note the id of the topic that the store is filled from."""
    if topic and store.get(TOPIC_ID) is None:
        store.write({TOPIC_ID: topic})
