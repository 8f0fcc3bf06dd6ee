"""Things named in a text: orders, tickets, amounts, dates, versions, error codes, addresses."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from detectors.message import Message
from detectors.naming import PROOF, kind_of, names
from detectors.signals import Found, Span

MOST: Final = 32
"""Entities of a text at most: the first ones."""
LOOKED_AT: Final = 512
"""Values of a text that are looked at; a text with more is a table or an attack."""

# Each branch starts at the edge of a word and its repetitions are bounded: linear.
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_SIGN: Final = "[$€£¥₹]"
_BEFORE: Final = rf"(?:[+-]|us|au?|ca?|nz|hk|sg)?{_SIGN}"
"""What stands before an amount: "-$", "US$"."""
_CODES: Final = "(?:usd|eur|gbp|chf|inr|cad|aud|jpy|sek|nok|dkk|pln)"
_CURRENCY: Final = rf"(?:{_CODES}|dollars?|euros?|pounds?|quid|bucks|cents|rupees|francs)\b"
_NUMBER: Final = r"\d{1,12}(?:[.,'’]\d{1,6}){0,4}(?:k\b)?(?: (?:million|thousand)\b)?"
_SPACED: Final = rf"\d{{1,3}}(?: \d{{3}}){{1,3}},\d\d ?(?:{_SIGN}|{_CURRENCY})"
"""An amount whose thousands stand apart, as in French; without cents it may be two numbers."""
_SHORT_YEAR: Final = rf"(?:{_DAY}/(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])/{_DAY})/\d\d\b(?![/.-]?\w)"
_VALUE: Final = re.compile(
    r"(?<![^\s(\[{\"'=<>:;,/#*|-])"
    # Most words can be none of these: one look tells.
    rf"(?=[^\s\d@_]{{0,64}}[\d@_]|https?:|(?:{_MONTH}|{_CODES}|{_BEFORE}) ?\d)(?:"
    r"(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
    r"|(?P<url>https?://[^\s\"'<>]{1,300})"
    r"|(?P<uuid>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)"
    rf"|(?P<amount>{_SPACED}|{_BEFORE} ?{_NUMBER}|{_CODES} ?{_NUMBER}"
    rf"|{_NUMBER} ?(?:{_SIGN}|{_CURRENCY}(?: \d\d\b)?))"
    rf"|(?P<date>\d{{4}}-\d\d-\d\d\b(?!t)|\d{{4}}/\d\d/\d\d\b(?![/-])|{_SHORT_YEAR}"
    rf"|\d\d?[./]\d\d?[./]\d{{4}}\b|{_DAY}\.(?:0[1-9]|1[0-2])\.(?:\d\d\b|(?=\s|$))"
    rf"|{_DAY}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH}(?:,? \d{{4}}\b)?"
    rf"|{_MONTH} {_DAY}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?)"
    r"|(?P<phone>\+\d{1,3}(?:[ -]?\(?\d{1,6}\)?){2,6}(?!\w)|0\d{2,4}(?: \d{3,8}){2,3}(?!\w))"
    r"|(?P<spaced>\d{2,12}(?: \d{1,12}){1,5}(?![\w.,]\w))"
    r"|(?P<code>[a-z]{2,20}(?:_[a-z0-9]{2,30}){1,6}(?!\w))"
    r"|(?P<token>[^\s\d()\[\]\"'<>;,@]{0,40}\d[^\s()\[\]\"'<>;@]{0,80})"
    r")"
)
_TELLING: Final = re.compile(r"[0-9@_]")
_EDGES: Final = "#.,:!?*-/_"
_ACCOUNT: Final = re.compile(r"(?:acct|cus|usr|user|org|sub|tenant)_")
_CODE: Final = re.compile(
    r"\b(?:error|err|code|status|http|fault)[ _-]{0,2}(?:code|status)?[ :#=-]{0,3}"
    r"([a-z]{0,6}[-_]?\d{2,8}|0x[0-9a-f]{2,16})\b|\b(0x[0-9a-f]{4,16}|err_[a-z_]{3,40}|[45]\d\d)\b"
)
_CAPITAL: Final = r"(?:[A-Z][\w+.-]*|[a-z]{1,3}[A-Z]\w*)"
_BRAND: Final = re.compile(rf"(?:\A|(?<=\s))(?:{_CAPITAL} ){{1,3}}\Z")
_PLAIN_START: Final = re.compile(r"(?:\A|[.!?:\n]\s*)[A-Z][a-z]* \Z")
_EDITION: Final = re.compile(r" (?:[Pp]ro|[Pp]lus|[Mm]ax\w?|[Mm]ini|[Uu]ltra|[Aa]ir)\b")
_MODEL: Final = re.compile(r"[a-z]{0,4}\d{1,4}(?:[a-z]{1,3}\d{0,3})?\+?")
_NUMBERED: Final = re.compile(r"\d{1,4}(?:\.\d{1,4}){1,3}")
_PREFIX: Final = re.compile(r"\b[A-Z]{2,3} \Z")
_SUFFIX: Final = re.compile(r" [A-Z]{2}\b")


def entities(message: Message) -> tuple[Found, ...]:
    """What is named, in the order of the text, values as the customer wrote them.

    Kinds: order, ticket, invoice, account, serial, reference, version, product, error_code,
    amount, date, email, phone, url, uuid, ip_address.
    """
    found: list[Found] = []
    for match in islice(_values(message.reading.text), LOOKED_AT):
        found.extend(_found(message, match))
        if len(found) >= MOST:
            break
    return tuple(found)


def _values(text: str) -> Iterator[re.Match[str]]:
    if "://" in text:
        yield from _VALUE.finditer(text)
        return
    end = 0
    while (begin := _begin(text, end)) is not None and (match := _VALUE.search(text, begin)):
        yield match
        end = match.end()


def _begin(text: str, floor: int) -> int | None:
    """Where the next value may begin: a word before the first that tells of one, at most."""
    telling = _TELLING.search(text, floor)
    if telling is None:
        return None
    word = text.rfind(" ", floor, telling.start())
    return max(floor, text.rfind(" ", floor, word) + 1) if word > 0 else floor


def _found(message: Message, match: re.Match[str]) -> Iterator[Found]:
    kind = match.lastgroup or ""
    start, end = match.span()
    value = match.group()
    if kind in {"token", "spaced", "code", "url"} or value.endswith("."):
        end -= len(value) - len(value.rstrip(_EDGES))
        start += len(value) - len(value.lstrip("#:*/")) if kind != "url" else 0
        value = message.reading.text[start:end]
    named = kind
    if kind == "code":
        named = "account" if _ACCOUNT.match(value) else "error_code"
    elif kind in {"token", "spaced"}:
        named = kind_of(message.reading.text, start, value) or ""
    span = message.reading.span(start, end)
    if kind == "token" and named in {"", "reference", "version", "product"}:
        named, span = _with_brand(message, named, span, value)
    elif kind == "spaced" or (len(value) > 4 and value.isdigit()):
        span = _with_letters(message.reading.original, *span)
    if named and named != PROOF:
        yield Found(named, message.reading.original[slice(*span)], span)


def _with_brand(message: Message, named: str, span: Span, value: str) -> tuple[str, Span]:
    """A model or version with its name: "ThinkPad T14", "iphone 13 mini", "One UI 6.1"."""
    original, (start, end) = message.reading.original, span
    model, numbered = _MODEL.fullmatch(value), _NUMBERED.fullmatch(value)
    if not (model or numbered):
        return named, span
    before = original[max(0, start - 40) : start]
    brand = _BRAND.search(before)
    if brand is not None and _PLAIN_START.search(before):
        brand = None
    written = before.rstrip().rpartition(" ")[2]
    if written.lower() in names().no_brands:
        brand = None
    if brand is not None:
        begin = start - len(brand.group())
    elif model and written.lower() in names().brands:
        begin = start - len(written) - 1
    else:
        begin = start
    edition = _EDITION.match(original, end) if model else None
    if begin == start and edition is None:
        return named, span
    if numbered:
        return "version", (begin, end)
    return "product", (begin, edition.end() if edition else end)


def _with_letters(original: str, start: int, end: int) -> Span:
    """A number with the capital letters that belong to it: "RR 4471 9920 5 DE"."""
    prefix, suffix = _PREFIX.search(original[max(0, start - 4) : start]), None
    if prefix is not None:
        start -= len(prefix.group())
        suffix = _SUFFIX.match(original, end)
    return start, end if suffix is None else suffix.end()


def error_codes(text: str) -> frozenset[str]:
    """The distinct error codes of a normalised text."""
    return frozenset(first or second for first, second in _CODE.findall(text))
