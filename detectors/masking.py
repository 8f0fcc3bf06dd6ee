"""The variable parts of an error text replaced by marks, so that equal failures read equal."""

import re
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from detectors.sentence import without_names

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_CLOCK: Final = r"\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_HOLDS_DIGIT: Final = r"(?:[\w$+-]|\.(?!\.))*\d(?:[\w$+-]|\.(?!\.))*"
_NOUN: Final = (
    r"\b(job|task|user|group|file|folder|service|device|printer|package|database|table|field|column"
    r"|key|parameter|option|property|attribute|variable|module|plugin|container|queue|topic|host"
    r"|rule|policy|profile|role|project|channel|account|node|cluster|bucket|index|label|template"
    r"|step|stage|pipeline|workflow|branch|tag|repository|zone|region|site|category|feature|schema)"
)
"""Words that a name in quotes follows."""
_MARK: Final = "<(?:url|email|time|path|mac|host|num|str|val|list|name)>"
_UNTOLD: Final = r"(?<!\bmsg)(?<!\bmessage)(?<!\bevent)(?<!\berror)(?<!\berr)"
"""No value behind these keys is masked: it is what happened."""
_UNTOLD_BY: Final = _UNTOLD.replace(")", "=)")
"""The same behind the sign: a pattern that begins with what it looks for is sought for faster."""
_JSON: Final = (
    r'([{,]\s?"(?!(?:msg|message|event|error|err|code|reason)")[\w.@$-]{1,60}"\s?:\s?)'
    r'"[^"\n]{0,300}"'
)
"""A value in JSON, unless it is what happened."""
_OF_KEY: Final = r'\s?:\s?(?:["\d<\[{]|true\b|false\b|null\b)'
_NO_NAME: Final = _MARK.replace("|name", "")
_ITEM: Final = rf"(?:{_MARK}|[\w$.-]{{1,60}})"
"""One of a list."""
_PAIR: Final = rf"[\w.$-]{{1,60}}=\s?{_MARK}"
"""A key with its value, masked."""
_BRACED: Final = r"\{[^{}\n]{1,200}\}"
"""One of a list of records."""
_GLUED: Final = rf"(?<![\w/@<>.=-])(?:[\w$-]{{1,40}}[/@]){{1,4}}(?={_MARK})"
"""What a mark is the end of: `sip/<num>`."""

_BESIDE: Final = r"[^\"'\s<>]{0,100}"
_HOLDS_MARK: Final = rf"(?:{_BESIDE}{_MARK}){{1,4}}{_BESIDE}"
"""One word with a mark in it."""

REMEMBERED: Final = 512
"""Characters of a masked text that is kept with what becomes of it: most texts are told again."""

PASSES: Final = 8
"""Most texts are as they stay after one or two. Some could be made to need one for every few
letters.
"""

MARK: Final = "<*>"
"""Any mark, to those who do not care which."""

_WORD: Final = re.compile(rf"{_MARK}|<\*>|[\w$-]+|[^\w\s]")

Chunks = tuple[tuple[str, ...], ...]
"""A text as what stands between its blanks, each as its words and punctuation."""


class _Rule(NamedTuple):
    """Where `needs` occurs in a text, what `pattern` matches becomes `mark`."""

    needs: str
    pattern: re.Pattern[str]
    mark: str


