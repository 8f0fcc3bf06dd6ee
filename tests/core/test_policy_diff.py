"""What changes from one policy to another, in words."""

import pytest

from streams.core.policy import Policy, default_policy, load_policy, shipped_policy
from streams.core.policy.diff import differences


def ours(text: str = "") -> Policy:
    return load_policy("based_on: default\nname: ours\nversion: 7\n" + text)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            "triggers: {billing: {threshold: 0.4}}",
            "Billing now goes to a person from 0.4 on (was 0.5)",
        ),
        (
            "triggers: {billing: {dispute_threshold: 0.3}}",
            "Billing, when contested, now goes to a person from 0.3 on (was 0.5)",
        ),
        (
            "triggers: {urgency: {tier: 1}}",
            "Urgency now is checked by a person (went to a person)",
        ),
        (
            "triggers: {low_confidence: {threshold: 0.3}}",
            "Low confidence now is checked by a person from 0.3 on (was 0.5)",
        ),
        (
            "triggers: {complex_troubleshooting: {review_from: 2}}",
            "Complex troubleshooting now is checked by a person from 2 on (was 3)",
        ),
        (
            "triggers: {high_stakes_account: {tier_alone: 0}}",
            "High stakes account alone now stays with the AI (was checked by a person)",
        ),
        (
            "triggers: {billing: {segments: {top: 0.2}}}",
            "Billing in segment top now goes to a person from 0.2 on (had none of its own)",
        ),
        (
            "triggers: {billing: {segments: {top: {dispute_threshold: 0.2}}}}",
            "Billing in segment top, when contested, now goes to a person from 0.2 on "
            "(had none of its own)",
        ),
        (
            "triggers: {ai_loop: {categories: {technical: {rounds: 4}}}}",
            "An AI that turns in circles in category technical: rounds is now 4 "
            "(had none of its own)",
        ),
        (
            "triggers: {ai_no_answer: {after: {chat: 90s}}}",
            "An AI that does not answer: after: chat is now 90s (was 1m)",
        ),
        (
            "rules: [{name: eu, when: {attributes: {region: [eu, uk]}}, tier: 1, priority: 2}]",
            "New rule eu: where attributes region eu or uk, the ticket is checked by a person, "
            "with priority 2",
        ),
        ("stopped: {everywhere: true}", "The AI is switched off everywhere"),
        ("stopped: {routes: [billing]}", "The AI is switched off for the route billing"),
        (
            "modes: {triggers: {billing: {mode: enforce, percent: 10}}}",
            "Billing binds for 10 % of tickets, else is only recorded (was: binds)",
        ),
        (
            "modes: {segments: {top: {mode: advise}}}",
            "What is in segment top only advises (was: binds)",
        ),
        (
            "mode: advise",
            "Only safety, security and legal matters bind; all else advises (was enforce)",
        ),
        (
            'calendars: {chat: {open: {fri: ["08:00-12:00"]}}}',
            "Calendar chat: open: fri is now 08:00-12:00 (was 07:00-22:00)",
        ),
        ("escalations: {cool_down: 45m}", "Escalations: cool down is now 45m (was 30m)"),
    ],
)
def test_a_difference_is_told_in_words_a_support_lead_reads(changed: str, sentence: str) -> None:
    assert differences(ours(), ours(changed)) == [sentence]


def test_rules_that_are_gone_are_told_in_their_order() -> None:
    names = ["seven", "one", "five", "three", "six", "two", "four"]
    rules = ", ".join(f"{{name: {name}, when: {{keywords: [{name}]}}, tier: 1}}" for name in names)
    told = differences(ours(f"rules: [{rules}]"), ours())
    assert [sentence.split()[1] for sentence in told] == names


def test_policies_that_decide_alike_do_not_differ_whatever_their_names() -> None:
    assert differences(default_policy(), ours()) == []


def test_every_way_there_has_a_way_back() -> None:
    seed = shipped_policy("seed")
    assert len(differences(default_policy(), seed)) == len(differences(seed, default_policy()))
    stopped = ours("stopped: {categories: [billing]}")
    assert differences(stopped, ours()) == ["The AI is switched on again for the category billing"]


def test_routes_are_told_by_their_names_and_their_order() -> None:
    default = default_policy().routes
    grave = "- {name: safety, priority: 1, reasons: [safety, security, legal_compliance]}"
    text = f"routes:\n{grave}\n- {{name: general, priority: 3}}"
    gone = {f"Route {route.name} is gone" for route in default[1:-1]}
    assert gone < set(differences(ours(), ours(text)))
    routes = (
        "routes:\n- {name: one, priority: 1, reasons: [billing, safety]}\n- {name: two, "
        "priority: 2, reasons: [security, legal_compliance]}\n- {name: general, priority: 3}"
    )
    swapped = routes.replace("one", "x").replace("two", "one").replace("x", "two")
    told = differences(ours(routes), ours(swapped))
    assert "The order of routes is now two, one, general" in told


def test_what_is_hidden_where_is_told_by_place_and_kind() -> None:
    masked = ours("privacy: {stored: {email: mask}}")
    assert differences(ours(), masked) == ["Privacy: stored: email is now mask (was keep)"]
