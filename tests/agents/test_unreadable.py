"""What cannot be read on a replicated topic is not lost."""

from pathlib import Path

from schemas.codec import Codec
from schemas.records import AccountProfile
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, ROUTE_STATUS, TicketsAgent
from streams.agents.unreadable import Unreadable
from streams.core.policy import default_policy
from streams.engine import Batch
from streams.kinds import AGENTS, told_of
from tests.agents.harness import START, Harness, as_json, decoded, raw

LETTERS = "support.dead-letters"


def test_its_letter_goes_with_the_next_batch_once_and_names_its_place(tmp_path: Path) -> None:
    agent = TicketsAgent(Codec(), Decider(default_policy()))
    partition = Harness(agent, tmp_path, CONVERSATIONS).partition
    unreadable = Unreadable(agent.name, Codec())
    for offset, value in ((7, b"{not json"), (8, as_json(AccountProfile("a1", START)))):
        record = raw(value, b"billing")
        record.topic, record.partition, record.offset = ROUTE_STATUS, 2, offset
        unreadable.add(record)
    first, second = (Batch(partition, CONVERSATIONS, ()) for _ in range(2))
    unreadable.tell(first)
    unreadable.tell(second)
    broken, misplaced = decoded(first.outputs, LETTERS)
    assert not second.outputs
    assert broken.dead_letter_id == f"{ROUTE_STATUS}/2/7"
    assert (broken.value, broken.key, broken.failed_at) == (b"{not json", b"billing", START)
    assert broken.error_code == "not_decodable"
    assert misplaced.dead_letter_id == f"{ROUTE_STATUS}/2/8"
    assert "AccountProfile" in misplaced.error


def test_one_agent_tells_of_each_replicated_topic_unless_one_reads_it_as_a_source() -> None:
    told = [topic for name in AGENTS for topic in told_of(name)]
    assert sorted(told) == [
        "support.account-health",
        "support.open-anomalies",
        "support.policies",
        "support.route-status",
    ]