_DIGIT: Final = re.compile(r"\d")
_RULES: Final = tuple(
    _Rule(needs, re.compile(pattern), mark)
    for needs, pattern, mark in (
        ('\\"', r'\\"', "'"),
        ("://", r"\b[a-z][a-z0-9+]{1,9}://[^\s\"'<>(){}\[\],]{1,300}", "<url>"),
        ("@", r"<[^\s<>@]{1,200}@[^\s<>@]{1,200}>", "<email>"),
        (
            "@",
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}",
            "<email>",
        ),
        ("<", rf"<(?!{_MARK[1:]})[^\s<>]{{1,120}}(?: object at 0x[0-9a-f]{{1,16}})?>", "<val>"),
        (
            "0-9",
            rf"\b(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}},? )?"
            rf"(?:{_MONTH} {{1,2}}\d{{1,2}}|\d{{1,2}}[ /-]{_MONTH})\b[ /,:-]{{0,2}}"
            rf"(?:\d{{4}}\b[ :,]{{0,2}})?(?:{_CLOCK})?"
            r"(?: [+-]\d{4}| (?:[a-z]{3,4} )?\d{4}\b)?",
            "<time>",
        ),
        (
            "/",
            r"(?<![\w.])(?:[a-z]:|\.{1,2})?(?:/{1,2}[^\s\"'<>()\[\]{},;:|/]+)+/?"
            r"(?::\d{1,6})?",
            "<path>",
        ),
        ("/", r"(?<![\w./$%@+-])[\w.$-]+(?:/[\w.$%@+-]+){2,}/?", "<path>"),
        (" / ", r"\b(get|post|put|head|delete|options) /(?= )", r"\1 <path>"),
        (
            "\\",
            r"(?<![\w.])(?:[a-z]:|\\)?(?:\\[^\s\"'<>()\[\]{},;:|\\]+)+\\?",
            "<path>",
        ),
        ("0-9", r"\b(?:[0-9a-f]{1,2}:){5,19}[0-9a-f]{1,2}\b", "<mac>"),
        (
            "::",
            r"(?<![\w:])(?=[a-f:]{0,39}\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])",
            "<num>",
        ),
        (
            ".",
            r"(?<![\w.-])(?:[a-z0-9_-]{1,63}\.){1,8}(?:com|net|org|edu|gov|mil|info|local"
            r"|localdomain|internal|lan|[a-z]{2})(?![\w(=]|[.-]\w)(?::\d{1,5}\b)?",
            "<host>",
        ),
        ("_", r"(?<!\S)([a-z]{1,20}_)[\w.-]*\d(?: \1[\w.-]*\d)+(?!\S)", "<list>"),
        (
            "0-9",
            rf"(?:(?<![\w>])[<~](?=\d))?(?<![\w$+-])(?<![\w$+-]\.){_HOLDS_DIGIT}(?:[:/@]{_HOLDS_DIGIT})*%?",
            "<num>",
        ),
        ('":', _JSON, r"\1<str>"),
        ('"', rf'(?<!\w)(?<!":)(?<!": )"[^"\s<]{{1,300}}"(?!{_OF_KEY})', "<str>"),
        ("'", r"(?<!\w)'[^'\s<]{1,300}'(?!\w)", "<str>"),
        ("`", r"`[^`'\s<]{1,300}[`']", "<str>"),
        ('="', rf'{_UNTOLD}="[^"\n]{{0,300}}"', "=<str>"),
        ("='", rf"{_UNTOLD}='[^'\n]{{0,300}}'", "=<str>"),
        (
            "=",
            rf"=(?<![=<>!]=){_UNTOLD_BY}(\s?)(?!{_MARK}|(?<=\s)[\w.-]+=)"
            rf"[^\s,;)\]}}(\[{{|&'\"=][^\s,;)\]}}|&\[{{]{{0,300}}(?:\[[^\s\]]{{0,100}}\]|\{{[^\s{{}}]{{0,100}}\}})?",
            r"=\1<val>",
        ),
        ("=", r"(?<=\w)=(?=\s+[\w.-]+=|\s*$|[,;)\]}])", "=<val>"),
        (", in ", r"(?<=, line <num>, in )[\w.<>]{1,120}", "<val>"),
        (": ", r": (?:yes|no|on|off|null|none|nil)(?=[,;)\]}]|$)", ": <val>"),
        ("e", r"(?:t(?<![\w<.-]t)rue|f(?<![\w<.-]f)alse)(?![\w>.-])", "<val>"),
        (
            ".",
            r"(?:(?<=[\w>] )|(?<=[(\[,]))(?=[a-z_$][\w$]{0,60}\.)"
            r"(?!\S{0,120}(?:exception|error)\b)[a-z_$][\w$]{0,60}"
            r"(?:\.[a-z_$][\w$]{0,60}){2,12}(?![\w(:.])",
            "<val>",
        ),
        ('"', rf'{_NOUN} "[^"\n<]{{1,80}}"', r"\1 <str>"),
        ("'", rf"{_NOUN} '[^'\n<]{{1,80}}'", r"\1 <str>"),
        ('"', rf'(?<![\w>])"{_HOLDS_MARK}"(?!\w)', "<str>"),
        ("'", rf"(?<![\w>])'{_HOLDS_MARK}'(?!\w)", "<str>"),
        ("()", r"(?<=\s)\(\)(?!\S)", "(<val>)"),
        ("{}", r"(?<![^\s:=,(])\{\}(?![^\s,.;:)])", "{<list>}"),
        ('""', r'(?<![\w\])}"])""(?![\w"])', "<str>"),
        ("''", r"(?<![\w\])}'])''(?![\w'])", "<str>"),
        ("/<", _GLUED, ""),
        ("@<", _GLUED, ""),
        (">", rf"{_MARK} ?(?:[kmgt]i?b|bytes?|b|ms|us|ns|s|secs?|%)(?!\w)", "<num>"),
        (
            ">",
            rf"{_NO_NAME}(?:(?:[;:/.|#+-]{{0,2}}|,\s?){_NO_NAME}|\[{_NO_NAME}\])+",
            "<list>",
        ),
        ("<name>", rf"{_MARK}(?:(?:, ?|[/:]){_MARK})+", "<list>"),
        (",", rf"(?<=[\[({{])(?:{_ITEM},\s?){{1,400}}{_ITEM}(?=[\])}}])", "<list>"),
        ("{<", rf"(?<=\{{)(?:{_MARK}(?:, ?|: ?|(?=\}}))){{1,400}}(?=\}})", "<list>"),
        ("=<", rf"([\[({{]){_PAIR}(?:,\s?{_PAIR}){{0,400}}(?=[\])}}])", r"\1<list>"),
        ("},", rf"({_BRACED})(?:,\s?\1){{1,400}}", r"\1"),
        (">,", rf"(?<==){_MARK}(?:,{_ITEM}(?![\w$.=-])){{1,400}}", "<list>"),
        (" ", r"\s{2,}", " "),
    )
)


