"""Triggers on how the conversation goes, and whose it is."""

from typing import Final

from schemas.records import Role
from streams.core.calendars import MINUTE
from streams.core.policy.limits import CONTRACT_VALUE, PROBLEM, ROUNDS
from streams.core.reasons import Code
from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers.seen import Seen, of_last_message, of_signal
from streams.core.tickets.waits import open_for

FEW_SAMPLES: Final = 2
"""Earlier messages an author must have before a fall from their baseline means something."""


def negative_sentiment(handling: Handling) -> Seen:
    """The message, or the most negative author's rolling level, 0-1."""
    rule, signal = handling.rules.negative_sentiment, handling.signals.negative
    level = max([mood.level for mood in handling.ticket.moods], default=0.0)
    if level <= signal.score:
        return of_signal(handling, Code.NEGATIVE_SENTIMENT, signal, rule)
    [worst, *_] = [mood for mood in handling.ticket.moods if mood.level == level]
    point = max(worst.points, key=lambda point: point.negative)
    threshold, span = handling.terms().limits[Code.NEGATIVE_SENTIMENT], (point.start, point.end)
    return Seen(level, threshold, rule.tier, span, "rolling", point.message_id)


def sentiment_drop(handling: Handling) -> Seen:
    """How far this message lies above its author's own baseline of negativity, 0-1; not at all
    where it says thanks.
    """
    rule, signal = handling.rules.sentiment_drop, handling.signals.negative
    moods = handling.ticket.moods
    known = bool(moods) and moods[-1].earlier >= FEW_SAMPLES and not handling.thanked
    drop = max(0.0, signal.score - moods[-1].baseline) if known else 0.0
    return Seen(drop, handling.terms().limits[Code.SENTIMENT_DROP], rule.tier, signal.span)


def high_stakes_account(handling: Handling) -> Seen:
    """1 for an account with much at stake; its tier depends on what the customer writes of.

    Thanks need nobody's eye, unless something is asked beside them.
    """
    rule, account = handling.rules.high_stakes_account, handling.account
    if account is None or handling.ticket.verified is False or _only_thanks(handling):
        return Seen(0.0, 1.0, rule.tier_alone)
    value = account.contract_value or 0.0
    if account.vip and rule.vip:
        why = "vip"
    elif account.churn_flag and rule.churn_flag:
        why = "churn_flag"
    elif account.may_leave and rule.churn_flag:
        why = "account_at_risk"
    elif value >= handling.terms().limits[CONTRACT_VALUE]:
        why = "contract_value"
    else:
        return Seen(0.0, 1.0, rule.tier_alone)
    tier = rule.tier_with_problem if _has_problem(handling) else rule.tier_alone
    return Seen(1.0, 1.0, tier, None, why)


def _only_thanks(handling: Handling) -> bool:
    message = handling.message
    return handling.thanked and (message is None or "?" not in message.text)


def _has_problem(handling: Handling) -> bool:
    signals, rule = handling.signals, handling.rules.high_stakes_account
    worst = max(signals.technical.score, signals.billing.score, signals.negative.score)
    line = handling.terms().limits[PROBLEM]
    return worst >= line or handling.ticket.category in rule.problem_categories


def ai_loop(handling: Handling) -> Seen:
    """Rounds without progress, or rounds in all; never while the customer says thanks."""
    rule, ticket = handling.rules.ai_loop, handling.ticket
    limits = handling.terms().limits
    line, in_all = limits[Code.AI_LOOP], limits[ROUNDS]
    stalled = 0 if handling.thanked else ticket.stalled
    if stalled < line and ticket.rounds >= in_all:
        rounds = 0 if handling.thanked else ticket.rounds
        return Seen(rounds, in_all, rule.tier, None, "rounds", ticket.customer_message_id)
    return of_last_message(handling, stalled, line, rule.tier)


def repeated_question(handling: Handling) -> Seen:
    """How often the customer has asked the same again after an answer."""
    rule, line = handling.rules.repeated_question, handling.terms().limits[Code.REPEATED_QUESTION]
    return of_last_message(handling, handling.ticket.repeats, line, rule.tier)


def ai_gave_up(handling: Handling) -> Seen:
    """The AI says it cannot help (1), or the customer says that it did not, 0-1. What does not help
    before the AI has said a word is something else.
    """
    rule, message = handling.rules.ai_gave_up, handling.message
    line = handling.terms().limits[Code.AI_GAVE_UP]
    if message is not None and message.role is Role.AI:
        return Seen(1.0 if message.gave_up else 0.0, line, rule.tier)
    if not handling.ticket.attempts:
        return Seen(0.0, line, rule.tier)
    return of_signal(handling, Code.AI_GAVE_UP, handling.signals.ai_failed, rule)


def ai_no_answer(handling: Handling) -> Seen:
    """Seconds since the customer's message, held against what the AI was given."""
    ticket, rule = handling.ticket, handling.rules.ai_no_answer
    due = ticket.answer_due if ticket.answer_due is not None else handling.now + 1
    return of_last_message(
        handling, (handling.now - ticket.last_at) / 1000, (due - ticket.last_at) / 1000, rule.tier
    )


def open_time(handling: Handling) -> Seen:
    """Open minutes of the ticket without its pauses, while the customer waits."""
    ticket, tier = handling.ticket, handling.rules.open_time.tier
    terms = handling.terms()
    limit = terms.open_time / MINUTE
    if ticket.last_word is not Role.CUSTOMER or handling.thanked:
        return Seen(0.0, limit, tier)
    minutes = open_for(handling, terms.open_hours) / MINUTE
    if ticket.open_due is not None and ticket.open_due <= handling.now:
        limit = min(limit, minutes)
    return of_last_message(handling, minutes, limit, tier)


def low_confidence(handling: Handling) -> Seen:
    """The AI's doubt in its draft: 1 - confidence; 0 where it states none."""
    rule, message = handling.rules.low_confidence, handling.message
    confidence = None if message is None else message.confidence
    doubt = 0.0 if confidence is None else round(1.0 - confidence, 6)
    return Seen(doubt, handling.terms().limits[Code.LOW_CONFIDENCE], rule.tier)
