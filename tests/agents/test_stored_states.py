"""What earlier releases stored is read and carried on, and a changed layout has a new version.

`tickets_state_1.json` and `accounts_state_1.json` are stores (keys and values in hex) that code of
before the calendars, and of before the suggestions to reach out, wrote: two tickets that people
have and one of the AI's; an account at risk. `anomalies_state_1.json` has a test of its own.
"""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.records import (
    AccountActivity,
    AccountProfile,
    ActivityKind,
    ConversationMessage,
    Role,
    SlaEvent,
    TicketUpdate,
    UpdateKind,
)
from streams.agents.accounts import HEALTH_TOPIC, PROFILES_TOPIC, AccountsAgent
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.policy import default_policy
from streams.engine import Handler
from streams.engine.store import PartitionStore
from tests.agents.harness import START, Harness, decoded
from tests.agents.layouts import STATES, known, layout

HERE = Path(__file__).parent
MINUTE, DAY = 60_000, 86_400_000
ACTIVITY = AccountsAgent.sources[0]


def opened(name: str, handler: Handler, folder: Path, *topics: str) -> Harness:
    """An agent that goes on from a stored state."""
    store = PartitionStore(folder / "store")
    stored = json.loads((HERE / f"{name}_state_1.json").read_text())
    store.write({bytes.fromhex(key): bytes.fromhex(value) for key, value in stored.items()})
    store.close()
    return Harness(handler, folder, *topics)


@pytest.fixture
def desk(tmp_path: Path) -> Harness:
    agent = TicketsAgent(Codec(), Decider(default_policy()))
    return opened("tickets", agent, tmp_path, CONVERSATIONS)


def test_a_person_goes_on_with_a_ticket_of_an_earlier_version(desk: Harness) -> None:
    at = START + 2 * MINUTE
    asked = ConversationMessage("n1", "T-human", Role.CUSTOMER, "Hello?", at, requester_id="mara")
    [decision] = decoded(desk.feed(CONVERSATIONS, asked), "support.decisions")
    assert (decision.action, decision.route) == ("silent", "billing")
    done = TicketUpdate("u9", "T-human", UpdateKind.RESOLVED, at + MINUTE, actor_id="kim")
    outputs = desk.feed(CONVERSATIONS, done)
    [outcome] = decoded(outputs, "support.outcomes")
    assert (outcome.ticket_id, outcome.outcome) == ("T-human", "resolved")
    assert decoded(outputs, "support.open-escalations")[-1] is None


def test_a_clock_of_an_earlier_version_goes_on_to_its_breach(desk: Harness) -> None:
    told = decoded(desk.tick(CONVERSATIONS, START + 10 * MINUTE), "support.sla")
    breached = [
        (one.ticket_id, one.at)
        for one in told
        if isinstance(one, SlaEvent) and one.kind == "breached"
    ]
    assert breached == [("T-human", 1_767_603_901_000), ("T-review", 1_767_603_904_000)]


def test_the_ai_goes_on_with_a_ticket_of_an_earlier_version_and_its_transcript_is_handed_over(
    desk: Harness,
) -> None:
    at = START + 2 * MINUTE
    text = "That is no help at all, I want to talk to a person."
    asked = ConversationMessage("n1", "T-ai", Role.CUSTOMER, text, at, requester_id="mara")
    outputs = desk.feed(CONVERSATIONS, asked)
    [decision] = decoded(outputs, "support.decisions")
    assert (decision.action, decision.sequence) == ("handoff", 2)
    [escalation] = decoded(outputs, f"support.escalations.{decision.route}")
    assert [line.message_id for line in escalation.package.transcript] == [
        "T-ai-m2",
        "T-ai-m3",
        "n1",
    ]


def test_an_account_of_an_earlier_version_goes_on_with_its_tickets(tmp_path: Path) -> None:
    agent = opened(
        "accounts",
        AccountsAgent(Codec(), lambda _now: default_policy()),
        tmp_path,
        *AccountsAgent.sources,
    )
    at = START + 7 * DAY
    resolved = AccountActivity("n1", "T6", ActivityKind.RESOLVED, at, account_id="acme")
    health = decoded(agent.feed(ACTIVITY, resolved), HEALTH_TOPIC)[-1]
    assert [one.ticket_id for one in health.recent_tickets] == [f"T{n}" for n in range(6, -1, -1)]
    assert health.recent_tickets[0].outcome == "resolved"
    assert (health.tickets_7_days, health.escalations_30_days) == (6, 4)
    vip = AccountProfile("acme", START + DAY, tier="enterprise", vip=True)
    told = decoded(agent.feed(PROFILES_TOPIC, vip), CONVERSATIONS)
    assert [one.ticket_id for one in told] == ["T2", "T3", "T4", "T5"]


@pytest.mark.parametrize("name", STATES)
def test_a_changed_layout_has_a_new_version(name: str) -> None:
    kind, version = STATES[name]
    assert layout(kind) == known()[name].get(str(version[0])), (
        "raise VERSION where it was released, so that older workers end; then write the fields "
        "down with `python -m tests.agents.layouts`"
    )


@pytest.mark.parametrize("name", STATES)
def test_a_new_field_stands_behind_those_of_earlier_versions(name: str) -> None:
    versions = [fields for _, fields in sorted(known()[name].items(), key=lambda one: int(one[0]))]
    for earlier, later in pairwise(versions):
        for struct, fields in earlier.items():
            assert later.get(struct, fields)[: len(fields)] == fields
