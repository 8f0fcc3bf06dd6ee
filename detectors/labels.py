"""What a trained model says of a text; `training/classes.md` defines each."""

from typing import Final

CATEGORIES: Final = (
    "how_to",
    "status",
    "account_administration",
    "technical",
    "billing",
    "security",
    "legal",
    "feedback",
    "general",
)
"""The primary matter: exactly one."""

FLAGS: Final = (
    "billing",
    "billing_dispute",
    "security",
    "legal_compliance",
    "technical",
    "urgency",
    "safety",
    "negative",
    "human_request",
    "ai_failed",
    "thanks",
    "praise",
)
"""Signals: any number."""

IMPLIED: Final = {
    "billing": "billing",
    "security": "security",
    "legal": "legal_compliance",
    "technical": "technical",
    "billing_dispute": "billing",
}
"""Flags that follow from a category or from another flag."""

LINKED: Final = {"linked_2": 2, "linked_3": 3, "linked_4": 4}
"""Whether at least so many linked technical variables are named."""

OUTPUTS: Final = (*CATEGORIES, *FLAGS, *LINKED)
"""All that a network says, in this order."""
