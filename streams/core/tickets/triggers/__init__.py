"""The triggers: one function a reason code. Each measures; a score at its threshold fires.

One that does not apply, because the policy has nothing for it, measures nothing.
"""

from collections.abc import Callable
from typing import Final

from streams.core.reasons import Code
from streams.core.tickets.handling import Handling
from streams.core.tickets.terms import GLANCED
from streams.core.tickets.triggers import conversation, events, team, text
from streams.core.tickets.triggers.seen import Seen

Trigger = Callable[[Handling], Seen | None]
TriggerGroup = tuple[tuple[Code, Trigger], ...]

TRIGGERS: Final[dict[Code, Trigger]] = {
    Code.SAFETY: text.safety,
    Code.SECURITY: text.security,
    Code.LEGAL_COMPLIANCE: text.legal_compliance,
    Code.BILLING: text.billing,
    Code.HUMAN_REQUEST: text.human_request,
    Code.NEGATIVE_SENTIMENT: conversation.negative_sentiment,
    Code.SENTIMENT_DROP: conversation.sentiment_drop,
    Code.URGENCY: text.urgency,
    Code.COMPLEX_TROUBLESHOOTING: text.complex_troubleshooting,
    Code.HIGH_STAKES_ACCOUNT: conversation.high_stakes_account,
    Code.AI_LOOP: conversation.ai_loop,
    Code.REPEATED_QUESTION: conversation.repeated_question,
    Code.AI_GAVE_UP: conversation.ai_gave_up,
    Code.AI_NO_ANSWER: conversation.ai_no_answer,
    Code.OPEN_TIME: conversation.open_time,
    Code.LOW_CONFIDENCE: conversation.low_confidence,
    Code.UNREADABLE: text.unreadable,
    Code.OUT_OF_PATTERN: text.out_of_pattern,
    Code.POLICY_RULE: team.rule_on_message,
    Code.AI_STOPPED: team.ai_stopped,
    Code.HUMAN_TAKEOVER: events.human_takeover,
    Code.REOPENED: events.reopened,
    Code.GATE_TIMEOUT: events.gate_timeout,
    Code.REVIEW_UNANSWERED: events.review_unanswered,
    Code.REVIEW_REJECTED: events.review_rejected,
    Code.INTERNAL_ERROR: events.internal_error,
    Code.ANOMALY_LINK: events.anomaly_link,
}


def group(*codes: Code) -> TriggerGroup:
    """The triggers of these codes, in this order."""
    return tuple((code, TRIGGERS[code]) for code in codes)


AT_A_GLANCE: Final = group(*GLANCED)
BESIDE: Final = group(Code.POLICY_RULE, Code.AI_STOPPED, Code.ANOMALY_LINK)
"""What may fire on a customer's message beside those: most policies and tickets have none of it."""

ON_DRAFT: Final = (
    *group(Code.AI_GAVE_UP, Code.LOW_CONFIDENCE),
    (Code.POLICY_RULE, team.rule_on_draft),
    *group(Code.AI_STOPPED),
)
ON_ACCOUNT: Final = group(
    Code.BILLING,
    Code.HUMAN_REQUEST,
    Code.NEGATIVE_SENTIMENT,
    Code.URGENCY,
    Code.SECURITY,
    Code.LEGAL_COMPLIANCE,
    Code.SAFETY,
    Code.COMPLEX_TROUBLESHOOTING,
    Code.HIGH_STAKES_ACCOUNT,
    Code.AI_GAVE_UP,
    Code.POLICY_RULE,
    Code.AI_STOPPED,
)
"""What may fire once more is known of the account."""
ON_WAITING: Final = group(
    Code.SENTIMENT_DROP, Code.AI_LOOP, Code.REPEATED_QUESTION, Code.OUT_OF_PATTERN
)
"""What may fire then, too, while a customer who has not said thanks waits."""
