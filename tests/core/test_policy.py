"""The policy file: what it refuses, and that it says what to write instead."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.policy import PolicyError, default_policy, load_policy, shipped_policy
from streams.core.policy.load import policy_of, whole
from streams.core.reasons import REASONS, Code
from streams.core.routing import route_for, segment_of

DEFAULT = (files("streams.core.policy") / "default.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("chat: 60s", "chat: 60", 'triggers.ai_no_answer.after.chat: expected a duration such as'),
        ("chat: 60s", "chat: 0s", "triggers.ai_no_answer.after.chat: expected a duration"),
        ("urgency: {tier: 2", "urgency: {tier: 3", "triggers.urgency.tier: "),
        ("urgency: {tier: 2", "urgency: {teir: 2", "triggers.urgency.teir: there is no such key, "),
        ("contract_value: 1", "contract_value: -1", "triggers.high_stakes_account.contract"),
        ("security: {tier: 2", "security: {tier: 1", "triggers.security.tier: expected 2"),
        ("review_from: 3", "review_from: 9", "triggers.complex_troubleshooting.review_from: "),
        ("reasons: [safety]", "reasons: [saftey]", "routes[0].reasons[0]: "),
        ("lead_route: general", "lead_route: nobody", "escalations.lead_route: expected one of"),
        ("  - name: general", "  - name: legal", "routes: expected every name once"),
        ("reasons: [high_stakes_account]", "reasons: []", "routes[5]: only the last takes all"),
        ("warn_at: [50, 80]", "warn_at: [80, 50]", "sla.warn_at: "),
        ("name: default\nversion", "name: Default!\nversion", "name: "),
        ("mode: enforce", "mode: [", "not readable as YAML"),
        ("mode: enforce", "mode: enforce\nmood: good", "mood: there is no such key, did you mean "),
        ("name: default\nversion: 1", "name: default", "version: is missing"),
        ("mode: enforce", "mode: enforced", "mode: did you mean enforce?, got 'enforced'"),
        ("dispute_threshold: 0.5", "dispute_threshold: many", "triggers.billing.dispute_threshold"),
        ("problem_threshold: 0.5", "problem_threshold: 7", "triggers.high_stakes_account.problem_"),
        ("categories: [legal]", "categories: [leagl]", "routes[2].categories: there is no 'leagl'"),
        ("categories: [technical]", "categories: [billing]", "routes[4].categories: billing never"),
        ("tiers: [enterprise]", "vip: true", "segments[1]: never matches, earlier segments take a"),
        ("    tiers: [enterprise]\n", "", "segments[1]: never matches, give it a condition"),
        ("safety: {tier: 2, threshold: 0.5", "safety: {tier: 2, threshold: 0.7", "triggers.safety"),
        ("tier_alone: 1", "tier_alone: 2\n    tier_with_problem: 1 #", "not readable as YAML: "),
        ("mode: enforce", "mode: !!python/object:os.system x", "not readable as YAML: "),
        ("mode: enforce", "a: &a [1]\nmode: *a", "not readable as YAML: line 13, column 7: alias"),
        ("mode: enforce", "mode: enforce\nmode: shadow", "not readable as YAML: "),
        ("mode: enforce", "mode:\n\tenforce", "not readable as YAML: line 13 begins with a tab"),
        ("reasons: [billing]", "collect: [card]", "routes[3].collect: the AI may not ask a custom"),
        ("mode: enforce", "? [mode]\n: enforce", "not readable as YAML: line 12, column 3: expect"),
        ("language: en", 'language: "\\ud800"', "not readable as YAML: line 15, column 11: half"),
        ("mode: enforce", "mode: " + "[" * 5_000, "not readable as YAML: line 12, column 26: nes"),
        ("mode: enforce", "# " + "x" * 300_000, "expected at most 256 KiB"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_work_is_refused_with_its_path(
    written: str, instead: str, complaint: str
) -> None:
    assert written in DEFAULT
    with pytest.raises(PolicyError) as refused:
        load_policy(DEFAULT.replace(written, instead, 1))
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1, 2\nb: 3\n", "line 2, column 2: expected ',' or ']', but got ':' "
         "(while parsing a flow sequence begun in line 1)"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("a: 1\nb: \0", "line 2, column 4: the character #x0000 is not allowed"),
        ("a: 1\nb: 2026-13-45", "line 2, column 4: month must be in 1..12"),
        ("a:\n  a: 1\n  a: 2", "line 3, column 3: the key 'a' is there twice"),
    ],
)  # fmt: skip
def test_broken_yaml_is_told_in_one_line_with_its_place(text: str, told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(text)
    assert str(refused.value) == f"not readable as YAML: {told}"


WHOLE = whole(DEFAULT)
RULES = """
based_on: default
name: ours
version: 1
rules:
"""


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ("- {name: a, when: {}, tier: 2}", "rules[0].when: expected at least one condition"),
        ("- {name: a, when: {keywords: [x]}, tier: 0}", "rules[0].tier: expected one of 1, 2, got"),
        ("- {name: a, when: {patterns: ['(']}, tier: 2}", "rules[0].when.patterns[0]: expected a "),
        ("- {name: a, when: {patterns: ['(?=x)']}, tier: 2}", "rules[0].when.patterns[0]: expecte"),
        ("- {name: a, when: {patterns: ['((x{100}){100}){9}']}, tier: 2}", "rules[0].when.pattern"),
        ("- {name: a, when: {categories: [tech]}, tier: 2}", "rules[0].when.categories: there is "),
        ("- {name: a, when: {languages: [English]}, tier: 2}", "rules[0].when.languages[0]: expec"),
        ("- {name: a, when: {languages: [de, DE]}, tier: 2}", "rules[0].when.languages[1]: expec"),
        ("- {name: a, when: {channels: [E-Mail]}, tier: 2}", "rules[0].when.channels[0]: never ma"),
        ("- {name: a, when: {channels: [Chat]}, tier: 2}", "rules[0].when.channels[0]: never matc"),
        ("- {name: a, when: {channels: [' sms']}, tier: 2}", "rules[0].when.channels[0]: expected"),
        ('- {name: a, when: {tiers: ["gold\\n"]}, tier: 2}', "rules[0].when.tiers[0]: expected "),
        ("- {name: a, when: {keywords: [' ']}, tier: 2}", "rules[0].when.keywords[0]: expected a"),
        ("- {name: a, when: {vip: true}, tier: 2, route: biling}", "rules[0].route: there is no '"),
        ("- {name: a, when: {attributes: {x: []}}, tier: 2}", "rules[0].when.attributes.x: never"),
        (
            "- {name: a, when: {keywords: [x], confidence_below: 0.5}, tier: 1}",
            "rules[0].when: never matches, confidence_below is known of the AI's drafts",
        ),
        (
            "- {name: a, when: {channels: [chat]}, tier: 2}\n"
            "- {name: b, when: {channels: [chat], vip: true}, tier: 2}",
            "rules[1]: never matches, a takes all it would: put it before that",
        ),
        (
            "- {name: a, when: {negative_from: 0.4}, tier: 1}\n"
            "- {name: b, when: {negative_from: 0.8}, tier: 2}",
            "rules[1]: never matches",
        ),
        (
            "- {name: a, when: {vip: true}, tier: 1}\n- {name: a, when: {vip: false}, tier: 1}",
            "rules: expected every name once",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_read_or_never_matches_is_refused(rules: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(RULES + rules)
    assert str(refused.value).startswith(complaint)


def test_narrower_rules_may_stand_before_wider_ones() -> None:
    ours = load_policy(
        RULES + "- {name: b, when: {channels: [chat], vip: true}, tier: 2}\n"
        "- {name: a, when: {channels: [chat, sms]}, tier: 1}\n"
        "- {name: c, when: {channels: [chat, email]}, tier: 1}\n"
        "- {name: d, when: {channels: [chat], confidence_below: 0.3}, tier: 1}"
    )
    assert [rule.name for rule in ours.rules] == ["b", "a", "c", "d"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(
            DEFAULT.replace("chat: 60s", "chat: 4")
            .replace("urgency: {tier: 2", "urgency: {tier: 7")
            .replace("language: en", "langauge: en")
        )
    assert refused.value.complaints == (
        "langauge: there is no such key, did you mean language?",
        "language: is missing",
        "triggers.urgency.tier: expected one of 0, 1, 2, got 7",
        'triggers.ai_no_answer.after.chat: expected a duration such as "4h", got 4',
    )


@pytest.mark.parametrize("code", ["safety", "security", "legal_compliance"])
def test_nothing_relaxes_what_is_never_relaxed(code: str) -> None:
    for change in (
        "tier: 1",
        "threshold: 0.6",
        "categories: {how_to: 0.6}",
        "segments: {top: 0.9}",
    ):
        ours = f"based_on: default\nname: ours\nversion: 1\ntriggers: {{{code}: {{{change}}}}}"
        with pytest.raises(PolicyError, match=rf"triggers\.{code}\..*never relaxed"):
            load_policy(ours)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ("tier: 1", "tier"),
        ("threshold: 0.6", "threshold"),
        ("categories: {how_to: 0.6}", "categories.how_to"),
        ("categories: {how_to: {threshold: 0.6}}", "categories.how_to.threshold"),
        ("segments: {top: {threshold: 0.6}}", "segments.top.threshold"),
    ],
)
def test_what_relaxes_the_never_relaxed_is_named_where_it_stands(change: str, path: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(f"based_on: default\nname: a\nversion: 1\ntriggers: {{safety: {{{change}}}}}")
    [complaint] = refused.value.complaints
    assert complaint.startswith(f"triggers.safety.{path}: ")


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_policy_or_is_refused(text: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(text)
    assert refused.value.complaints


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    ),
    st.sampled_from(sorted(WHOLE)),
)
def test_any_value_in_any_place_is_refused_in_words_or_is_a_policy(value: object, key: str) -> None:
    values = WHOLE | {key: value}
    try:
        policy_of(values)
    except PolicyError as error:
        refused = error.complaints
    else:
        refused = ("a policy: it was one",)
    assert refused
    assert all(": " in complaint for complaint in refused)


def test_the_last_segment_takes_every_account() -> None:
    with pytest.raises(PolicyError, match=r"segments\[2\]"):
        load_policy(DEFAULT.replace("  - name: default\n", "  - name: default\n    vip: true\n"))


def test_the_shipped_policy_has_the_tiers_the_reasons_declare() -> None:
    triggers = default_policy().triggers
    for code in Code:
        tier = getattr(getattr(triggers, code, None), "tier", None)
        assert tier in (None, REASONS[code].tier)


@pytest.mark.parametrize(
    ("codes", "category", "route"),
    [
        ({"billing", "safety"}, "billing", "safety"),
        ({"billing", "security"}, "billing", "security"),
        ({"billing", "legal_compliance"}, "general", "legal"),
        ({"negative_sentiment"}, "billing", "billing"),
        ({"negative_sentiment"}, "technical", "technical"),
        ({"high_stakes_account"}, "general", "success"),
        ({"high_stakes_account", "complex_troubleshooting"}, "general", "technical"),
        ({"human_request"}, "general", "general"),
        (set(), "never heard of", "general"),
    ],
)
def test_the_most_pressing_reason_picks_the_queue(
    codes: set[str], category: str, route: str
) -> None:
    assert route_for(default_policy(), codes, category).name == route


def test_an_unknown_account_is_in_the_last_segment() -> None:
    assert segment_of(default_policy(), None).name == "default"


def test_the_strict_reading_gives_each_of_the_six_signals_to_a_person() -> None:
    seed, default = shipped_policy("seed"), default_policy()
    triggers = seed.triggers
    emotion = (triggers.negative_sentiment, triggers.sentiment_drop, triggers.urgency)
    others = (triggers.billing, triggers.security, triggers.legal_compliance)
    assert {rule.tier for rule in (*emotion, *others)} == {2}
    complexity, stakes = triggers.complex_troubleshooting, triggers.high_stakes_account
    assert complexity.review_from == complexity.handoff_from
    assert (stakes.tier_alone, stakes.tier_with_problem) == (2, 2)
    assert (seed.reference, seed.routes, seed.sla) == ("seed@1", default.routes, default.sla)


def test_a_policy_says_only_where_it_differs_from_its_base() -> None:
    ours = load_policy(
        "based_on: default\nname: ours\nversion: 3\ntriggers: {billing: {threshold: 0.4}}"
    )
    assert ours.triggers.billing.threshold == 0.4
    assert ours.triggers.billing.dispute_threshold == 0.5
    assert ours.segments == default_policy().segments


@pytest.mark.parametrize(
    ("base", "complaint"),
    [
        ("nothing", "based_on: expected one of default, seed, got 'nothing'"),
        ("[default]", "based_on: expected one of default, seed"),
        ("seed", "based_on: seed is itself based on default, name that"),
    ],
)
def test_a_base_is_shipped_and_whole(base: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(f"based_on: {base}\nname: ours")
    assert str(refused.value).startswith(complaint)
