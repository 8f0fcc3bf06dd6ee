"""The team's own rules, thresholds that differ, and where the AI is switched off."""

from typing import Any

import pytest
from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import AccountSnapshot, Reason, ReviewRequest, UpdateKind
from streams.core.policy import Policy, load_policy
from streams.core.tickets.used import account_used
from tests.core.conversation import START, Conversation, scores

BIG = AccountSnapshot("a1", START, tier="growth", contract_value=60_000)


def ours(text: str) -> Policy:
    return load_policy("based_on: default\nname: ours\nversion: 1\n" + text)


def rule(when: str, then: str = "tier: 2") -> Policy:
    return ours(f"rules:\n- {{name: ours, when: {{{when}}}, {then}}}")


def fired(talk: Conversation) -> list[Reason]:
    return [reason for reason in talk.decision.reasons if reason.code == "policy_rule"]


@pytest.mark.parametrize(
    ("when", "text", "more", "span"),
    [
        ("keywords: [data  loss]", "We see DATA loss here", {}, (7, 16)),
        ("keywords: [störung]", "STÖRUNG", {}, (0, 7)),
        ("keywords: [c++]", "my c++ build", {}, (3, 6)),
        ("patterns: ['error 5\\d\\d']", "it says Error 503 now", {}, (8, 17)),
        ("patterns: ['x', '(a)(b)']", "is ab", {}, (3, 5)),
        ("keywords: [down], patterns: ['site \\d']", "site 4 is down", {}, (0, 6)),
        ("channels: [sms]", "hello", {"channel": "sms"}, (0, 5)),
        ("languages: [de]", "hallo", {"language": "de"}, (0, 5)),
        ("attributes: {region: [eu, uk]}", "hello", {"attributes": {"region": "uk"}}, (0, 5)),
        ("tiers: [growth]", "hello", {}, (0, 5)),
        ("contract_value_from: 60000", "hello", {}, (0, 5)),
        ("vip: false", "hello", {}, (0, 5)),
        ("categories: [general]", "hello", {}, (0, 5)),
        ("negative_from: 0.3", "hello", {}, (0, 5)),
    ],
)
def test_a_rule_whose_conditions_hold_fires_with_its_name_and_evidence(
    when: str, text: str, more: dict[str, Any], span: tuple[int, int]
) -> None:
    talk = Conversation(BIG, rule(when))
    talk.customer(text, scores(negative=0.3), **more)
    [reason] = fired(talk)
    assert (reason.sub_reason, reason.tier, reason.score, reason.threshold) == ("ours", 2, 1.0, 1.0)
    assert [(one.message_id, one.start, one.end) for one in reason.evidence] == [("m1", *span)]
    assert talk.decision.action == "handoff"


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("keywords: [data loss]", "metadata lossless"),
        ("patterns: ['error 5\\d\\d']", "error 404"),
        ("keywords: [down], patterns: ['site \\d']", "the site is down"),
        ("channels: [sms]", "hello"),
        ("languages: [de]", "hello"),
        ("attributes: {region: [eu]}", "hello"),
        ("tiers: [enterprise]", "hello"),
        ("contract_value_from: 60001", "hello"),
        ("vip: true", "hello"),
        ("churn_flag: true", "hello"),
        ("categories: [technical]", "hello"),
        ("negative_from: 0.31", "hello"),
        ("confidence_below: 0.9", "hello"),
        ("tiers: [growth], channels: [email]", "hello"),
    ],
)
def test_a_rule_with_one_condition_that_does_not_hold_is_silent(when: str, text: str) -> None:
    talk = Conversation(BIG, rule(when))
    talk.customer(text, scores(negative=0.3))
    assert talk.decision.action == "reply"
    assert not fired(talk)


def test_a_claim_to_an_account_meets_no_rule_about_accounts() -> None:
    talk = Conversation(BIG, rule("tiers: [growth]"))
    talk.update(UpdateKind.IDENTIFIED, account_id="a1", verified=False)
    talk.customer()
    assert not fired(talk)


EU = AccountSnapshot("a1", START, attributes={"region": "eu", "colour": "red"})
IN_EU = "attributes: {region: [eu]}"


def test_a_rule_reads_the_accounts_attributes_where_the_message_has_none_and_so_does_a_replay() -> (
    None
):
    talk = Conversation(EU, rule(IN_EU))
    talk.customer()
    assert fired(talk)
    assert talk.decision.used.account_attributes == {"region": "eu"}
    again = Conversation(account_used(talk.decision), talk.policy)
    again.customer()
    assert again.decision == talk.decision


def test_what_the_message_says_goes_before_the_account_and_a_claim_counts_for_nothing() -> None:
    talk = Conversation(EU, rule(IN_EU))
    talk.customer(attributes={"region": "us"})
    assert not fired(talk)
    claimed = Conversation(EU, rule(IN_EU))
    claimed.update(UpdateKind.IDENTIFIED, account_id="a1", verified=False)
    claimed.customer()
    assert not fired(claimed)


