"""Every reason code, declared once: what it means and the tier it has by default."""

from enum import StrEnum
from typing import Final, NamedTuple


class Code(StrEnum):
    """Why a ticket leaves the AI's hands, or its draft is checked."""

    SAFETY = "safety"
    SECURITY = "security"
    LEGAL_COMPLIANCE = "legal_compliance"
    BILLING = "billing"
    HUMAN_REQUEST = "human_request"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    SENTIMENT_DROP = "sentiment_drop"
    URGENCY = "urgency"
    COMPLEX_TROUBLESHOOTING = "complex_troubleshooting"
    HIGH_STAKES_ACCOUNT = "high_stakes_account"
    AI_LOOP = "ai_loop"
    REPEATED_QUESTION = "repeated_question"
    AI_GAVE_UP = "ai_gave_up"
    AI_NO_ANSWER = "ai_no_answer"
    OPEN_TIME = "open_time"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    OUT_OF_PATTERN = "out_of_pattern"
    POLICY_RULE = "policy_rule"
    AI_STOPPED = "ai_stopped"
    HUMAN_TAKEOVER = "human_takeover"
    REOPENED = "reopened"
    GATE_TIMEOUT = "gate_timeout"
    REVIEW_UNANSWERED = "review_unanswered"
    REVIEW_REJECTED = "review_rejected"
    INTERNAL_ERROR = "internal_error"
    ANOMALY_LINK = "anomaly_link"


class About(NamedTuple):
    """What a support lead reads about a reason code; the example is a message or an event."""

    tier: int
    sentence: str
    example: str


REASONS: Final = {
    Code.SAFETY: About(
        2,
        "Self-harm, a threat, danger or acute distress is stated.",
        "The heater is smoking and my kids sleep in that room.",
    ),
    Code.SECURITY: About(
        2,
        "Access, credentials, a takeover or data privacy is at issue.",
        "How do I reset my password?",
    ),
    Code.LEGAL_COMPLIANCE: About(
        2,
        "A regulation, a contract term or legal action is at issue.",
        "We need the countersigned data processing agreement.",
    ),
    Code.BILLING: About(
        2,
        "Money is at issue; `billing_dispute` when the customer contests it.",
        "My statement shows two payments, I only have one account.",
    ),
    Code.HUMAN_REQUEST: About(2, "The customer asks for a person.", "Could one of you ring me?"),
    Code.NEGATIVE_SENTIMENT: About(
        2,
        "A message, or the customer's rolling level, is negative.",
        "I must say I am rather let down.",
    ),
    Code.SENTIMENT_DROP: About(
        2,
        "The author is far more negative than in earlier messages.",
        "Three cheerful messages, then: you have spoiled this for me.",
    ),
    Code.URGENCY: About(
        2,
        "An outage, a deadline or a loss is stated.",
        "All six of our tills stopped, people are leaving.",
    ),
    Code.COMPLEX_TROUBLESHOOTING: About(
        2,
        "Several linked technical variables are named, in one message or one after another.",
        "Since 5.1 the Slack integration posts twice when an automation closes a task.",
    ),
    Code.HIGH_STAKES_ACCOUNT: About(
        2,
        "VIP, about to leave, or a contract past the policy's line.",
        "A VIP asks why the export of a list fails.",
    ),
    Code.AI_LOOP: About(
        2,
        "The AI has answered several times without progress.",
        "The tray is in. Still E3. (After three answers.)",
    ),
    Code.REPEATED_QUESTION: About(
        2,
        "The customer asks the same again in other words.",
        "Once more: can the horse travel, yes or no?",
    ),
    Code.AI_GAVE_UP: About(
        2,
        "The AI or the customer says that the AI could not help.",
        "That is not what I asked, and your link is empty.",
    ),
    Code.AI_NO_ANSWER: About(
        2,
        "The AI was allowed to answer and did not in its time; under review that has its own time.",
        "A minute in a chat without a word from the AI.",
    ),
    Code.OPEN_TIME: About(
        2,
        "The ticket is open for too long and the customer waits.",
        "Copied. Now where does it appear? (After 16 minutes of chat.)",
    ),
    Code.LOW_CONFIDENCE: About(
        1, "The AI doubts its own draft.", "Draft: probably an EF41. (Confidence 0.31.)"
    ),
    Code.UNREADABLE: About(
        1, "The message could not be understood, or only in part.", "A photograph without a word."
    ),
    Code.OUT_OF_PATTERN: About(
        1,
        "The message is far from anything the detectors have learned from.",
        "Half of its words are those of an expert in something else.",
    ),
    Code.POLICY_RULE: About(
        2,
        "A rule of the team's own holds; the sub-reason is its name.",
        "The team's rule on a recalled lot number.",
    ),
    Code.AI_STOPPED: About(
        2,
        "The AI is switched off here: `baton policy stop-ai`.",
        "`baton policy stop-ai --category billing`, then a matter of money.",
    ),
    Code.HUMAN_TAKEOVER: About(
        2, "A person took over unasked.", "Hi, Tom from the front desk: yes, come by on Sunday!"
    ),
    Code.REOPENED: About(
        2,
        "A ticket that a person had resolved goes on.",
        "The new seal is in and it drips as before.",
    ),
    Code.GATE_TIMEOUT: About(
        2,
        "The platform waited in vain for a decision.",
        "No decision reached the platform for ten seconds.",
    ),
    Code.REVIEW_UNANSWERED: About(
        2,
        "No draft came to a review, or no person judged it, in time.",
        "A draft in a chat that nobody looked at for three minutes.",
    ),
    Code.REVIEW_REJECTED: About(
        2,
        "A reviewer refused the AI's draft.",
        "Draft: most brown mushrooms are edible. (Refused.)",
    ),
    Code.INTERNAL_ERROR: About(
        2,
        "Baton failed on a record of this ticket.",
        "A defect in Baton itself; the record goes to the dead letters.",
    ),
    Code.ANOMALY_LINK: About(
        0,
        "The problem is an incident that is open; the sub-reason is its id.",
        "The import fails with error IMP-2207. (As for forty others this morning.)",
    ),
}

NEVER_RELAXED: Final = (Code.SAFETY, Code.SECURITY, Code.LEGAL_COMPLIANCE)
"""No policy, overload or calibration takes these below tier 2."""

PASS_COOL_DOWN: Final = frozenset((*NEVER_RELAXED, Code.HUMAN_REQUEST))
"""These update an escalation even while its cool-down runs."""
