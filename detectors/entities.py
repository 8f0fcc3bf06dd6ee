"""Things named in a text: orders, tickets, amounts, dates, versions, error codes, addresses."""

import re
from typing import Final

from detectors.message import Message
from detectors.signals import Found

MOST: Final = 32
"""Entities of a text at most: the first ones."""

# Each branch starts at the edge of a word and its repetitions are bounded: linear.
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_CURRENCY: Final = r"(?:usd|eur|gbp|chf|inr|cad|aud|jpy|dollars?|euros?|pounds?|bucks|cents|rupees)"
_NUMBER: Final = r"\d{1,12}(?:[.,]\d{1,6}){0,4}"
_ENTITY: Final = re.compile(
    r"(?<![\w.+-])(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
    r"|(?P<url>\bhttps?://[^\s\"'<>]{1,300})"
    r"|\b(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
    rf"|(?P<amount>[$€£¥₹] ?{_NUMBER}\b|\b{_NUMBER} ?(?:[$€£¥₹]|{_CURRENCY}\b)"
    rf"|\b(?:usd|eur|gbp|chf) {_NUMBER}\b)"
    r"|\b(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?"
    r"(?:,? \d{4})?)\b"
    r"|\b(?:version|ver|release|firmware|build) (?P<version>v?\d{1,5}(?:\.\d{1,6}){0,4})\b"
    r"|\b(?P<version_>v\d{1,4}(?:\.\d{1,6}){0,4}|\d{1,4}(?:\.\d{1,6}){2})\b"
    r"|\b(?:error|err|code|status|http|fault|exception)[ _-]{0,2}"
    r"(?:code|status|number|no)?[ :#=-]{0,3}"
    r"(?P<error_code>[a-z]{0,6}[-_]?\d{2,8}|0x[0-9a-f]{2,16})\b"
    r"|\b(?P<error_code_>0x[0-9a-f]{4,16}|err_[a-z_]{3,40}|e[a-z]{0,3}[-_]?\d{3,6}|ora-\d{5})\b"
    r"|\b(?:order|orders|confirmation|booking|tracking|shipment|parcel|purchase)"
    r"(?: (?:number|no|nr|id|ref|code|reference|is|was)){0,2}\.?[ :#]{0,3}"
    r"(?P<order>[a-z]{0,4}-?\d[\w-]{2,20})\b"
    r"|\b(?:ticket|case|incident|request|claim|complaint)"
    r"(?: (?:number|no|nr|id|ref|is)){0,2}\.?[ :#]{0,3}"
    r"(?P<ticket>[a-z]{0,5}-?\d[\w-]{2,20})\b"
    r"|\b(?:invoice|bill)(?: (?:number|no|nr|id)){0,2}\.?[ :#]{0,3}"
    r"(?P<invoice>[a-z]{0,4}-?\d[\w-]{2,20})\b"
    r"|\b(?P<reference>[a-z]{2,5}-\d{3,12})\b"
    r"|(?<!\d)(?P<phone>\+\d{1,3}[ \d-]{6,16}\d)(?!\d)"
)
_TELLING: Final = re.compile(r"[0-9@]|://|err_")
_CODE: Final = re.compile(
    r"\b(?:error|err|code|status|http|fault)[ _-]{0,2}(?:code|status)?[ :#=-]{0,3}"
    r"([a-z]{0,6}[-_]?\d{2,8}|0x[0-9a-f]{2,16})\b|\b(0x[0-9a-f]{4,16}|err_[a-z_]{3,40}|[45]\d\d)\b"
)


def entities(message: Message) -> tuple[Found, ...]:
    """What is named, in the order of the text, values as the customer wrote them."""
    reading = message.reading
    if not _TELLING.search(reading.text):
        return ()
    found = []
    for match in _ENTITY.finditer(reading.text):
        kind = match.lastgroup or ""
        span = reading.span(*match.span(kind))
        found.append(Found(kind.rstrip("_"), reading.original[slice(*span)], span))
        if len(found) == MOST:
            break
    return tuple(found)


def error_codes(text: str) -> frozenset[str]:
    """The distinct error codes of a normalised text."""
    return frozenset(first or second for first, second in _CODE.findall(text))
