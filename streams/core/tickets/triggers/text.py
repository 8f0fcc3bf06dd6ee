"""Triggers on what a message says: each holds a detector's signal against its rule."""

from detectors.matters import BEFORE_BUYING, HOW_TO, MONEY
from streams.core.policy.limits import DISPUTE, HANDOFF_FROM
from streams.core.reasons import Code
from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers.seen import Seen, of_signal


def safety(handling: Handling) -> Seen:
    """Danger, a threat or acute distress, 0-1."""
    return of_signal(handling, Code.SAFETY, handling.signals.safety, handling.rules.safety)


def security(handling: Handling) -> Seen:
    """Access, credentials or data privacy, 0-1; which of them, where that is known.

    Excepted is only what asks how something is done, and only if all that is asked is exempt.
    """
    rule, signal = handling.rules.security, handling.signals.security
    matters = [one for one in handling.signals.matters if one.kind not in MONEY]
    if not matters:
        return of_signal(handling, Code.SECURITY, signal, rule)
    line, [gravest, *_] = handling.terms().limits[Code.SECURITY], matters
    exempt = {one.sub_reason for one in rule.exempt}
    excepted = all(one.kind in HOW_TO and one.kind in exempt for one in matters)
    return Seen(signal.score, line, rule.tier, gravest.span, gravest.kind, excepted=excepted)


def legal_compliance(handling: Handling) -> Seen:
    """A regulation, a contract term or legal action, 0-1."""
    rule = handling.rules.legal_compliance
    return of_signal(handling, Code.LEGAL_COMPLIANCE, handling.signals.legal_compliance, rule)


def billing(handling: Handling) -> Seen:
    """Money, 0-1; first whether a charge is contested, then whether it is only a question.

    A price is asked before buying only where there is no account.
    """
    rule, dispute = handling.rules.billing, handling.signals.billing_dispute
    line = handling.terms().limits[DISPUTE]
    if dispute.score >= line:
        return Seen(dispute.score, line, rule.tier, dispute.span, DISPUTE)
    asked = next((one for one in handling.signals.matters if one.kind in MONEY), None)
    if asked is None:
        return of_signal(handling, Code.BILLING, handling.signals.billing, rule)
    money = max(handling.signals.billing.score, handling.signals.billing_information.score)
    excepted = asked.kind in rule.informational and (
        asked.kind != BEFORE_BUYING or handling.ticket.account_id is None
    )
    line = handling.terms().limits[Code.BILLING]
    return Seen(money, line, rule.tier, asked.span, asked.kind, excepted=excepted)


def human_request(handling: Handling) -> Seen:
    """The customer asks for a person, 0-1."""
    rule = handling.rules.human_request
    return of_signal(handling, Code.HUMAN_REQUEST, handling.signals.human_request, rule)


def urgency(handling: Handling) -> Seen:
    """An outage, a deadline or a loss, 0-1."""
    return of_signal(handling, Code.URGENCY, handling.signals.urgency, handling.rules.urgency)


def complex_troubleshooting(handling: Handling) -> Seen:
    """How many linked technical variables the customer has named up to this message, which adds to
    them; or that it names by itself.
    """
    limits = handling.terms().limits
    count = max(handling.signals.complexity, handling.ticket.complexity)
    tier = 2 if count >= limits[HANDOFF_FROM] else 1
    line = limits[Code.COMPLEX_TROUBLESHOOTING]
    return Seen(count, line, tier, handling.signals.complexity_span)


def out_of_pattern(handling: Handling) -> Seen:
    """Words that the detectors have never learned from, 0-1 of all."""
    rule = handling.rules.out_of_pattern
    return of_signal(handling, Code.OUT_OF_PATTERN, handling.signals.unfamiliar, rule)


def unreadable(handling: Handling) -> Seen:
    """1 when the message was not understood, read only in part, or is an unread attachment."""
    rule, message = handling.rules.unreadable, handling.message
    if handling.arrival.truncated:
        return Seen(1.0, 1.0, rule.tier, None, "truncated")
    if handling.signals.unreadable:
        return Seen(1.0, 1.0, rule.tier)
    if message is not None and message.attachments and not message.text.strip():
        missing = all(not attachment.extracted_text for attachment in message.attachments)
        return Seen(1.0 if missing else 0.0, 1.0, rule.tier, None, "attachment")
    return Seen(0.0, 1.0, rule.tier)