def test_half_a_character_is_no_obstacle_to_a_rule() -> None:
    talk = Conversation(policy=rule("keywords: [down]"))
    talk.customer("\ud83d is down")
    assert [one.evidence[0].start for one in fired(talk)] == [5]


def test_the_first_rule_that_holds_is_the_one() -> None:
    talk = Conversation(
        policy=ours(
            "rules:\n- {name: one, when: {keywords: [beta]}, tier: 1}\n"
            "- {name: two, when: {channels: [chat]}, tier: 2}"
        )
    )
    talk.customer("the beta fails")
    assert [(one.sub_reason, one.tier) for one in fired(talk)] == [("one", 1)]
    talk.customer("and now?")
    assert [one.sub_reason for one in fired(talk)] == ["two"]


def test_of_many_rules_the_one_whose_words_are_there_is_found() -> None:
    lines = "".join(
        f"- {{name: rule{n}, when: {{keywords: [word{n}], patterns: ['id-{n}$']}}, tier: 2}}\n"
        for n in range(150)
    )
    policy = ours(f"rules:\n{lines}- {{name: last, when: {{channels: [sms]}}, tier: 1}}")
    for text, names in (
        ("word77 of id-77", ["rule77"]),
        ("word77 of id-78", []),
        ("nothing of it", []),
    ):
        talk = Conversation(policy=policy)
        talk.customer(text)
        assert [one.sub_reason for one in fired(talk)] == names
        talk = Conversation(policy=policy)
        talk.customer(text, channel="sms")
        assert [one.sub_reason for one in fired(talk)] == (names or ["last"])


def test_a_rule_about_drafts_is_asked_of_drafts_alone() -> None:
    talk = Conversation(policy=rule("confidence_below: 0.7, categories: [general]", "tier: 1"))
    talk.customer()
    assert talk.decision.action == "reply"
    talk.draft(confidence=0.7)
    assert talk.decision.action == "reply"
    talk.draft(confidence=0.69)
    assert (talk.decision.action, fired(talk)[0].sub_reason) == ("review", "ours")


def test_a_rule_says_route_and_priority() -> None:
    talk = Conversation(policy=rule("keywords: [beta]", "tier: 2, route: success, priority: 5"))
    talk.customer("the beta fails")
    [escalation] = talk.escalations
    assert (escalation.route, escalation.priority) == ("success", 5)
    talk = Conversation(policy=rule("keywords: [beta]", "tier: 1, route: success, priority: 5"))
    talk.customer("the beta fails")
    [review] = talk.all(ReviewRequest)
    assert (review.route, review.priority) == ("success", 5)


@pytest.mark.parametrize("signal", ["safety", "security", "legal_compliance"])
def test_no_rule_lowers_or_moves_what_is_never_relaxed(signal: str) -> None:
    talk = Conversation(policy=rule("keywords: [beta]", "tier: 1, route: success, priority: 5"))
    talk.customer("the beta", scores(**{signal: 0.9}))
    [escalation] = talk.escalations
    assert talk.decision.tier == 2
    assert escalation.route == signal.removesuffix("_compliance")
    assert escalation.priority <= 2


def test_without_rules_none_is_measured() -> None:
    talk = Conversation()
    talk.customer()
    told = {score.code for score in talk.decision.signals}
    assert told.isdisjoint({"policy_rule", "ai_stopped"})


def test_a_category_and_a_segment_can_have_thresholds_of_their_own() -> None:
    policy = ours(
        "triggers: {billing: {threshold: 0.8, categories: {technical: 0.6}, segments: {top: 0.7}}}"
    )
    vip = AccountSnapshot("a1", START, vip=True)

    def line(account: AccountSnapshot | None, category: str) -> float:
        talk = Conversation(account, policy)
        talk.customer("hm", replace(scores(billing=0.1), category=category))
        [told] = [score for score in talk.decision.signals if score.code == "billing"]
        return told.threshold

    assert (line(None, "general"), line(None, "technical")) == (0.8, 0.6)
    assert line(vip, "general") == 0.7
    assert line(vip, "technical") == pytest.approx(0.6 * 0.9)


