"""What is remembered of an account's tickets, and for how long."""

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    ActivityKind,
    OpportunityStatus,
    RequesterFlood,
    TicketUpdate,
)
from streams.core.accounts import AccountPolicy, AccountState, answer, apply_profile, observe
from streams.core.accounts.figures import figures
from streams.core.accounts.history import ACTIVITIES_REMEMBERED
from streams.core.accounts.state import TicketNote
from tests.core.account import DAY, HOUR, MINUTE, START, activity, play, profile, tickets
from tests.core.test_accounts_outreach import at_risk, told

FIRST = START // DAY


def opened(ticket: str, at: int, **changes: object) -> AccountActivity:
    return activity(ticket, at, kind=ActivityKind.OPENED, **changes)


def escalated(ticket: str, at: int) -> AccountActivity:
    return activity(ticket, at, kind=ActivityKind.ESCALATED)


def note(state: AccountState, ticket: str) -> TicketNote:
    return next(one for one in state.tickets if one.ticket_id == ticket)


def under(policy: AccountPolicy, activities: list[AccountActivity]) -> AccountState:
    state: AccountState | None = None
    for one in activities:
        state = observe(state, one, None, one.occurred_at, policy).state
    assert state is not None
    return state


def test_only_the_last_activities_and_answers_are_known_again() -> None:
    state, _, _ = play([activity("t1", n) for n in range(ACTIVITIES_REMEMBERED + 1)])
    assert len(state.seen) == ACTIVITIES_REMEMBERED
    assert "t1-0-message" not in state.seen
    risky, made = at_risk()
    for day in range(8, 8 + ACTIVITIES_REMEMBERED):
        update = told(OpportunityStatus.SNOOZED, made, day * DAY)
        risky = answer(risky, update, profile(), update.occurred_at).state or risky
    assert len(risky.seen) == ACTIVITIES_REMEMBERED


def test_a_company_whose_account_has_the_id_of_another_companys_sees_nothing_of_that_one() -> None:
    state, _, _ = play([opened("t1", 0, tenant="acme")])
    step = observe(state, opened("t2", MINUTE, tenant="globex"), None, START + MINUTE)
    assert (step.state, step.outputs) == (state, ())
    theirs = profile(tenant="globex", vip=True)
    assert apply_profile(state, None, theirs, START + MINUTE).outputs == ()
    step = observe(state, opened("t3", MINUTE, tenant="acme", lacks_history=True), theirs, START)
    [word] = [one.account for one in step.outputs if isinstance(one, TicketUpdate)]
    assert word is not None
    assert not word.vip
    assert step.state is not None
    gone = activity("t1", HOUR, kind=ActivityKind.ERASED, tenant="globex")
    erased = observe(step.state, gone, None, START + HOUR).state
    assert erased is not None
    assert [one.ticket_id for one in erased.tickets] == ["t3"]


def test_what_is_said_to_have_happened_later_than_it_was_recorded_happened_then() -> None:
    step = observe(None, activity("t1", 5 * DAY), None, START)
    assert step.state is not None
    assert note(step.state, "t1").opened_at == START


def test_who_asked_for_an_erased_ticket_is_forgotten_but_not_who_asked_for_one_that_left() -> None:
    both = [opened("t1", 0), opened("t2", 1, requester_id="noor")]
    left, _, _ = play([*both, activity("t1", 2, kind=ActivityKind.LEFT)])
    assert [one.requester_id for one in left.openings] == ["mara", "noor"]
    erased, _, _ = play([*both, activity("t1", 2, kind=ActivityKind.ERASED)])
    assert [one.requester_id for one in erased.openings] == ["noor"]


def test_a_ticket_that_is_still_open_counts_once_though_fifty_others_came_after_it() -> None:
    many = [opened(f"t{n}", n * HOUR) for n in range(51)]
    state, _, _ = play([*many, activity("t0", 60 * HOUR)])
    assert figures(state, START + 60 * HOUR).opened == 51
    assert len(state.tickets) == 50
    assert state.open["t0"] == START


def test_the_oldest_open_ticket_is_told_no_more_when_there_are_too_many() -> None:
    policy = AccountPolicy(open_tickets_remembered=2)
    state = under(policy, [opened(f"t{n}", n) for n in (2, 1, 3)])
    assert set(state.open) == {"t2", "t3"}
    assert set(under(policy, [opened(f"t{n}", n) for n in (1, 2)]).open) == {"t1", "t2"}


def test_openings_are_remembered_for_the_floods_window_and_no_more_than_so_many() -> None:
    state, _, _ = play([opened("t1", 0), opened("t2", 10 * MINUTE)])
    assert [one.at for one in state.openings] == [START + 10 * MINUTE]
    few = under(AccountPolicy(opens_remembered=3), [opened(f"t{n}", n) for n in range(5)])
    assert [one.at - START for one in few.openings] == [2, 3, 4]


def test_only_many_tickets_of_one_requester_are_a_flood() -> None:
    one = [opened(f"t{n}", n) for n in range(11)]
    other = [opened(f"s{n}", n, requester_id="noor") for n in range(11)]
    assert play([*one, *other])[0].flood is None
    unknown = [opened(f"t{n}", n, requester_id=None) for n in range(22)]
    assert play(unknown)[0].flood is None
    late = [opened(f"r{n}", 11 + n, requester_id="noor") for n in range(10)]
    flood = play([*one, *other, *late])[0].flood
    assert flood == RequesterFlood(requester_id="noor", tickets=21, since=START)


