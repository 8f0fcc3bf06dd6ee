"""Where a text tells what is personal or secret: cards, IBANs, addresses, phones, ids, keys."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

from streams.core.policy.privacy import Pii

NEAR: Final = 40
"""Characters before a number in which a word must say what it is, where its digits do not."""


class Place(NamedTuple):
    """What is personal, and the characters [start, end) that say it."""

    kind: Pii
    start: int
    end: int


# Most texts tell nothing of a kind, and that is seen without its expression: whatever `_KEY`,
# `_TOKEN` and `_PASSWORD` find holds one of these pieces (a token may be digits alone), every
# number two digits with no more between them than a phone's may have.
_OF_KEYS: Final = ("key", "_", "k-", "glpat-", "xox", "akia", "aiza", "sg.")
_OF_TOKENS: Final = ("eyj", "bearer", "token", "session", "secret")
_OF_PASSWORDS: Final = ("pass", "pw", "pin")
_DIGITS: Final = re.compile(r"\d[ ./()-]{0,2}\d")
# Every branch begins at the edge of a word, its repetitions are bounded, and what one of them has
# taken no other can take as well: linear, and a character costs no more than a few looks at it.
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_KEY: Final = re.compile(
    r"(?<!\w)(?:(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,200}|whsec_\w{16,80}"
    r"|AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,80}|github_pat_\w{40,120}|glpat-[\w-]{18,60}"
    r"|xox[abprs]-[\w-]{10,120}|AIza[\w-]{35}|SG\.[\w-]{16,40}\.[\w-]{16,60}|npm_\w{30,60})"
    r"|(?i:\b(?:api|access|secret|private)[ _-]?(?:access[ _-])?key\b)(?: is|:|=| =)\s{0,3}"
    r"[\"'`]?(?P<named>(?=[^\s\"'`]{0,80}\d)[^\s\"'`,;]{16,200})"
)
_TOKEN: Final = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{8,2000})?"
    r"|(?i:\bbearer\s)(?P<bearer>[\w.~+/=-]{16,2000})"
    r"|(?i:\b(?:token|session ?id|client secret|secret)\b)(?: is|:|=| =)\s{0,3}[\"'`]?"
    r"(?P<named>(?=[^\s\"'`]{0,80}\d)[\w.~+/=-]{12,2000})"
    r"|(?i:\b(?:otp|one[- ]time (?:code|password)|verification code|security code|login code"
    r"|sms code|tan|cvv|cvc|cvv2)\b(?: is| was|:|=)?)\s{0,3}(?P<once>\d{3,8})(?![\w-])"
)
_PASSWORD: Final = re.compile(
    r"(?i:\b(?:password|passwd|passcode|passphrase|pwd|pw|pass|pin)\b"
    r"(?: (?:for|to) (?:it|me|my account|the account|\w{1,20}))?)"
    r"(?:(?i: is| was)(?: now)?:?|:|=| =| to| (?=[^\s]{0,64}\d))\s{0,3}[\"'`«“]?"
    r"(?P<value>[^\s\"'`»”]{4,64})"
)
_CARD: Final = re.compile(r"(?<![\w.+/-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w/-])")
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_PHONE: Final = re.compile(
    r"(?<![\w.+])(?:\+|00(?=[1-9]\d[ -]))[1-9](?:[ ./()-]{0,2}\d){7,14}(?!\w)"
    r"|(?<![\w.-])\(\d{3}\) ?\d{3}[- ]\d{4}(?!\w)"
)
_NATIONAL: Final = re.compile(
    r"(?<![\w.+#/-])(?:0\d{1,4}+[ /-]\d{2,12}+(?:[ -]\d{2,12}+){0,4}"
    r"|0\d{3,12}+(?:[ -]\d{2,12}+){0,4}|\d{3}[ .-]\d{3}[ .-]\d{3,4})(?![\w/-])"
)
_CALL: Final = re.compile(
    r"\b(?:call|phone|telephone|callback|tel|mobile|cell|number is|reach|whatsapp|ring|text|sms"
    r"|fax|handy|contact|dial|hotline|landline|back on|me (?:on|at))\b",
    re.IGNORECASE,
)
_NOT_A_NUMBER_OF: Final = re.compile(
    r"\b(?:order|booking|ticket|case|ref|reference|serial|part|invoice|tracking|batch|article|sku|imei"
    r"|model|version|build)\b[^\d]{0,14}\Z",
    re.IGNORECASE,
)
_NO_PASSWORD: Final = re.compile(
    r"(?:accepted|again|already|also|always|asked|being|blocked|broken|case|changed|correct"
    r"|different|empty|expired|fine|forgotten|gone|good|here|incorrect|invalid|just|locked"
    r"|long|lost|missing|needed|never|not|nothing|nowhere|okay|only|protected|refused"
    r"|rejected|required|reset|right|same|sent|short|still|strong|stuck|supposed|supposedly"
    r"|that|the|there|this|too|unknown|weak|what|when|working|wrong|your)",
    re.IGNORECASE,
)


class _Id(NamedTuple):
    """A national id: its form, what checks its digits, and the word that must name it, if any."""

    form: re.Pattern[str]
    check: Callable[[str], bool]
    named: re.Pattern[str] | None = None


def _id(form: str, check: Callable[[str], bool], named: str | None = None) -> _Id:
    said = None if named is None else re.compile(rf"\b(?:{named})\b", re.IGNORECASE)
    return _Id(re.compile(rf"(?<![\w.+/-])(?:{form})(?![\w/-])"), check, said)


_IDS: Final = (
    _id(r"\d{3}-\d{2}-\d{4}", ssn.is_valid),
    _id(r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid),
    _id(r"\d{8}-?[A-Z]", dni.is_valid),
    _id(r"[XYZ]-?\d{7}-?[A-Z]", nie.is_valid),
    _id(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    _id(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", lambda _: True),
    _id(r"\d{6}[-+]\d{4}", personnummer.is_valid),
    _id(r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}", nir.is_valid),
    _id(r"\d{11}", pesel.is_valid, "pesel"),
    _id(
        r"\d{2} ?\d{3} ?\d{3} ?\d{3}", idnr.is_valid, "steuer-?id|tax id|idnr|identifikationsnummer"
    ),
    _id(r"\d{9}", bsn.is_valid, "bsn|burgerservicenummer|citizen service number"),
    _id(r"\d{4} ?\d{4} ?\d{4}", aadhaar.is_valid, "aadhaar|aadhar|uidai"),
)


def personal(text: str) -> list[Place]:
    """What is personal in a text, in its order; no two places overlap, the surest kind wins."""
    taken: list[Place] = []
    for place in _candidates(text):
        index = bisect_left(taken, place.start, key=_start)
        after_last = index == 0 or taken[index - 1].end <= place.start
        if after_last and (index == len(taken) or place.end <= taken[index].start):
            taken.insert(index, place)
    return taken


def _start(place: Place) -> int:
    return place.start


def _candidates(text: str) -> Iterator[Place]:
    """From the surest kind to the least sure."""
    plain, has_digits = _plain(text), _DIGITS.search(text) is not None
    if _has_any(plain, _OF_KEYS):
        yield from _secrets("api_key", _KEY, text)
    if has_digits or _has_any(plain, _OF_TOKENS):
        yield from _secrets("token", _TOKEN, text)
    if _has_any(plain, _OF_PASSWORDS):
        yield from _passwords(text)
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Place("email", *match.span())
    if has_digits:
        yield from _numbers(text)


def _plain(text: str) -> str:
    """The text with every letter that an expression takes for another, whatever its case, as that
    other one: also the i with a dot, and the one without, of Turkish.
    """
    return text.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def _has_any(text: str, pieces: tuple[str, ...]) -> bool:
    return any([piece in text for piece in pieces])  # noqa: C419


def _secrets(kind: Pii, pattern: re.Pattern[str], text: str) -> Iterator[Place]:
    for match in pattern.finditer(text):
        yield Place(kind, *match.span(match.lastgroup or 0))


def _numbers(text: str) -> Iterator[Place]:
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for match in _CARD.finditer(text):
        if _is_card(match.group()) and not _is_named_otherwise(text, match.start()):
            yield Place("card", *match.span())
    yield from _national_ids(text)
    yield from _phones(text)


def _passwords(text: str) -> Iterator[Place]:
    for match in _PASSWORD.finditer(text):
        start = match.start("value")
        value = match["value"].rstrip(".,;:)")
        bare = text[start - 1] in ": =" and not text[start - 2 : start].strip().endswith(("s", "o"))
        telling = any(not char.isalpha() for char in value) or text[start - 1] in "\"'`«“"
        if len(value) > 3 and not _NO_PASSWORD.fullmatch(value) and (telling or bare):
            yield Place("password", start, start + len(value))


def _iban(match: re.Match[str]) -> Iterator[Place]:
    """The longest run of its groups whose checksum holds: a word in capitals may follow."""
    value = match.group()
    while len(value) > 14:
        if iban.is_valid(value, check_country=False):
            yield Place("iban", match.start(), match.start() + len(value))
            return
        value = value[:-1].rstrip()


def _is_card(value: str) -> bool:
    digits = value.replace(" ", "").replace("-", "")
    issued = digits[0] in "3456" or "2221" <= digits[:4] <= "2720"
    return 14 <= len(digits) <= 19 and issued and len(set(digits)) > 1 and luhn.is_valid(digits)


def _national_ids(text: str) -> Iterator[Place]:
    for form, check, named in _IDS:
        if named is not None and not named.search(text):
            continue
        for match in form.finditer(text):
            if check(match.group()) and not _is_named_otherwise(text, match.start()):
                yield Place("national_id", *match.span())


def _phones(text: str) -> Iterator[Place]:
    for match in _PHONE.finditer(text):
        yield Place("phone", *match.span())
    for match in _NATIONAL.finditer(text):
        digits = sum(map(str.isdigit, match.group()))
        before = text[max(0, match.start() - NEAR) : match.start()]
        called = 9 <= digits <= 13 and _CALL.search(before)
        if called and not _is_named_otherwise(text, match.start()):
            yield Place("phone", *match.span())


def _is_named_otherwise(text: str, start: int) -> bool:
    return _NOT_A_NUMBER_OF.search(text, max(0, start - NEAR), start) is not None
