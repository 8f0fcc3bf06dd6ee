"""A replay with the decisions that were made needs no copy of profiles and health."""

from collections.abc import Iterable, Iterator
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Tombstone
from schemas.records import (
    AccountHealth,
    AccountProfile,
    ConversationMessage,
    Decision,
    HealthLevel,
    Record,
    Role,
)
from streams.agents.deciding import Decider
from streams.core.policy import default_policy
from streams.history.files import Event
from streams.history.recorded import RecordedAccounts
from streams.history.replaying import Replay

START = 1_767_603_600_000
TEXTS = ("Where is the export?", "It fails with error 502 again.", "You charged me twice!")


def history(texts: Iterable[int]) -> list[Event]:
    return [
        ConversationMessage(
            message_id=f"m{number}",
            ticket_id=f"T{number % 3}",
            role=Role.CUSTOMER,
            text=TEXTS[text],
            sent_at=START + number * 30_000,
            account_id="a1",
        )
        for number, text in enumerate(texts)
    ]


def decisions(records: Iterator[Record | Tombstone]) -> list[Decision]:
    return [one for one in records if isinstance(one, Decision)]


levels = st.lists(st.none() | st.sampled_from(HealthLevel), min_size=1, max_size=5)
profiles = st.none() | st.builds(
    AccountProfile,
    account_id=st.just("a1"),
    updated_at=st.just(START),
    tier=st.sampled_from([None, "enterprise"]),
    vip=st.booleans(),
    language=st.sampled_from([None, "de"]),
)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=12), levels, profiles)
def test_accounts_that_changed_all_the_time_give_the_same_decisions_again(
    texts: list[int], some: list[HealthLevel | None], profile: AccountProfile | None
) -> None:
    turns = cycle(some)

    def changing(account_id: str) -> AccountHealth | None:
        level = next(turns)
        return None if level is None else AccountHealth(account_id, START, 50.0, level)

    live = Decider(default_policy(), lambda _account: profile, healths=changing)
    made = decisions(Replay(live, 12).run(history(texts)))
    again = Decider(default_policy(), accounts=RecordedAccounts(made).of)
    assert decisions(Replay(again, 12).run(history(texts))) == made
