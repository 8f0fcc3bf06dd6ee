"""What a newer release wrote ends an older worker: nothing of it is lost, no record is blamed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.records import AccountActivity, ActivityKind, ConversationMessage, Record, Role
from streams.agents.accounts import HEALTH_TOPIC, AccountsAgent
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.agents.unreadable import Unreadable
from streams.core.anomalies import AnomalyPolicy
from streams.core.policy import default_policy
from streams.engine import Batch, Handler, NewerRelease
from tests.agents.harness import START, Harness, decoded, raw
from tests.agents.test_other_agents import report

ACTIVITY, REPORTS = AccountsAgent.sources[0], AnomaliesAgent.sources[0]
LETTERS = "support.dead-letters"


def tickets() -> Handler:
    return TicketsAgent(Codec(), Decider(default_policy()))


def accounts() -> Handler:
    return AccountsAgent(Codec(), lambda _now: default_policy())


def anomalies() -> Handler:
    return AnomaliesAgent(Codec(), AnomalyPolicy())


def said(number: int) -> ConversationMessage:
    text = "You charged me twice, I want my money back."
    return ConversationMessage(f"m{number}", "T1", Role.CUSTOMER, text, START + number * 1_000)


def happened(number: int) -> AccountActivity:
    at = START + number * 1_000
    return AccountActivity(f"a{number}", "T1", ActivityKind.OPENED, at, account_id="a1")


KINDS = [
    (tickets, CONVERSATIONS, said, b"t"),
    (accounts, ACTIVITY, happened, b"a"),
    *((anomalies, REPORTS, lambda number: report(number, f"a{number}"), kind)
      for kind in (b"f", b"i", b"w")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "topic", "record", "prefix"), KINDS, ids=[f"{k[1]}-{k[3].decode()}" for k in KINDS]
)
def test_a_state_of_a_newer_version_ends_the_worker_and_stays_as_it_is(
    tmp_path: Path,
    make: Callable[[], Handler],
    topic: str,
    record: Callable[[int], Record],
    prefix: bytes,
) -> None:
    agent = Harness(make(), tmp_path, topic)
    for number in range(1, 4):
        agent.feed(topic, record(number))
    store = agent.partition.store
    newer = {
        key: value[:8] + bytes([value[8] + 1]) + value[9:]
        for key, value in store.scan(prefix, bytes([prefix[0] + 1]))
    }
    assert newer
    store.write(newer)
    store.close()
    older = Harness(make(), tmp_path, topic)
    with pytest.raises(NewerRelease, match=r"known is .*A newer release wrote it"):
        older.feed(topic, *(record(number) for number in range(4, 8)))
    assert {key: older.partition.store.get(key) for key in newer} == newer


def test_a_timer_that_finds_a_state_of_a_newer_version_ends_the_worker(tmp_path: Path) -> None:
    agent = Harness(tickets(), tmp_path, CONVERSATIONS)
    agent.feed(CONVERSATIONS, said(1))
    store = agent.partition.store
    value = store.get(b"tT1")
    assert value is not None
    store.write({b"tT1": value[:8] + bytes([value[8] + 1]) + value[9:]})
    store.close()
    older = Harness(tickets(), tmp_path, CONVERSATIONS)
    with pytest.raises(NewerRelease):
        older.tick(CONVERSATIONS, START + 365 * 86_400_000)


NEW_KIND = (
    b'{"activity_id":"x","ticket_id":"T1","kind":"promised","occurred_at":1767603600000,'
    b'"account_id":"a1"}'
)


@pytest.mark.parametrize(
    ("value", "headers"),
    [(NEW_KIND, ()), (b"{}", (("ce_type", b"baton.support.AccountForecast"),))],
)
def test_a_word_that_a_newer_agent_wrote_ends_the_worker(
    tmp_path: Path, value: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    agent = Harness(accounts(), tmp_path, ACTIVITY)
    agent.feed(ACTIVITY, happened(1))
    with pytest.raises(NewerRelease, match=rf"{ACTIVITY}/0/1: .*A newer release wrote it"):
        agent.feed(ACTIVITY, raw(value, b"a1", headers=headers))


def test_a_copy_is_not_gone_on_with_when_a_newer_agent_wrote_to_its_topic(tmp_path: Path) -> None:
    partition = Harness(tickets(), tmp_path, CONVERSATIONS).partition
    unreadable = Unreadable("tickets", Codec())
    record = raw(b'{"type":"AccountForecast"}', b"a1")
    record.topic, record.partition, record.offset = HEALTH_TOPIC, 2, 7
    unreadable.add(record)
    with pytest.raises(NewerRelease, match=f"{HEALTH_TOPIC}/2/7"):
        unreadable.tell(Batch(partition, CONVERSATIONS, ()))


def test_a_word_that_a_platform_may_have_written_is_the_records_fault(tmp_path: Path) -> None:
    agent = Harness(tickets(), tmp_path, CONVERSATIONS)
    value = NEW_KIND.replace(b"{", b'{"type":"TicketUpdate","update_id":"u",')
    [letter] = decoded(agent.feed(CONVERSATIONS, raw(value)), LETTERS)
    assert letter.offset == 0