def test_whoever_waits_for_a_person_has_waited_since_the_first_call_for_one() -> None:
    state, _, _ = play([escalated("t1", 0), escalated("t1", HOUR)])
    assert note(state, "t1").waits_since == START
    closed, _, _ = play([activity("t1", 2 * HOUR, kind=ActivityKind.CLOSED)], state)
    assert note(closed, "t1").waits_since is None


def test_of_several_waits_for_a_person_the_longest_counts() -> None:
    answers = [
        activity("t1", n * DAY, kind=ActivityKind.ANSWERED, waited=waited)
        for n, waited in enumerate((3 * HOUR, HOUR))
    ]
    state, _, _ = play(answers)
    assert note(state, "t1").waited == 3 * HOUR
    again, _, _ = play([escalated("t1", 2 * DAY)], state)
    assert figures(again, START + 2 * DAY + HOUR).waited == 3 * HOUR
    assert figures(again, START + 2 * DAY + 4 * HOUR).waited == 4 * HOUR


def test_a_ticket_ends_as_it_first_ended_until_it_is_opened_again() -> None:
    resolved = activity("t1", 0, kind=ActivityKind.RESOLVED)
    state, _, _ = play([resolved, activity("t1", 1, kind=ActivityKind.CLOSED)])
    assert note(state, "t1").outcome == "resolved"
    again, _, _ = play([activity("t1", 2, kind=ActivityKind.REOPENED)], state)
    assert (note(again, "t1").outcome, note(again, "t1").closed_at) == (None, None)


def test_ninety_one_days_are_remembered() -> None:
    state, _, _ = play([activity(f"t{n}", n * DAY) for n in (0, 1, 91)])
    assert set(state.days) == {FIRST + 1, FIRST + 91}


def test_a_ticket_that_was_forgotten_and_came_back_leaves_no_day_with_less_than_none() -> None:
    many = [opened(f"t{n}", n) for n in range(51)]
    gone = activity("t0", DAY + 1, kind=ActivityKind.ERASED)
    state, _, _ = play([*many, activity("t0", DAY), gone])
    assert state.days[FIRST + 1].opened == 0


def test_no_mood_of_a_day_is_less_than_none_when_its_tickets_are_erased() -> None:
    some = [activity(f"t{n}", n, negative=mood) for n, mood in enumerate((0.1, 0.7, 0.0))]
    gone = [activity(ticket, 9, kind=ActivityKind.ERASED) for ticket in ("t1", "t0")]
    state, _, _ = play([*some, *gone])
    assert (state.days[FIRST].heard, state.days[FIRST].negative) == (1, 0.0)


def test_what_happened_before_an_erased_ticket_was_opened_was_anothers() -> None:
    state, _, _ = play([escalated("t1", 0), escalated("t2", 2 * DAY)])
    erased, _, _ = play([activity("t2", 3 * DAY, kind=ActivityKind.ERASED)], state)
    assert (erased.days[FIRST].escalated, erased.days[FIRST + 2].escalated) == (1, 0)


def test_an_erased_ticket_of_long_ago_leaves_what_happened_to_it_lately() -> None:
    late = [escalated("t1", 95 * DAY), activity("t1", 96 * DAY, kind=ActivityKind.REOPENED)]
    state, _, _ = play([opened("t1", 0), activity("t2", 94 * DAY), *late])
    assert figures(state, START + 97 * DAY).escalations == 1
    erased, _, _ = play([activity("t1", 97 * DAY, kind=ActivityKind.ERASED)], state)
    found = figures(erased, START + 97 * DAY)
    assert (found.escalations, found.reopened, found.opened) == (0, 0, 1)


def test_a_suggestion_no_longer_names_a_ticket_that_is_erased() -> None:
    state, made = at_risk()
    gone = made.ticket_ids[0]
    erased, _, _ = play([activity(gone, 8 * DAY, kind=ActivityKind.ERASED)], state)
    assert erased.opportunity == replace(made, ticket_ids=made.ticket_ids[1:])


def test_nothing_is_counted_of_days_ahead_of_the_clock() -> None:
    state, _, _ = play(tickets([0.1] * 3, every=60 * DAY))
    assert figures(state, START).busy == 0


def test_tickets_whose_account_is_known_late_were_opened_when_they_were_and_are_no_flood() -> None:
    at = 20 * DAY
    known = [opened(f"t{n}", at + n, waited=n * 12 * HOUR) for n in range(25)]
    state, _, _ = play(known)
    assert state.flood is None
    assert (figures(state, START + at).tickets, figures(state, START + at).opened) == (13, 25)
    assert note(state, "t24").opened_at == START + at + 24 - 12 * DAY


def test_a_ticket_that_comes_back_after_fifty_others_is_not_opened_again() -> None:
    many = [opened(f"t{n}", n * HOUR) for n in range(60)]
    ends = [activity(f"t{n}", n * HOUR + 1, kind=ActivityKind.CLOSED) for n in range(60)]
    back = [activity("t0", 61 * HOUR, kind=ActivityKind.REOPENED)]
    late = [activity("t1", 62 * HOUR, kind=ActivityKind.ANSWERED)]
    in_order = sorted((*many, *ends), key=lambda one: one.occurred_at)
    state, _, _ = play([*in_order, *back, *late])
    found = figures(state, START + 62 * HOUR)
    assert (found.opened, found.reopened) == (60, 1)
    assert "t0" in state.open
