"""Where the Schema Registry is away no record is at fault: the worker ends, and nothing is lost."""

from functools import partial
from pathlib import Path

import pytest

from schemas.codec import Codec, Format, RegistryError
from schemas.records import (
    AccountProfile,
    ConversationMessage,
    Record,
    Role,
    RouteStatus,
    TicketOutcome,
    TicketUpdate,
    UpdateKind,
)
from schemas.registry import Registry
from streams.agents.deciding import Decider
from streams.agents.private import PrivateCodec
from streams.agents.tickets import CONVERSATIONS, ROUTE_STATUS, TicketsAgent
from streams.agents.unreadable import Unreadable
from streams.core.policy import default_policy
from streams.engine import Batch, BrokerFailed
from streams.kinds import _read
from tests.agents.harness import START, Harness, raw

PROFILES = "support.accounts"


class Away(Registry):
    """A registry that has gone after it was asked for most of what there is."""

    def id_of(self, record_type: type[Record]) -> int:
        if record_type is TicketOutcome:
            raise RegistryError("away")
        return super().id_of(record_type)

    def writer_schema(self, schema_id: int) -> dict[str, object]:
        raise RegistryError("away")


def away() -> Registry:
    registry = object.__new__(Away)
    registry.__dict__ |= Registry().__dict__
    return registry


def private(codec: Codec) -> PrivateCodec:
    return PrivateCodec(codec, lambda _now: default_policy().privacy)


def question(account_id: str | None = None) -> ConversationMessage:
    text = "How do I export a list?"
    return ConversationMessage("m1", "T1", Role.CUSTOMER, text, START, account_id)


def test_a_record_whose_outcome_cannot_be_registered_is_not_set_aside(tmp_path: Path) -> None:
    codec = private(Codec(Format.AVRO, away()))
    agent = Harness(TicketsAgent(codec, Decider(default_policy())), tmp_path, CONVERSATIONS)
    agent.feed(CONVERSATIONS, question())
    resolved = TicketUpdate("u1", "T1", UpdateKind.RESOLVED, START + 1_000)
    with pytest.raises(BrokerFailed, match="away"):
        agent.feed(CONVERSATIONS, resolved)


def test_a_message_of_an_account_whose_profile_cannot_be_read_is_not_set_aside(
    tmp_path: Path,
) -> None:
    stored = Codec(Format.AVRO, Registry()).encode(AccountProfile("a1", START)).value
    assert stored is not None
    read = partial(_read, Codec(registry=away()), PROFILES, AccountProfile)
    decider = Decider(default_policy(), lambda _account: read(stored))
    agent = Harness(TicketsAgent(private(Codec()), decider), tmp_path, CONVERSATIONS)
    with pytest.raises(BrokerFailed, match="away"):
        agent.feed(CONVERSATIONS, question(account_id="a1"))


def test_a_letter_of_a_copy_waits_for_the_registry(tmp_path: Path) -> None:
    codec = private(Codec(registry=away()))
    harness = Harness(TicketsAgent(codec, Decider(default_policy())), tmp_path, CONVERSATIONS)
    unreadable = Unreadable("tickets", codec)
    status = Codec(Format.AVRO, Registry()).encode(RouteStatus("billing", True, START)).value
    record = raw(status or b"", b"billing")
    record.topic = ROUTE_STATUS
    unreadable.add(record)
    with pytest.raises(BrokerFailed, match="away"):
        unreadable.tell(Batch(harness.partition, CONVERSATIONS, ()))
