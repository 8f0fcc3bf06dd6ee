"""Every reason code: fires, and does not on the near miss."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from detectors.signals import Signal, Signals
from schemas.records import (
    AccountSnapshot,
    AnomalyLink,
    Attachment,
    ConversationMessage,
    Evidence,
    HealthLevel,
    MessageStatus,
    Role,
    UpdateKind,
)
from streams.core.policy import Policy, load_policy
from streams.core.reasons import REASONS, Code
from streams.core.tickets.triggers import TRIGGERS
from tests.core.conversation import DAY, HOUR, MINUTE, SECOND, START, Conversation, scores

VIP = AccountSnapshot("a1", START, vip=True)
SIGNALS = {
    Code.SAFETY: "safety",
    Code.SECURITY: "security",
    Code.LEGAL_COMPLIANCE: "legal_compliance",
    Code.BILLING: "billing",
    Code.HUMAN_REQUEST: "human_request",
    Code.NEGATIVE_SENTIMENT: "negative",
    Code.URGENCY: "urgency",
}


def test_every_code_has_a_trigger_and_a_sentence() -> None:
    assert set(TRIGGERS) == set(REASONS) == set(Code)
    assert all(about.sentence.endswith(".") for about in REASONS.values())


@pytest.mark.parametrize(("code", "signal"), SIGNALS.items())
def test_a_signal_at_its_threshold_hands_over(code: Code, signal: str) -> None:
    talk = Conversation()
    talk.customer("abcdef", scores(**{signal: 0.5}))
    [reason] = talk.decision.reasons
    assert (reason.code, reason.tier, reason.score, reason.threshold) == (code, 2, 0.5, 0.5)
    assert reason.evidence == (Evidence("m1", 0, 3),)
    assert talk.decision.action == "handoff"


@pytest.mark.parametrize(("code", "signal"), SIGNALS.items())
def test_a_signal_below_its_threshold_is_only_told(code: Code, signal: str) -> None:
    talk = Conversation()
    talk.customer("abcdef", scores(**{signal: 0.49}))
    assert talk.decision.action == "reply"
    assert not talk.decision.reasons
    [told] = [score for score in talk.decision.signals if score.code == code]
    assert (told.score, told.threshold) == (0.49, 0.5)


def test_a_contested_charge_is_named_a_billing_dispute() -> None:
    talk = Conversation()
    talk.customer("refund it", scores(billing=0.9, billing_dispute=0.6))
    [reason] = talk.decision.reasons
    assert (reason.code, reason.sub_reason, reason.score) == ("billing", "billing_dispute", 0.6)


def test_an_enterprise_account_is_heard_earlier() -> None:
    talk = Conversation(AccountSnapshot("a1", START, tier="enterprise"))
    talk.customer("hm", scores(billing=0.46))
    assert talk.codes == {"billing"}
    assert talk.decision.used.segment == "enterprise"


def test_an_unverified_claim_never_raises_the_segment() -> None:
    talk = Conversation(VIP)
    talk.update(UpdateKind.IDENTIFIED, account_id="a1", verified=False)
    talk.customer()
    assert talk.decision.used.segment == "default"
    assert talk.decision.action == "reply"


def test_a_rolling_level_fires_when_no_message_does() -> None:
    talk = Conversation()
    talk.policy = replace(
        talk.policy,
        triggers=replace(
            talk.policy.triggers,
            negative_sentiment=replace(talk.policy.triggers.negative_sentiment, tier=0),
        ),
    )
    talk.customer("awful", scores(negative=0.9))
    talk.ai("Better?")
    talk.customer("so so", scores(negative=0.4))
    [reason] = talk.decision.reasons
    assert reason.sub_reason == "rolling"
    assert reason.score == pytest.approx(0.65)
    assert reason.evidence == (Evidence("m1", 0, 3),)


def test_a_fall_from_the_authors_own_baseline_fires() -> None:
    talk = Conversation()
    for _ in range(2):
        talk.customer("fine", scores(negative=0.02))
        talk.ai("Anything else?")
    talk.customer("not fine", scores(negative=0.45))
    assert talk.codes == {"sentiment_drop"}


def test_thanks_are_no_fall_however_they_are_put() -> None:
    talk = Conversation()
    for _ in range(2):
        talk.customer("fine", scores(negative=0.02))
        talk.ai("Anything else?")
    talk.customer("no thank you so much", scores(negative=0.49, thanks=0.9))
    assert (talk.decision.action, talk.codes) == ("reply", set())


def test_a_constant_grumbler_is_no_fall() -> None:
    talk = Conversation()
    for _ in range(3):
        talk.customer("meh", scores(negative=0.45))
        talk.ai("Anything else?")
    assert talk.decision.action == "reply"


def test_the_angriest_author_counts_whoever_wrote_last() -> None:
    talk = Conversation()
    talk.customer("bad", scores(negative=0.47))
    assert talk.decision.action == "reply"
    talk.account = AccountSnapshot("a1", START, tier="enterprise")
    talk.customer("hello", author_id="someone-else")
    [reason] = talk.decision.reasons
    assert (reason.code, reason.sub_reason, reason.score) == ("negative_sentiment", "rolling", 0.47)
    assert reason.evidence == (Evidence("m1", 0, 3),)


def test_the_first_words_of_an_author_are_no_fall() -> None:
    talk = Conversation()
    talk.customer("fine", scores(negative=0.0))
    talk.ai("Anything else?")
    talk.customer("bad", scores(negative=0.45), author_id="someone-else")
    assert talk.decision.action == "reply"
    talk.customer("bad", scores(negative=0.45))
    assert talk.decision.action == "reply", "a single message is no baseline yet"


@pytest.mark.parametrize(("complexity", "action"), [(2, "reply"), (3, "review"), (4, "handoff")])
def test_linked_variables_raise_the_tier(complexity: int, action: str) -> None:
    talk = Conversation()
    talk.customer("it fails", Signals(complexity=complexity))
    assert talk.decision.action == action


def named(*names: int, complexity: int = 0) -> Signals:
    """A message that names variables: the two lowest bits of each say of which kind it is."""
    return Signals(complexity=complexity, variables=tuple(4 * name for name in names))


def test_what_an_answer_names_adds_to_the_problem_told_before() -> None:
    talk = Conversation()
    talk.customer("Slack posts twice", named(1, complexity=2))
    talk.ai("How do they sign in?")
    talk.customer("Okta", named(2))
    [reason] = talk.decision.reasons
    assert (talk.decision.action, reason.code, reason.score) == (
        "review",
        "complex_troubleshooting",
        3,
    )
    assert reason.evidence[0].message_id == "m3"
    talk.customer("it is in Slack over the proxy only", named(1, 3, complexity=1))
    assert talk.decision.action == "handoff", "it names one of the problem's own"


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("Slack", named(1)),
        ("posts twice in Slack", named(1, complexity=2)),
        ("can I use SAML, SSO and Okta?", named(2, 3, 4)),
        ("the import stops since the proxy", named(5, 6, complexity=2)),
        ("no idea", Signals()),
    ],
)
def test_nothing_new_and_another_matter_do_not_add_up(text: str, signals: Signals) -> None:
    talk = Conversation()
    talk.customer("Slack posts twice", named(1, complexity=2))
    talk.ai("I have reset it." if signals.complexity else "Where is it set up?")
    talk.customer(text, signals)
    assert talk.decision.action == "reply"


def test_only_the_first_message_after_a_question_answers_it() -> None:
    talk = Conversation()
    talk.customer("Slack posts twice", named(1, complexity=2))
    talk.ai("How do they sign in?")
    talk.customer("no idea")
    talk.customer("and the import stops since the proxy", named(5, 6, complexity=2))
    assert talk.decision.action == "reply"


def test_thanks_and_a_new_episode_begin_another_count() -> None:
    talk = Conversation()
    talk.customer("Slack posts twice", named(1, complexity=2))
    talk.ai("Is it solved?")
    talk.customer("yes, thanks", scores(thanks=0.9))
    talk.ai("Anything else?")
    talk.customer("the import with SAP by SFTP", named(2, 3, complexity=2))
    assert talk.decision.action == "reply"
    talk.ai("Where is it set up?")
    talk.update(UpdateKind.RESOLVED)
    talk.wait(8 * DAY)
    talk.customer("with a proxy", named(4, 5, complexity=2))
    assert (talk.decision.action, talk.ticket.linked) == ("reply", 2)


@pytest.mark.parametrize(
    ("account", "signals", "action"),
    [
        (AccountSnapshot("a1", START, vip=True), Signals(), "review"),
        (AccountSnapshot("a1", START, churn_flag=True), Signals(), "review"),
        (AccountSnapshot("a1", START, health=HealthLevel.AT_RISK), Signals(), "review"),
        (AccountSnapshot("a1", START, health=HealthLevel.AT_RISK), scores(billing=0.5), "handoff"),
        (AccountSnapshot("a1", START, health=HealthLevel.WATCH), Signals(), "reply"),
        (AccountSnapshot("a1", START, contract_value=100_000.0), Signals(), "review"),
        (AccountSnapshot("a1", START, contract_value=99_999.0), Signals(), "reply"),
        (AccountSnapshot("a1", START, tier="enterprise"), Signals(), "reply"),
        (AccountSnapshot("a1", START, vip=True), scores(technical=0.6), "handoff"),
        (AccountSnapshot("a1", START, vip=True), scores(technical=0.4), "review"),
    ],
)
def test_accounts_with_much_at_stake(
    account: AccountSnapshot, signals: Signals, action: str
) -> None:
    talk = Conversation(account)
    talk.customer("hello", signals)
    assert talk.decision.action == action


def test_three_rounds_without_progress_are_a_loop() -> None:
    talk = Conversation()
    for _ in range(3):
        talk.customer("does not work")
        talk.ai("Try again.")
        assert talk.decision.action == "reply"
    talk.customer("does not work")
    [reason] = talk.decision.reasons
    assert (reason.code, reason.score, reason.threshold) == ("ai_loop", 3, 3)


def test_answers_to_the_ais_own_question_are_no_loop() -> None:
    talk = Conversation()
    for _ in range(5):
        talk.customer("it is version 4")
        talk.ai("And which browser?")
    talk.customer("the newest")
    assert talk.decision.action == "reply"


def test_six_rounds_in_all_are_a_loop() -> None:
    talk = Conversation()
    for _ in range(6):
        talk.customer("it is version 4")
        talk.ai("And which browser?")
    talk.customer("the newest")
    [reason] = talk.decision.reasons
    assert (reason.code, reason.sub_reason) == ("ai_loop", "rounds")


def test_thanks_are_progress() -> None:
    talk = Conversation()
    for _ in range(3):
        talk.customer("does not work")
        talk.ai("Try again.")
    talk.customer("that did it, thanks", scores(thanks=0.9))
    assert talk.decision.action == "reply"
    talk.ai("You are welcome.")
    talk.customer("now another thing does not work")
    assert talk.decision.action == "reply", "what stalled before is forgotten"


def test_a_question_about_something_else_is_progress() -> None:
    talk = Conversation()
    for gist in ((1, 2), (3, 4), (5, 6), (7, 8)):
        talk.customer("And may I do this as well?", Signals(gist=gist))
        talk.ai("Yes.")
    assert talk.decision.action == "reply"


def test_what_is_no_question_is_no_progress_whatever_it_is_about() -> None:
    talk = Conversation()
    for gist in ((1, 2), (3, 4), (5, 6), (7, 8)):
        talk.customer("And this does not help.", Signals(gist=gist))
        talk.ai("Try again.")
    assert talk.codes == {"ai_loop"}


def test_questions_about_what_does_not_work_are_no_progress_however_they_are_put() -> None:
    talk = Conversation()
    for gist in ((1, 2), (3, 4), (5, 6), (7, 8)):
        talk.customer("Why does it fail?", Signals(gist=gist, category="technical"))
        talk.ai("Try again.")
    assert talk.codes == {"ai_loop"}


def asks(talk: Conversation, *gists: tuple[int, ...]) -> None:
    for gist in gists:
        talk.customer("how do I export?", Signals(gist=gist))
        talk.ai("Which one?")


def test_the_same_question_in_other_words_twice_is_a_repetition() -> None:
    talk = Conversation()
    asks(talk, (1, 2, 3, 4), (1, 2, 3, 5))
    assert talk.decision.action == "reply"
    asks(talk, (1, 2, 3, 6))
    assert talk.codes == {"repeated_question"}


def test_different_questions_are_no_repetition() -> None:
    talk = Conversation()
    asks(talk, (1, 2, 3, 4), (5, 6, 7, 8), (1, 9, 10, 11))
    assert talk.decision.action == "reply"


def test_asking_again_before_an_answer_is_no_repetition() -> None:
    talk = Conversation()
    for _ in range(4):
        talk.customer("hello? how do I export?", Signals(gist=(1, 2, 3)))
    assert talk.decision.action == "reply"


def test_what_did_not_help_hands_over_once_the_ai_has_said_something() -> None:
    talk = Conversation()
    talk.customer("it does not help", scores(ai_failed=0.9))
    assert (talk.decision.action, talk.codes) == ("reply", set())
    talk.ai()
    talk.customer("that does not help", scores(ai_failed=0.49))
    assert talk.decision.action == "reply"
    talk.customer("that does not help", scores(ai_failed=0.5))
    assert (talk.decision.action, talk.codes) == ("handoff", {"ai_gave_up"})


def test_an_ai_that_gives_up_in_a_draft_hands_over() -> None:
    talk = Conversation()
    talk.customer()
    talk.draft("I cannot help with that.", gave_up=True)
    assert (talk.decision.cause, talk.decision.action) == ("draft", "handoff")
    assert talk.codes == {"ai_gave_up"}


def test_an_ai_that_gave_up_in_the_open_hands_over_without_waiting() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai("I cannot help with that.", gave_up=True)
    assert (talk.decision.cause, talk.decision.action) == ("update", "handoff")


@pytest.mark.parametrize(("channel", "limit"), [("chat", 60 * SECOND), ("email", 15 * MINUTE)])
def test_an_ai_that_does_not_answer_in_time_hands_over(channel: str, limit: int) -> None:
    talk = Conversation(channel=channel)
    talk.customer()
    talk.wait(limit - 1)
    assert talk.decision.action == "reply"
    talk.wait(1)
    assert (talk.decision.cause, talk.codes) == ("timer", {"ai_no_answer"})


def test_an_answer_in_time_stops_the_wait() -> None:
    talk = Conversation()
    talk.customer()
    talk.wait(59 * SECOND)
    talk.ai()
    talk.wait(HOUR)
    assert talk.decision.action == "reply"


def chat_for(minutes: int, *, ask: bool = False) -> Conversation:
    talk = Conversation()
    talk.customer()
    talk.ai("And now?" if ask else "Done.")
    talk.wait(minutes * MINUTE)
    talk.customer("one more thing")
    return talk


def test_a_chat_open_for_too_long_hands_over() -> None:
    assert chat_for(15).codes == {"open_time"}
    assert not chat_for(14).codes


def test_the_open_time_runs_out_without_a_new_message() -> None:
    talk = chat_for(14)
    talk.policy = default_without_no_answer(talk)
    talk.customer("still there?")
    talk.wait(MINUTE)
    assert (talk.decision.cause, talk.codes) == ("timer", {"open_time"})


def default_without_no_answer(talk: Conversation) -> Policy:
    rules = talk.policy.triggers
    relaxed = replace(rules, ai_no_answer=replace(rules.ai_no_answer, tier=0))
    return replace(talk.policy, triggers=relaxed)


def test_waiting_for_the_customer_does_not_count_as_open() -> None:
    assert not chat_for(60, ask=True).codes


@pytest.mark.parametrize(
    ("confidence", "action"), [(0.5, "review"), (0.51, "reply"), (None, "reply")]
)
def test_a_doubtful_draft_is_reviewed(confidence: float | None, action: str) -> None:
    talk = Conversation()
    talk.customer()
    talk.draft(confidence=confidence)
    assert talk.decision.action == action


def test_thanks_of_the_ai_leave_the_time_that_a_ticket_is_open() -> None:
    talk = Conversation()
    talk.customer()
    draft = ConversationMessage(
        "d1", talk.ticket_id, Role.AI, "Thank you, I am glad!", talk.now,
        status=MessageStatus.DRAFT, confidence=0.2,
    )  # fmt: skip
    talk.apply(draft, scores(thanks=0.9))
    assert talk.decision.action == "review"
    assert talk.state is not None
    assert talk.state.open_due is not None


UNREADABLE: dict[str, Callable[[Conversation], object]] = {
    "not understood": lambda talk: talk.customer("...", Signals(unreadable=True)),
    "only an attachment": lambda talk: talk.customer(" ", attachments=(Attachment("image/png"),)),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_was_not_understood_is_reviewed(case: str) -> None:
    talk = Conversation()
    UNREADABLE[case](talk)
    assert (talk.decision.action, talk.codes) == ("review", {"unreadable"})


@pytest.mark.parametrize("text", ["", "What is this?"])
def test_an_attachment_that_was_read_or_is_told_of_in_words_is_readable(text: str) -> None:
    talk = Conversation()
    read, unread = Attachment("text/plain", extracted_text="log"), Attachment("image/png")
    talk.customer(text, attachments=(unread,) if text else (read, unread))
    assert talk.decision.action == "reply"


def test_a_score_never_fires_at_a_tier_zero_trigger_that_only_tells() -> None:
    talk = Conversation()
    rules = talk.policy.triggers
    relaxed = replace(rules, urgency=replace(rules.urgency, tier=0))
    talk.policy = replace(talk.policy, triggers=relaxed)
    talk.customer("soon please", Signals(urgency=Signal(0.9)))
    assert (talk.decision.action, talk.codes) == ("reply", {"urgency"})


def test_a_message_read_only_in_part_is_reviewed_at_least() -> None:
    talk = Conversation()
    event = ConversationMessage("m1", "T1", Role.CUSTOMER, "long", talk.now)
    talk.apply(event, Signals(), truncated=True)
    assert (talk.decision.action, talk.decision.reasons[0].sub_reason) == ("review", "truncated")


def test_a_message_that_nobody_analysed_counts_as_unreadable() -> None:
    talk = Conversation()
    talk.apply(ConversationMessage("m1", "T1", Role.CUSTOMER, "hello", talk.now))
    assert talk.codes == {"unreadable"}


def test_a_hold_stops_the_wait_until_it_ends() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ON_HOLD, until=START + 10 * MINUTE)
    talk.wait(10 * MINUTE - 1)
    assert talk.decision.action == "reply"
    talk.wait(1)
    assert talk.codes == {"ai_no_answer"}


def test_a_ticket_pending_on_the_customer_hands_over_to_nobody() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.wait(23 * HOUR)
    assert talk.decision.action == "reply"


def test_what_does_not_help_before_the_ai_has_spoken_is_no_failure_of_it_for_any_account() -> None:
    talk = Conversation()
    talk.customer("your help page does not help", scores(ai_failed=0.9))
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START))
    assert (talk.decision.action, talk.codes) == ("none", set())


def test_rounds_without_progress_are_named_before_rounds_in_all() -> None:
    talk = Conversation()
    for answer in ("Which browser?", "Which version?", "Which page?", "Try.", "Try.", "Try."):
        talk.customer("hm")
        talk.ai(answer)
    talk.customer("hm")
    [reason] = [one for one in talk.decision.reasons if one.code == Code.AI_LOOP]
    assert (reason.sub_reason, reason.score, reason.threshold) == (None, 3, 3)


def test_thanks_belong_to_no_incident() -> None:
    policy = load_policy(
        "based_on: default\nname: o\nversion: 1\ntriggers: {anomaly_link: {tier: 1}}"
    )
    talk = Conversation(policy=policy)
    talk.incidents = lambda *_: AnomalyLink("an-1", "Exports fail", START, 3)
    talk.customer("thank you", scores(thanks=0.9))
    assert (talk.decision.action, talk.codes) == ("reply", set())
    talk.customer("it fails")
    assert (talk.decision.action, talk.codes) == ("review", {"anomaly_link"})


def test_words_that_were_never_learned_weigh_more_once_the_account_is_known() -> None:
    talk = Conversation()
    talk.customer("frotz", scores(unfamiliar=0.46))
    assert talk.decision.action == "reply"
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START, tier="enterprise"))
    assert (talk.decision.action, talk.codes) == ("review", {"out_of_pattern"})


@pytest.mark.parametrize(
    ("account", "segment"),
    [
        (AccountSnapshot("a1", START, contract_value=100_000), "top"),
        (AccountSnapshot("a1", START, contract_value=99_999), "default"),
        (AccountSnapshot("a1", START, health=HealthLevel.AT_RISK), "top"),
        (AccountSnapshot("a1", START, churn_flag=True), "top"),
    ],
)
def test_a_segment_takes_who_may_leave_and_who_is_worth_its_line(
    account: AccountSnapshot, segment: str
) -> None:
    talk = Conversation(account)
    talk.customer()
    assert talk.decision.used.segment == segment


def test_of_two_times_that_have_come_together_the_decision_names_the_first_and_the_message() -> (
    None
):
    policy = load_policy(
        "based_on: default\nname: o\nversion: 1\ntriggers: {ai_no_answer: {after: {chat: 15m}}}"
    )
    talk = Conversation(policy=policy)
    talk.customer()
    talk.wait(15 * MINUTE)
    decision = talk.decision
    assert decision.subject_id == f"ai_no_answer@{talk.now}"
    assert (decision.message_id, talk.codes) == ("m1", {"ai_no_answer", "open_time"})


def test_what_a_high_stakes_account_asks_beside_its_thanks_is_reviewed() -> None:
    talk = Conversation(VIP)
    talk.customer("Thanks! And when will it ship?", scores(thanks=0.9))
    assert (talk.decision.action, talk.codes) == ("review", {"high_stakes_account"})


def test_money_is_a_problem_of_a_high_stakes_account_where_it_alone_is_only_reviewed() -> None:
    policy = load_policy("based_on: default\nname: o\nversion: 1\ntriggers: {billing: {tier: 1}}")
    talk = Conversation(VIP, policy)
    talk.customer("why this price?", scores(billing=0.9))
    assert {one.code: one.tier for one in talk.decision.reasons} == {
        "billing": 1,
        "high_stakes_account": 2,
    }


def test_the_thanks_of_a_high_stakes_account_need_no_review() -> None:
    talk = Conversation(VIP)
    talk.customer("perfect, thank you", scores(thanks=0.9))
    assert (talk.decision.tier, talk.decision.action) == (0, "reply")


@pytest.mark.parametrize(("share", "action"), [(0.5, "review"), (0.49, "reply")])
def test_words_never_learned_from_are_looked_at_by_a_person(share: float, action: str) -> None:
    talk = Conversation()
    talk.customer("...", scores(unfamiliar=share))
    assert talk.decision.action == action
    assert (Code.OUT_OF_PATTERN in {reason.code for reason in talk.decision.reasons}) == (
        action == "review"
    )
