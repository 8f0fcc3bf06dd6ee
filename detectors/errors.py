"""The error that a text names: an HTTP status, a code, or the words of the error itself."""

import re
from typing import Final

from detectors.naming import counts, kind_of
from detectors.traces import is_code, thrown

_STATUS_NAMES: Final = {
    "bad gateway": "502",
    "bad_gateway": "502",
    "gateway timeout": "504",
    "gateway time-out": "504",
    "gateway_timeout": "504",
    "service unavailable": "503",
    "internal server error": "500",
    "too many requests": "429",
    "upstream request timeout": "504",
    "upstream connect error": "503",
}
_STATUS_NAME: Final = re.compile("|".join(map(re.escape, _STATUS_NAMES)))
_STATUS: Final = re.compile(
    r"\b(?:http|https|status|error|code|response|returns?|returned|answers?|says|gets?|getting|a)"
    r"(?:[ _]?(?:status|code|error))?[ :=/\"-]{0,4}([45]\d\d)s?\b(?![.,']\d| \d{3}\b)"
    r"|(?<![\w.,'/#$€£+-])(50[0234]|429|404|403|401)s?\b(?![.,']\d| \d{3}\b)"
)
_NO_STATUS: Final = re.compile(
    r"(?:\b(?:over|than|about|around|nearly|almost|roughly|up to|at least|at most|paid|pay|charged"
    r"|costs?|billed|owe|refunded|room|floor|page|row|line|usd|eur|gbp|chf)|[$€£#]) $"
)
"""What stands before a number that is an amount or a place."""
_NAMED: Final = frozenset({"order", "ticket", "invoice"})
_CODE: Final = re.compile(
    r"\b((?:0x[0-9a-f]{4,16})|err_[a-z_]{3,40}|ora-\d{5}|e(?!ur|st\d|xt\d)[a-z]{0,3}[-_]?\d{3,6})\b"
    r"|\b(?:error|err|fault|stop)[ _]?(?:code|number|no\.?)?[ :#=-]{0,3}"
    r"(?!eur\d|usd\d|gbp\d|chf\d)([a-z]{0,6}[-_]?\d{1,8})\b(?![:/]\d|-\d\d?-)"
)
_QUOTED: Final = re.compile(
    r"\"([^\"\n]{6,300})\"|(?<!\w)'([^'\n]{6,300})'(?!\w)|`([^`\n]{6,300})`"
)
_QUOTED_ERROR: Final = re.compile(rf"(?<![\w.$])(?:error|exception): ?(?:{_QUOTED.pattern})")
"""What stands behind the quote are the customer's own words, where the quote is a sentence."""
SENTENCE: Final = 3
"""A quote of fewer words may be the value that an error names."""
_LOGGED: Final = re.compile(
    r"^[^\n]{0,80}\b(?:error|fatal|critical|severe|warn|warning|panic)\b"
    r"[\]:|>-]{0,3}[ \t]([^\n]{6,300})",
    re.MULTILINE,
)
_LOG_TIME: Final = re.compile(r"\d\d:\d\d:\d\d|\[(?:error|fatal|warn|critical)\]|^(?:error|fatal):")
_ERROR_WORD: Final = re.compile(
    r"fail|error|exception|cannot|can't|could not|unable|invalid|denied|refused|timeout|timed out"
    r"|not found|went wrong|unavailable|unexpected|missing|expired|rejected|not allowed|reset|abort"
)


def status_of(text: str) -> str | None:
    """The HTTP status that a normalised text names, by number or by name."""
    if named := _STATUS_NAME.search(text):
        return _STATUS_NAMES[named.group()]
    for found in _STATUS.finditer(text):
        labelled, bare = found.groups()
        if not counts(text, found.end()) and (labelled or _stands_alone(text, found.start(), bare)):
            return labelled or bare
    return None


def _stands_alone(text: str, start: int, number: str) -> bool:
    """Whether no word before a number says that it is something else than a status."""
    if _NO_STATUS.search(text, max(0, start - 12), start):
        return False
    return kind_of(text, start, number) not in _NAMED


def code_of(text: str) -> str | None:
    """The error code that a normalised text names."""
    for found in _CODE.finditer(text):
        shaped, said = found.groups()
        if shaped or not counts(text, found.end()):
            return shaped or said
    return None


def error_text(text: str) -> str | None:
    """The words of the error in a normalised text: quoted, thrown or logged."""
    if (told := _QUOTED_ERROR.search(text)) and _is_error(said := _said(told)):
        return said
    if exception := thrown(text):
        return exception
    for logged in _LOGGED.finditer(text):
        if _LOG_TIME.search(logged.group()) and not is_code(logged.group(1)):
            return logged.group(1)
    for quoted in _QUOTED.finditer(text):
        if _ERROR_WORD.search(said := _said(quoted)):
            return said
    return None


def _said(quoted: re.Match[str]) -> str:
    return quoted[1] or quoted[2] or quoted[3]


def _is_error(said: str) -> bool:
    return len(said.split()) >= SENTENCE or _ERROR_WORD.search(said) is not None
