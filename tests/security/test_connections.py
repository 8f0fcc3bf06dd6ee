"""All clients connect by the same connection, whatever protects it."""

import asyncio
import logging
import ssl
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from confluent_kafka.admin import AdminClient
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from streams.engine import AccessDenied, Connection, Contact, Mechanism, Protocol
from streams.engine.app import credentials
from streams.engine.coordinator import describe_group
from tests.secured_kafka import ADMIN, SecuredKafka

SASL = (Protocol.SASL_SSL, Protocol.SASL_PLAINTEXT)
WAYS = [
    *((protocol, mechanism) for protocol in SASL for mechanism in Mechanism),
    (Protocol.SSL, Mechanism.PLAIN),
]


async def reach_with_aiokafka(connection: Connection) -> int:
    client = AIOKafkaClient(
        bootstrap_servers=connection.bootstrap,
        **credentials_to_aiokafka_auth(credentials(connection)),
    )
    await client.bootstrap()
    try:
        return len(client.cluster.brokers())
    finally:
        await client.close()
        await asyncio.sleep(0.1)  # it does not wait for its sockets


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS)
def test_both_clients_are_let_in(
    secured: SecuredKafka, protocol: Protocol, mechanism: Mechanism
) -> None:
    connection = secured.connection("worker", protocol, mechanism)
    contact = Contact(connection)
    assert len(contact.metadata(AdminClient(contact.settings)).brokers) == 1
    assert asyncio.run(reach_with_aiokafka(connection)) == 1


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS)
def test_who_asks_about_a_group_is_let_in_and_logs_no_password(
    secured: SecuredKafka,
    caplog: pytest.LogCaptureFixture,
    protocol: Protocol,
    mechanism: Mechanism,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "aiokafka.conn")
    assert describe_group(secured.connection(ADMIN, protocol, mechanism), "none").state == "Dead"
    assert secured.passwords[ADMIN] not in caplog.text
    assert "in the clear" not in caplog.text


def test_both_clients_trust_an_authority_that_leaves_out_what_python_313_asks_for(
    secured: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = ssl.create_default_context

    def make_strict(**arguments: Any) -> ssl.SSLContext:
        context = make(**arguments)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", make_strict)
    connection = secured.connection("worker", Protocol.SSL)
    contact = Contact(connection)
    assert len(contact.metadata(AdminClient(contact.settings)).brokers) == 1
    assert asyncio.run(reach_with_aiokafka(connection)) == 1


def test_both_clients_are_let_in_without_any_protection(kafka_bootstrap: str) -> None:
    connection = Connection(kafka_bootstrap)
    contact = Contact(connection)
    assert len(contact.metadata(AdminClient(contact.settings)).brokers) == 1
    assert asyncio.run(reach_with_aiokafka(connection)) == 1


def test_a_client_without_the_certificate_that_is_asked_for_is_told_so(
    secured: SecuredKafka,
) -> None:
    connection = secured.connection("worker", Protocol.SSL)
    contact = Contact(replace(connection, certificate_file="", key_file="", key_password=""))
    with pytest.raises(AccessDenied, match="BATON_SSL_CERTIFICATE_FILE"):
        contact.metadata(AdminClient(contact.settings))
