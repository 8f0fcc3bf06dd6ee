"""What a value in a text is called: by the words before it, or else by its shape."""

import re
from functools import cache
from typing import Final, NamedTuple

from detectors.words import word_sets

FAR: Final = 60
"""Characters before a value in which its name is looked for."""
FILLERS: Final = 6
"""Words between a name and its value at most."""
PROOF: Final = "proof"
"""The kind of a value that proves who somebody is: it is nobody's business."""

_SETS: Final = ("said error_code", "filler", "brand", "no_brand")
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_UNIT: Final = re.compile(
    r"\d{1,4}:\d\d[\w:.]*|[\d.,]+(?:%|x|k|m|g|gb|mb|kb|tb|gi|mi|mbit|gbit|ghz|mhz|kwh|v|w|ms|s|sec|min"
    r"|h|hrs?|d|am|pm|st|nd|rd|th|mm|cm|km|kg|l|°c?|px|fps|years?|days?|weeks?)?"
)
_TIME: Final = re.compile(r"\d{1,2}:\d\d|\d{4}-\d\d-\d\dt|\d{1,3}-[a-z]+$")
_VERSION: Final = re.compile(r"v?\d{1,5}(?:\.\d{1,6}){2,4}[\w-]*|v\d{1,4}(?:\.\d{1,6}){0,4}")
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")
_PRICE: Final = re.compile(r"\d{1,6}[.,]\d\d")
_CODE: Final = re.compile(r"0x[0-9a-f]+|[ef][a-z]{0,3}[-_]?\d{2,6}|ora-\d{5}")
_COUNTED: Final = re.compile(
    r" (?:times?|people|users|employees|days?|weeks?|months?|hours?|minutes?|of|percent|orders)\b"
)
_THINGS: Final = re.compile(
    r"(?: ?(?:[%x+$€£]|or more\b)|[ -](?:(?:\w{3,9}(?:ing|ed|ive|ent)|more|new|other|different) )?"
    r"(?:of|percent|people|staff|customer base|[kmgt]i?b|ms|eur|usd|gbp|chf|euro|dollar|pound"
    r"|row|seat|user|person|benutzer|nutzer|kunden|konten|mitarbeiter|tagen?|stunden|minuten|mal|fois"
    r"|(?!times out)([a-z]{3,}s))\b)"
)
"""What is counted, when a number stands before it: a unit, or more than one of anything."""
_NO_THINGS: Final = re.compile(
    r"\w*(?:ss|us|is)|errors|timeouts|responses|replies|codes|pages|always|sometimes|whereas"
    r"|appears|comes|happens|keeps|shows|pops|occurs|returns|persists|starts|stops|breaks|blocks"
    r"|means|gets|says|does|seems|goes|makes|hits|prevents|causes|kills|remains|stays|looks|ends"
    r"|was|has|its"
)
_STATUS: Final = re.compile(r" (?:error|internal|bad|not found|forbidden|unauthori[sz]ed|gateway)")
_NUMBER: Final = re.compile(r"\d+(?:[.,' ]\d+)*")


class Names(NamedTuple):
    """Words by what they say of the value after them."""

    strong: dict[str, str]
    weak: dict[str, str]
    said: frozenset[str]
    fillers: frozenset[str]
    brands: frozenset[str]
    no_brands: frozenset[str]

    def knows(self, word: str) -> bool:
        """Whether the word says what comes after it, or may stand between."""
        return word in self.strong or word in self.weak or word in self.said


@cache
def names() -> Names:
    """The words of `lexicons/named.txt`."""
    sets = word_sets("named")
    strong: dict[str, str] = {}
    weak: dict[str, str] = {}
    for name, words in sets.items():
        if name not in _SETS:
            kinds = weak if name.startswith("weak ") else strong
            kinds.update(dict.fromkeys(words, name.removeprefix("weak ")))
    said, fillers, brands, no_brands = (sets[name] for name in _SETS)
    return Names(strong, weak, said, fillers, brands, no_brands)


def kind_of(text: str, start: int, value: str) -> str | None:
    """What `value`, at `start` of the normalised text, is; None for a mere number or unit."""
    end = start + len(value)
    if value.isdigit() and _COUNTED.match(text, end):
        return None
    called = _called(text[max(0, start - FAR) : start], value)
    if called is not None and _can_be(called, value):
        return called
    if len(value) == 3 and value[0] in "45" and _STATUS.match(text, end):
        return "error_code"
    return _by_shape(value)


def counts(text: str, end: int) -> bool:
    """Whether the number that ends there says how many there are of what comes after it."""
    found = _THINGS.match(text, end)
    return found is not None and not (found[1] and _NO_THINGS.fullmatch(found[1]))


def _called(before: str, value: str) -> str | None:
    known, weak = names(), None
    words = _WORD.findall(before)[-FILLERS:]
    if words and len(words[-1]) < 4 and len(value) > 4 and not known.knows(words[-1]):
        words.pop()  # letters that belong to the value: "tracking RR 4471 9920 5"
    for word in reversed(words):
        if kind := known.strong.get(word):
            return kind
        if word in known.said:
            # What a display says is a code when it is long enough: "says 3 items" is not.
            return weak or ("error_code" if len(value) > 3 or not value.isdigit() else None)
        if kind := known.weak.get(word):
            weak = weak or kind
        elif word not in known.fillers and not word.isdigit():
            break
    return weak


def _can_be(kind: str, value: str) -> bool:
    if kind == PROOF:
        return True
    if kind == "amount":
        return _NUMBER.fullmatch(value) is not None
    if _TIME.match(value):
        return False
    digits = sum(map(str.isdigit, value))
    if kind in {"error_code", "version", "product"}:
        return digits == len(value) or kind == "version" or not _UNIT.fullmatch(value)
    return digits == len(value) > 2 or (len(value) > 3 and not _UNIT.fullmatch(value))


def _by_shape(value: str) -> str | None:
    if value.replace(" ", "").isdigit():
        return "reference" if len(value) > 4 else None
    if _ADDRESS.fullmatch(value):
        return "ip_address"
    for shape, kind in ((_VERSION, "version"), (_PRICE, "amount"), (_CODE, "error_code")):
        if shape.fullmatch(value):
            return kind
    digits = sum(map(str.isdigit, value))
    if _UNIT.fullmatch(value) or _TIME.match(value) or len(value) < 4 or digits < 2:
        return None
    return "reference" if digits > 2 or "-" in value else None