def mask(text: str) -> str:
    """The text in small letters, with what varies from report to report masked.

    Numbers and whatever holds a digit (ids, addresses, versions, sizes, times), addresses of
    pages, mails and hosts, paths, quoted words, the values of `key=value` and of JSON but for
    those that say what happened (`msg`), and names (`detectors.sentence`). Marks in a list become
    one, so that lists of any length are equal. With only a blank between they stay: where one value
    is told by itself another may be a word, and the two must have one length. Masking again changes
    nothing that needs no more than `PASSES`.
    """
    masked = _masked_once(text.lower())
    return _remembered(masked) if len(masked) <= REMEMBERED else _settled(masked)


def _settled(masked: str) -> str:
    for _ in range(PASSES):
        before, masked = masked, without_names(_masked_once(masked))
        if masked == before:
            break
    return masked


_remembered: Final = lru_cache(maxsize=1 << 10)(_settled)


def words(masked: str) -> tuple[str, ...]:
    """A masked text as its words and punctuation, whatever lies between, all marks alike."""
    return tuple(chain.from_iterable(chunks(masked)))


def chunks(masked: str) -> Chunks:
    """The words of a masked text by the blanks between them."""
    return _remembered_chunks(masked) if len(masked) <= REMEMBERED else _chunks(masked)


def _chunks(masked: str) -> Chunks:
    return tuple(tuple(map(_mark_of, _WORD.findall(chunk))) for chunk in masked.split())


_remembered_chunks: Final = lru_cache(maxsize=1 << 10)(_chunks)


def _masked_once(text: str) -> str:
    digits = _DIGIT.search(text) is not None
    for needs, pattern, mark in _RULES:
        if digits if needs == "0-9" else needs in text:
            text = pattern.sub(mark, text)
    return text.strip()


def opened(form: str, masked: str) -> str:
    """The form of two masked texts: the first, with `<*>` where the other has another word."""
    pieces = re.split(r"(\s+)", form)
    own, other = chunks(form), chunks(masked)
    for number, (mine, theirs) in enumerate(zip(own, other, strict=False)):
        if mine != theirs:
            piece = pieces[2 * number]
            pieces[2 * number] = _opened(piece, theirs) if len(mine) == len(theirs) else MARK
    return "".join(pieces)


def _opened(form: str, words: tuple[str, ...]) -> str:
    pieces, end = list[str](), 0
    for word, other in zip(_WORD.finditer(form), words, strict=True):
        own = word.group()
        same = other == own or (other == MARK and _mark_of(own) == MARK)
        pieces += (form[end : word.start()], own if same else MARK)
        end = word.end()
    return "".join((*pieces, form[end:]))


def _mark_of(word: str) -> str:
    return MARK if word[0] == "<" and len(word) > 1 else word
