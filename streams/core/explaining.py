"""Why a decision is as it is: what fired, what nearly did, and what would have changed it."""

import math
from collections.abc import Mapping
from typing import Final

from schemas.records import Action, Decision, Mode, Part, Reason, SignalScore
from streams.core.policy.limits import HANDOFF_FROM
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.policy.triggers import ComplexityRule, HighStakesRule, Rule
from streams.core.reasons import NEVER_RELAXED, REASONS, Code

NEARLY: Final = 0.6
"""The share of its threshold from which on a signal nearly fired."""
COUNTED: Final = {
    Code.AI_LOOP: "rounds",
    Code.REPEATED_QUESTION: "repeats",
    Code.COMPLEX_TROUBLESHOOTING: "linked variables",
    Code.OPEN_TIME: "minutes",
}
"""What the scores count that are no shares."""
_WOULD: Final = (
    "the AI would have answered",
    "a person would have checked the draft",
    "a person would have taken over",
)
_NO_WAY_BACK: Final = "A person has the ticket: no message gives it back to the AI."
_BY_REVIEW: Final = "A review of the draft led here, or an earlier message's reasons still stand."


class Fired(Part, frozen=True):
    """A reason that fired; `quote` is its evidence in the words of `message_id`."""

    code: str
    tier: int
    score: float
    threshold: float
    mode: Mode = Mode.ENFORCE
    sub_reason: str | None = None
    message_id: str | None = None
    quote: str | None = None


class Near(Part, frozen=True):
    """A signal that nearly fired, and the tier it would have led to."""

    code: str
    tier: int
    score: float
    threshold: float


class Explanation(Part, frozen=True):
    """One decision told: every change is a sentence, true when all else stays as it was."""

    decision: Decision
    said: str | None
    fired: tuple[Fired, ...]
    near: tuple[Near, ...]
    changes: tuple[str, ...]


def explain(decision: Decision, texts: Mapping[str, str], policy: Policy) -> Explanation:
    """Explain a decision.

    `texts` are the analysed texts of the ticket's messages by their id, and of its drafts by their
    draft id; one that is missing is not quoted. `policy` tells what would have followed from
    signals that did not fire.
    """
    fired = tuple(_fired(reason, texts) for reason in decision.reasons)
    near = [_near(signal, decision, policy) for signal in decision.signals if _is_near(signal)]
    near.sort(key=lambda one: one.score / one.threshold, reverse=True)
    said = texts.get(decision.subject_id)
    return Explanation(decision, said, fired, tuple(near), tuple(_changes(decision, near)))


def figure(code: str, value: float) -> str:
    """A score or threshold as people read it; never rounded up, so that it stays on its side."""
    if code in COUNTED:
        return f"{math.floor(value * 10) / 10:g}"
    return f"{math.floor(value * 100 + 1e-9) / 100:.2f}"


def _fired(reason: Reason, texts: Mapping[str, str]) -> Fired:
    seen = reason.evidence[0] if reason.evidence else None
    text = None if seen is None else texts.get(seen.message_id)
    return Fired(
        reason.code,
        reason.tier,
        reason.score,
        reason.threshold,
        reason.mode,
        reason.sub_reason,
        None if seen is None else seen.message_id,
        None if seen is None or text is None else text[seen.start : seen.end] or None,
    )


def _is_near(signal: SignalScore) -> bool:
    one_short = signal.code in COUNTED and signal.score > 0 and signal.threshold - signal.score <= 1
    return one_short or signal.score >= NEARLY * signal.threshold


def _near(signal: SignalScore, decision: Decision, policy: Policy) -> Near:
    tier = _tier(signal, decision, policy)
    return Near(signal.code, tier, signal.score, signal.threshold)


def _tier(signal: SignalScore, decision: Decision, policy: Policy) -> int:
    """The tier a signal leads to that just reaches its threshold."""
    code = signal.code
    rule = getattr(policy.triggers, code, None)
    if isinstance(rule, Rule):
        return rule.tier
    if isinstance(rule, ComplexityRule):
        return 2 if signal.threshold >= _handoff_from(rule, decision, policy) else 1
    if isinstance(rule, HighStakesRule):
        return rule.tier_alone
    return REASONS[Code(code)].tier if code in REASONS else 2


def _handoff_from(rule: ComplexityRule, decision: Decision, policy: Policy) -> float:
    plan, segment = plan_of(policy), decision.used.segment
    if segment not in plan.by_segment:
        return rule.handoff_from  # the policy is not the one that the decision was made with
    return plan.limits(segment, decision.category)[HANDOFF_FROM]


def _changes(decision: Decision, near: list[Near]) -> list[str]:
    if decision.action is Action.NONE:
        return []
    if decision.action in (Action.SILENT, Action.COLLECT):
        return [_NO_WAY_BACK]
    lower = [] if decision.tier == 0 else [_lower(decision)]
    return lower + [_higher(one, decision.mode) for one in near if one.tier > decision.tier]


def _lower(decision: Decision) -> str:
    binding = [reason for reason in decision.reasons if _binds(reason, decision.mode)]
    deciding = [reason for reason in binding if reason.tier == decision.tier]
    if not deciding:
        return _BY_REVIEW
    rest = max((reason.tier for reason in binding if reason not in deciding), default=0)
    names = " and ".join(reason.code for reason in deciding)
    without = f"without {names} {_would(rest, decision.mode)}"
    if len(deciding) > 1:
        return f"Each of them is enough; {without}."
    [reason] = deciding
    without = without.replace("w", "W", 1)
    if reason.code in NEVER_RELAXED:
        return f"{without}; no policy relaxes it."
    if reason.code in COUNTED or reason.score >= 1 or reason.sub_reason is not None:
        return f"{without}."
    score, line = figure(reason.code, reason.score), figure(reason.code, reason.threshold)
    return f"{without}: with a threshold above {score} instead of {line}."


def _binds(reason: Reason, mode: Mode) -> bool:
    """Whether a reason counts for its decision: in one that is obeyed, only what is enforced."""
    return mode is not Mode.ENFORCE or reason.mode is Mode.ENFORCE


def _higher(near: Near, mode: Mode) -> str:
    score, line = figure(near.code, near.score), figure(near.code, near.threshold)
    then = _would(near.tier, mode)
    if near.score >= near.threshold:
        return f"Without the policy's exception for {near.code} {then}."
    unit = COUNTED.get(Code(near.code)) if near.code in REASONS else None
    if unit is not None:
        return f"With {line} {unit} instead of {score} {then} ({near.code})."
    return f"With a threshold of {score} instead of {line} for {near.code} {then}."


def _would(tier: int, mode: Mode) -> str:
    return _WOULD[tier] if mode is Mode.ENFORCE else f"tier {tier} would have been recorded"