@pytest.mark.parametrize("where", ["categories: {technical", "segments: {top"])
@pytest.mark.parametrize(
    ("trigger", "own", "signals", "code", "line"),
    [
        ("billing", "dispute_threshold: 0.2", scores(billing_dispute=0.2), "billing", 0.2),
        (
            "complex_troubleshooting",
            "review_from: 2, handoff_from: 2",
            Signals(complexity=2),
            "complex_troubleshooting",
            2,
        ),
        ("ai_loop", "rounds_without_progress: 1", Signals(), "ai_loop", 1),
        ("ai_loop", "rounds: 1", Signals(), "ai_loop", 1),
        ("repeated_question", "repeats: 1", Signals(gist=(1, 2, 3)), "repeated_question", 1),
        (
            "repeated_question",
            "repeats: 1, similarity: 0.2",
            Signals(gist=(3, 4, 5)),
            "repeated_question",
            1,
        ),
    ],
)
def test_every_number_can_be_another_for_a_category_and_a_segment(
    where: str, trigger: str, own: str, signals: Signals, code: str, line: float
) -> None:
    plain = "triggers: {high_stakes_account: {contract_value: 900000}}"
    if where.startswith("segments"):
        account = AccountSnapshot("a1", START, contract_value=200_000.0)
    else:
        account = None
    changed = plain[:-1] + f", {trigger}: {{{where}: {{{own}}}}}}}}}"
    for policy, expected in ((ours(changed), [line]), (ours(plain), [])):
        talk = Conversation(account, policy)
        talk.customer("It fails", replace(Signals(), category="technical", gist=(1, 2, 3)))
        talk.ai("Try again.")
        talk.customer("It fails", replace(signals, category="technical"))
        found = [one.threshold for one in talk.decision.reasons if one.code == code]
        assert found == expected


def test_how_much_the_ai_may_doubt_can_be_another_for_a_category() -> None:
    policy = ours("triggers: {low_confidence: {categories: {technical: 0.2}}}")
    for category, action in (("technical", "review"), ("general", "reply")):
        talk = Conversation(policy=policy)
        talk.customer("hm", replace(Signals(), category=category))
        talk.draft(draft_id="d1", confidence=0.7)
        assert talk.decision.action == action


def test_what_is_at_stake_and_how_long_the_ai_may_take_can_be_another_for_a_category() -> None:
    policy = ours(
        """
triggers:
  high_stakes_account: {categories: {technical: {contract_value: 50000}}}
  ai_no_answer: {categories: {technical: {after: {chat: 20s, email: 5m, other: 5m}}}}
"""
    )
    big = AccountSnapshot("a1", START, contract_value=60_000)
    for category, action in (("technical", "handoff"), ("general", "reply")):
        talk = Conversation(big, policy)
        talk.customer("hm", replace(Signals(), category=category))
        assert talk.decision.action == action
    for category, seconds in (("technical", 20), ("general", 60)):
        talk = Conversation(policy=policy)
        talk.customer("hm", replace(Signals(), category=category))
        talk.wait(seconds * 1_000 - 1)
        assert talk.decision.action == "reply"
        talk.wait(1)
        assert talk.codes == {"ai_no_answer"}


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("everywhere: true", None),
        ("categories: [technical]", "category technical"),
        ("segments: [default]", "segment default"),
        ("routes: [technical]", "route technical"),
    ],
)
def test_where_the_ai_is_switched_off_every_message_goes_to_a_person(
    where: str, why: str | None
) -> None:
    talk = Conversation(policy=ours(f"stopped: {{{where}}}"))
    talk.customer("It fails", replace(scores(), category="technical"))
    [reason] = talk.decision.reasons
    assert (reason.code, reason.sub_reason, reason.tier) == ("ai_stopped", why, 2)
    assert talk.decision.action == "handoff"


@pytest.mark.parametrize("where", ["categories: [billing]", "segments: [top]", "routes: [legal]"])
def test_elsewhere_the_ai_goes_on(where: str) -> None:
    talk = Conversation(policy=ours(f"stopped: {{{where}}}"))
    talk.customer("It fails", replace(scores(), category="technical"))
    assert talk.decision.action == "reply"


VIP = AccountSnapshot("a1", START, vip=True)
LABELS = """
rules: [{name: labels, when: {keywords: [label]}, tier: 1, route: general}]
"""


@pytest.mark.parametrize(
    ("account", "text", "route"), [(VIP, "It fails", "success"), (None, "my label", "general")]
)
def test_a_route_that_only_a_reason_or_a_rule_leads_to_can_be_switched_off(
    account: AccountSnapshot | None, text: str, route: str
) -> None:
    watched, stopped = ours(LABELS), ours(LABELS + f"stopped: {{routes: [{route}]}}")
    for policy, action in ((watched, "review"), (stopped, "handoff")):
        talk = Conversation(account, policy)
        signals = Signals() if account else replace(Signals(), category="billing")
        talk.customer(text, signals)
        assert (talk.decision.action, talk.decision.route) == (action, route)
    assert talk.decision.reasons[-1].sub_reason == f"route {route}"
    talk = Conversation(account, watched)
    talk.customer(text, signals)
    talk.policy = stopped
    talk.draft()
    assert talk.decision.action == "handoff", "the draft of a review that waits"
    other = Conversation(policy=stopped)
    other.customer("It fails", replace(Signals(), category="technical"))
    assert other.decision.action == "reply"


