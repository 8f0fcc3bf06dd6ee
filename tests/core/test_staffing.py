"""Queues that are closed, empty or overloaded: who is paged, what the customer is told."""

from typing import Any

import pytest
from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import AccountSnapshot, QueueLoad, ReviewRequest, RouteStatus
from streams.core.policy import PolicyError, load_policy, shipped_policy
from streams.core.tickets import Arrival, decide
from streams.core.tickets.used import statuses_used
from tests.core.conversation import DAY, HOUR, MINUTE, START, Conversation, scores

EVENING = START + 14 * HOUR
ANGRY, DROP = scores(negative=0.9), scores(negative=0.45)
VIP = AccountSnapshot("a1", START, vip=True)


class Desk(Conversation):
    """A conversation beside queues that stand as told."""

    def __init__(self, *statuses: RouteStatus, **more: Any) -> None:
        super().__init__(**more)
        self.statuses = {status.route: status for status in statuses}

    def apply(self, event: Any, signals: Signals | None = None, *, truncated: bool = False) -> Any:
        arrival = Arrival(self.now, "support.conversations", 3, self.count, truncated)
        step = decide(
            self.state,
            event,
            signals,
            self.account,
            self.policy,
            arrival,
            statuses=self.statuses.get,
        )
        self.take(step)
        return step


def status(route: str = "general", **more: Any) -> RouteStatus:
    return RouteStatus(route, more.pop("open", True), START, **more)


@pytest.mark.parametrize(
    ("desk", "at", "signals", "paged", "callback"),
    [
        (Desk(), START, ANGRY, False, False),
        (Desk(channel="email"), EVENING, ANGRY, False, True),
        (Desk(channel="email", account=VIP), EVENING, ANGRY, True, False),
        (Desk(status(open=False)), START, ANGRY, False, True),
        (Desk(status(agents_available=0)), START, ANGRY, False, True),
        (Desk(status(agents_available=2), channel="email"), EVENING, ANGRY, False, False),
        (Desk(status("security", open=False)), START, scores(security=0.9), True, False),
        (Desk(status("safety", agents_available=0)), START, scores(safety=0.9), True, False),
        (Desk(status("billing", open=False)), START, scores(billing=0.9), False, True),
    ],
)
def test_where_nobody_is_there_on_call_is_paged_or_the_customer_offered_a_callback(
    desk: Desk, at: int, signals: Signals, paged: bool, callback: bool
) -> None:
    desk.now = at
    desk.customer("help", signals)
    [escalation] = desk.escalations
    notice = desk.decision.customer_notice
    assert notice is not None
    assert (escalation.page_on_call, notice.callback) == (paged, callback)
    assert notice.template.endswith("closed") == callback
    assert escalation.customer_notice == notice


def test_a_desk_that_has_said_nothing_for_a_day_is_not_believed_to_be_there() -> None:
    desk = Desk(status("success", agents_available=2), channel="email", account=VIP)
    desk.now = EVENING + DAY
    desk.customer("help", ANGRY)
    assert desk.escalations[0].page_on_call
    assert desk.decision.used.route_status_of is None
    shut = Desk(status("security", open=False))
    shut.now = START + 2 * DAY
    shut.customer("help", scores(security=0.9))
    assert shut.escalations[0].page_on_call


def test_a_queue_that_is_shut_in_its_open_hours_promises_no_opening() -> None:
    for opening in (None, START - HOUR):
        desk = Desk(status(open=False, next_opening_at=opening))
        desk.customer("help", ANGRY)
        told = desk.decision.customer_notice
        assert told is not None
        assert (told.callback, told.next_opening_at) == (True, None)


def test_the_notice_tells_the_wait_and_the_next_opening() -> None:
    desk = Desk(status(open=False, expected_wait=HOUR, next_opening_at=START + DAY))
    desk.customer("help", ANGRY, language="de")
    notice = desk.decision.customer_notice
    assert notice is not None
    assert (notice.language, notice.expected_wait) == ("de", HOUR)
    assert notice.next_opening_at == START + DAY
    unknown = Desk(channel="email")
    unknown.now = EVENING
    unknown.customer("help", ANGRY)
    notice = unknown.decision.customer_notice
    assert notice is not None
    assert notice.next_opening_at == START - 53 * MINUTE - 20_000 + DAY, "08:00, by its calendar"
    unknown.customer("hello?", ANGRY)
    assert unknown.decision.customer_notice is None, "it is told once"


GERMAN = AccountSnapshot("a1", START, language="de")


@pytest.mark.parametrize(
    ("stated", "heard", "text", "account", "language"),
    [
        ("pt-BR", "es", "no funciona nada de esto", GERMAN, "pt-BR"),
        (None, "es", "no funciona nada de esto", GERMAN, "es"),
        (None, "en", "nothing works any more here", GERMAN, "en"),
        (None, "en", "ok", GERMAN, "de"),
        (None, "und", "xyzzy plugh frotz zorkmid", GERMAN, "de"),
        (None, None, "???", None, "en"),
    ],
)
def test_people_hear_which_language_is_spoken_and_the_customer_reads_theirs(
    stated: str | None, heard: str | None, text: str, account: AccountSnapshot, language: str
) -> None:
    desk = Desk(account=account)
    desk.customer(text, replace(ANGRY, language=heard), language=stated)
    notice = desk.decision.customer_notice
    assert notice is not None
    assert notice.language == language
    spoken = stated or (heard if language == heard else None)
    assert desk.escalations[0].language == spoken
    reviewed = Desk(account=VIP)
    reviewed.customer(text, Signals(language=heard), language=stated)
    [review] = reviewed.new(ReviewRequest)
    assert review.language == spoken


