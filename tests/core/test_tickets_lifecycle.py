"""The one table: no event moves a ticket where its cell does not say, and every cell is true."""

from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from detectors.signals import Signals
from schemas.records import AccountSnapshot, UpdateKind
from streams.core.tickets import Due, Event, Owner, Step
from streams.core.tickets.known import came_before, fingerprint
from streams.core.tickets.lifecycle import MESSAGES, TIMER, UPDATES, Row, row_of
from tests.core.conversation import DAY, START, Conversation, scores
from tests.core.test_tickets_invariants import accounts, histories

ROWS: dict[str, Row] = dict([*MESSAGES.items(), *UPDATES.items(), ("timer", TIMER)])
VIP = AccountSnapshot("a1", START, vip=True)


class Watched(Conversation):
    """Notes every move, and holds it against the table."""

    def apply(
        self, event: Event, signals: Signals | None = None, *, truncated: bool = False
    ) -> Step:
        before = None if self.state is None else (self.state.owner, self.state.erased)
        again = (
            self.state is not None
            and not isinstance(event, Due)
            and came_before(self.state, fingerprint(event))
        )
        step = super().apply(event, signals, truncated=truncated)
        if again or self.state is None:
            return step
        owner, erased = before or (Owner.AI, False)
        allowed = (Owner.CLOSED,) if erased else row_of(event).cell(owner).leads_to
        assert self.state.owner in allowed, (event, owner, self.state.owner)
        return step


@settings(max_examples=100, deadline=None)
@given(histories, accounts)
@example([], None)
def test_no_event_moves_a_ticket_where_the_table_does_not_say(
    history: list[tuple[int, Event, Signals | None]], account: AccountSnapshot | None
) -> None:
    talk = Watched(account)
    for pause, event, read in history:
        talk.wait(pause)
        talk.count += 1
        talk.apply(event, read)


def test_the_table_has_every_kind_of_update_and_every_owner() -> None:
    assert set(UPDATES) == set(UpdateKind)
    for row, owner in product(ROWS.values(), Owner):
        cell = row.cell(owner)
        assert cell.leads_to
        assert cell.act.__doc__


def test_only_a_hand_back_takes_a_ticket_from_a_person_to_the_ai() -> None:
    gives_back = [name for name, row in ROWS.items() if Owner.AI in row.human.leads_to]
    assert gives_back == [UpdateKind.HANDED_BACK]


def test_only_a_person_or_a_stricter_matter_ends_a_review() -> None:
    ends = [name for name, row in ROWS.items() if Owner.AI in row.review.leads_to]
    assert ends == [UpdateKind.DRAFT_REVIEWED]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([kind for kind in UpdateKind if kind is not UpdateKind.UNKNOWN]))
def test_a_bare_update_of_any_kind_fits_a_ticket_of_any_owner(kind: UpdateKind) -> None:
    for owner in Owner:
        talk = Watched(VIP if owner is Owner.REVIEW else None)
        talk.customer("hello", scores(negative=0.9) if owner is Owner.HUMAN else None)
        if owner is Owner.CLOSED:
            talk.update(UpdateKind.RESOLVED)
        assert talk.ticket.owner is owner
        talk.update(kind)
        talk.wait(40 * DAY)