def test_a_reason_that_is_only_watched_leads_to_no_route_that_is_switched_off() -> None:
    policy = ours(
        "stopped: {routes: [success]}\nmodes: {triggers: {high_stakes_account: {mode: shadow}}}"
    )
    talk = Conversation(VIP, policy)
    talk.customer("It fails")
    assert talk.decision.action == "reply"


def test_a_draft_that_was_under_way_is_stopped_too() -> None:
    talk = Conversation()
    talk.customer()
    talk.policy = ours("stopped: {everywhere: true}")
    talk.draft()
    assert talk.decision.action == "handoff"


@pytest.mark.parametrize("stated", ["de", None])
def test_a_short_message_is_in_the_language_of_the_ones_before(stated: str | None) -> None:
    talk = Conversation(policy=rule("languages: [de], keywords: [server]"))
    talk.customer("Wir haben seit gestern ein Problem", Signals(language="de"), language=stated)
    talk.customer("Server down", Signals(language="en"))
    assert fired(talk)
    other = Conversation(policy=rule("languages: [en]"))
    other.customer("Server down", Signals(language="en"))
    assert fired(other), "nothing else is known"


def test_an_account_that_becomes_known_brings_the_numbers_of_its_segment() -> None:
    own = "{segments: {top: {review_from: 2, handoff_from: 2}}}"
    policy = ours(f"triggers: {{complex_troubleshooting: {own}}}")
    talk = Conversation(policy=policy)
    talk.customer("the sync and the proxy", Signals(complexity=2))
    assert talk.decision.action == "reply"
    known = AccountSnapshot("a1", START, contract_value=900_000.0)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=known)
    assert talk.decision.action == "handoff"
    assert "complex_troubleshooting" in talk.codes


@pytest.mark.parametrize(
    "when",
    [
        "tiers: [growth], keywords: [site]",
        "contract_value_from: 60000",
        "vip: true, patterns: ['site \\d']",
        "attributes: {plan: [gold]}",
        "attributes: {plan: [gold], region: [eu]}",
    ],
)
def test_a_rule_that_asks_for_the_account_is_asked_again_once_that_is_known(when: str) -> None:
    talk = Conversation(policy=rule(when))
    talk.customer("site 4 is slow", attributes={"region": "eu"})
    assert talk.decision.action == "reply"
    known = replace(BIG, vip=True, attributes={"plan": "gold"})
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=known)
    [reason] = fired(talk)
    assert (talk.decision.action, reason.sub_reason) == ("handoff", "ours")
    assert reason.evidence[0].message_id == "m1"


@pytest.mark.parametrize(
    "when",
    [
        "tiers: [growth], keywords: [down]",
        "tiers: [growth], channels: [sms]",
        "tiers: [starter], keywords: [site]",
        "attributes: {plan: [gold], region: [uk]}",
    ],
)
def test_a_rule_does_not_hold_later_for_what_the_message_did_not_say(when: str) -> None:
    talk = Conversation(policy=rule(when))
    talk.customer("site 4 is slow", attributes={"region": "eu"})
    known = replace(BIG, attributes={"plan": "gold", "region": "uk"})
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=known)
    assert (talk.decision.action, fired(talk)) == ("none", [])


def test_of_the_rules_that_hold_later_the_first_counts() -> None:
    policy = ours(
        "rules:\n"
        "- {name: big, when: {tiers: [growth]}, tier: 2}\n"
        "- {name: site, when: {keywords: [site]}, tier: 1}\n"
    )
    talk = Conversation(policy=policy)
    talk.customer("site 4 is slow")
    assert [one.sub_reason for one in fired(talk)] == ["site"]
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=BIG)
    assert [one.sub_reason for one in fired(talk)] == ["big"]


def test_a_rule_is_only_asked_again_of_the_last_message_and_while_the_policy_has_it() -> None:
    talk = Conversation(policy=rule("tiers: [growth], keywords: [site]"))
    talk.customer("site 4 is slow")
    before = talk.state
    talk.customer("hm")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=BIG)
    assert fired(talk) == []
    with_rules = talk.policy
    talk.state, talk.policy = before, ours("")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=BIG)
    assert fired(talk) == []
    talk.customer("hm")
    talk.policy = with_rules
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=BIG)
    assert fired(talk) == [], "the last message did not say it"


def test_other_words_of_an_earlier_message_do_not_change_which_rules_the_last_one_is_asked() -> (
    None
):
    talk = Conversation(policy=rule("tiers: [growth], keywords: [site]"))
    talk.customer("hello")
    talk.customer("site 4 is slow")
    talk.customer("good morning", message_id="m1")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=BIG)
    assert [reason.evidence[0].message_id for reason in fired(talk)] == ["m2"]