def test_a_language_that_is_stated_once_holds_against_later_words() -> None:
    desk = Desk()
    desk.customer("das geht nicht", Signals(language="de"), language="de")
    desk.customer("this is awful, nothing works", replace(ANGRY, language="en"))
    assert desk.escalations[0].language == "de"


def test_a_decision_names_the_status_it_used_and_decides_the_same_from_those_values() -> None:
    told = status(open=False, queue_depth=7, queue_target=2, next_opening_at=START + DAY)
    desk = Desk(told)
    desk.customer("help", ANGRY)
    used = desk.decision.used
    again = Desk(*statuses_used(used).values())
    again.customer("help", ANGRY)
    assert again.outputs == desk.outputs


LONG = status(queue_depth=21, queue_target=10)


def falling(desk: Desk) -> Desk:
    """The author's mood falls, and is not yet bad."""
    for _ in range(3):
        desk.customer("fine", Signals())
        desk.ai()
    desk.customer("this is going nowhere", DROP)
    return desk


@pytest.mark.parametrize(
    ("queue", "action"),
    [
        (LONG, "review"),
        (status(queue_depth=20, queue_target=10), "handoff"),
        (status(), "handoff"),
    ],
)
def test_under_overload_a_fall_in_mood_is_reviewed(queue: RouteStatus, action: str) -> None:
    desk = falling(Desk(queue))
    assert "sentiment_drop" in desk.codes
    assert desk.decision.used.queue_load is None, "its own queue is named as such"
    assert desk.decision.action == action


def test_a_queue_of_hours_ago_relaxes_nothing() -> None:
    desk = Desk(LONG)
    desk.now = START + 2 * HOUR
    assert falling(desk).decision.action == "handoff"
    assert desk.decision.used.queue_load is None


def test_overload_asks_no_more_of_people_than_the_policy_does() -> None:
    rules = "sentiment_drop: {tier: 1}, ai_loop: {tier: 1, rounds_without_progress: 1}"
    policy = load_policy(
        f"based_on: default\nname: ours\nversion: 1\ntriggers: {{{rules}}}\n"
        "overload: {sentiment_drop: 2, ai_loop: 2}"
    )
    falls = falling(Desk(LONG, policy=policy))
    assert (falls.decision.action, "sentiment_drop" in falls.codes) == ("review", True)
    loops = Desk(LONG, policy=policy)
    loops.customer("it fails")
    loops.ai()
    loops.customer("it fails")
    assert (loops.decision.action, loops.codes) == ("review", {"ai_loop"})


def test_the_load_of_another_queue_than_the_ticket_goes_to_is_named_too() -> None:
    policy = load_policy(
        "based_on: default\nname: ours\nversion: 1\ntriggers: {billing: {tier: 1}}"
    )
    full, calm = status("billing", queue_depth=4), status(queue_depth=9, queue_target=10)
    desk = Desk(full, calm, policy=policy)
    for _ in range(2):
        desk.customer("fine", Signals())
        desk.ai()
    desk.customer("why this price?", scores(billing=0.9))
    # Whether its own queue is overloaded is asked of the mood; billing gets the ticket.
    desk.customer("this is going nowhere", DROP)
    used = desk.decision.used
    assert (desk.decision.action, desk.decision.route) == ("handoff", "billing")
    assert (used.route_status_of, used.queue_depth) == ("billing", 4)
    assert used.queue_load == QueueLoad("general", START, 9, 10)
    assert statuses_used(used) == {"billing": full, "general": calm}


def test_under_overload_a_vip_without_a_problem_stays_with_the_ai() -> None:
    busy, calm = Desk(replace(LONG, route="success"), account=VIP), Desk(account=VIP)
    busy.customer("hello")
    calm.customer("hello")
    assert (busy.decision.action, busy.codes) == ("reply", {"high_stakes_account"})
    assert calm.decision.action == "review"


@pytest.mark.parametrize(
    "signal",
    [
        "security",
        "safety",
        "legal_compliance",
        "billing",
        "human_request",
        "negative",
        "urgency",
        # Of itself no reason; with it a high-stakes account is one for a person.
        "technical",
    ],
)
def test_overload_never_touches_anything_else(signal: str) -> None:
    routes = shipped_policy("default").routes
    desk = Desk(*(replace(LONG, route=route.name) for route in routes), account=VIP)
    desk.customer("help", scores(**{signal: 0.9}))
    assert (desk.decision.action, desk.decision.tier) == ("handoff", 2)


def test_the_strict_policy_relaxes_neither_mood_nor_accounts() -> None:
    assert falling(Desk(LONG, policy=shipped_policy("seed"))).decision.action == "handoff"


@pytest.mark.parametrize("line", ["billing: 1", "sentiment_drop: 0", "queue_over: 0.5"])
def test_a_policy_cannot_relax_more(line: str) -> None:
    with pytest.raises(PolicyError, match=r"overload\."):
        load_policy(f"based_on: default\nname: ours\nversion: 1\noverload: {{{line}}}")
