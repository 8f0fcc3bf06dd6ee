"""By when the customer needs it, in their own words."""

import re
from functools import cache
from typing import Final

from detectors.message import Message
from detectors.signals import Found
from detectors.words import word_sets

KIND: Final = "deadline"
MOST: Final = 4
"""Deadlines of a text at most: the first ones."""
LONGEST: Final = 80
"""Characters from the word that makes a time a deadline to that time."""

_WEEKDAY: Final = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?|weekend)"
)
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_HOUR: Final = r"(?:[01]?\d|2[0-4])"
_COUNT: Final = r"(?:an?|one|two|three|four|five|six|seven|ten|a few|\d{1,3})"
_PART: Final = r"(?:morning|afternoon|evening|night|noon|midnight)"
_CLOCK: Final = (
    rf"(?:{_HOUR}:\d\d(?: ?[ap]m)?|{_HOUR} ?[ap]\.?m\b|at {_HOUR}\b(?![%:.]\S| [a-z]*s\b)"
    rf"|{_HOUR} in the morning|{_HOUR} o'?clock)(?: (?:cet|cest|utc|gmt|est|edt|pst|pdt|bst)\b)?"
)
_TIME: Final = (
    rf"(?:(?:this|next|coming|the coming) )?{_WEEKDAY}\b|(?:this|next|coming) (?:week|month)\b"
    rf"|today|tonight|tomorrow|this (?:afternoon|evening)|noon|midnight|eod\b|{_CLOCK}"
    rf"|(?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|year|{_MONTH}|business)\b"
    rf"|{_DAY}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH}\b(?: \d{{4}})?"
    rf"|{_MONTH} {_DAY}(?:st|nd|rd|th)?\b|the {_DAY}(?:st|nd|rd|th)\b"
    rf"|\d{{4}}-\d\d-\d\d|{_DAY}\.(?:0?[1-9]|1[0-2])\.(?:\d{{2,4}})?"
    rf"|{_DAY}/{_DAY}(?:/\d{{2,4}})?\b|christmas|easter"
    rf"|(?:in|within)(?: the next)? {_COUNT} (?:more )?(?:business |working )?"
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?)\b"
)
# What a time begins with: one look tells that most words are none.
_BEGINS: Final = (
    r"(?=\d|t(?:he |o[dnm]|his|ill|ue|hu)|in |o(?:n |ct)|a(?:t |pr|ug)|b(?:y |efore)|f(?:rom|ri|eb)"
    r"|m(?:on|id|ar|ay)|w(?:ed|eek|ithin)|s(?:at|un|ep)|n(?:ext|oon|ov)|e(?:nd|od|as)|j(?:an|u[nl])"
    r"|until|coming|chr|dec)"
)
_SEQUENCE: Final = re.compile(
    rf"\b{_BEGINS}(?:(?:on|at|by|until|till|before|from) (?:the )?)?(?:{_TIME})"
    rf"(?:,? (?:(?:at|on|the|before|by|in|around) ){{0,2}}(?:{_TIME}|{_PART}\b)){{0,3}}"
)
_SURE: Final = re.compile(
    r"\b(?:before|within|deadline|due|no later than|needs?|must|tomorrow|tonight)\b"
)
_BY: Final = ("by ", "until ", "till ", "before ")
_BEHIND: Final = re.compile(
    r"\b(?:since|last|was|were|yesterday|ago|bought|ordered|paid|charged|arrived|moved out"
    r"|have been|filed|every|each|double)\b"
)
_AHEAD: Final = re.compile(
    r"\b(?:has to|have to|will|leaves?|leaving|fly|flying|flight|travel|depart\w{0,4}|starts?"
    r"|starting|begins?|opens?|closes?|closing|expires?|expiring|ends?|goes|going|runs out|locks?"
    r"|want|moving|move|appointment|meeting|wedding|concert|exams?|finals|tournament|presentation"
    r"|launch|cut-over|party|driv(?:e|ing)|trip|holiday|event|audit|session|birthday|bday"
    r"|inspection|match|game|lesson|eclipse|delivery|ferry|train|shoot|cleanup|comes?|arrives?"
    r"|visiting|spoils?|collections|bake|doubles|stops?|fix|send|it back|has food)\b"
    r"|\b(?:is|are|be taken) \Z"
)
_STOP: Final = re.compile(r"[!?;\n]|\.(?=\s)")
_DIGIT: Final = re.compile(r"\d")


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    sets = word_sets("deadlines")
    return sets["timely"], sets["with_digits"]


def deadlines(message: Message) -> tuple[Found, ...]:
    """The times that lie ahead, each quoted from what makes it a deadline: "before Friday 5 pm"."""
    text = message.reading.text
    words, timely, with_digits = message.words, *_words()
    if timely.isdisjoint(words) and (with_digits.isdisjoint(words) or not _DIGIT.search(text)):
        return ()
    found: list[Found] = []
    for match in _SEQUENCE.finditer(text):
        start = _lead(text, *match.span())
        if start is not None:
            span = message.reading.span(start, match.end())
            found.append(Found(KIND, message.reading.original[slice(*span)], span))
            if len(found) == MOST:
                break
    return tuple(found)


def _lead(text: str, start: int, end: int) -> int | None:
    """Where it is first said that the time is ahead; None where it lies behind, or neither.

    What is said last before the time counts: "I ordered it for a birthday on Sunday" is ahead.
    """
    floor = max(0, start - LONGEST)
    for stop in _STOP.finditer(text, floor, start):
        floor = stop.end()
    if text.startswith(_BY, start):
        return start
    sure = _SURE.search(text, floor, end)
    for behind in _BEHIND.finditer(text, floor, end):
        floor = behind.end()
    leads = [lead for lead in (sure, _AHEAD.search(text, floor, start)) if lead is not None]
    return min([start, *(lead.start() for lead in leads)]) if leads else None
