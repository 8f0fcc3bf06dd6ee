"""The variable parts of an error text replaced by marks, so that equal failures read equal."""

import re
from typing import Final

_MASKS: Final = tuple(
    (re.compile(pattern), mark)
    for pattern, mark in (
        (r"\b[a-z]{2,10}://[^\s\"'<>()]{1,300}", "<url>"),
        (r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", "<email>"),
        (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "<uuid>"),
        (
            r"\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:z|[+-]\d\d:?\d\d)?",
            "<time>",
        ),
        (r"\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?[ap]m)?\b", "<time>"),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b", "<ip>"),
        (r"(?<![\w<>])(?:[a-z]:)?(?:[\\/][\w.@%+~-]{1,100}){2,30}[\\/]?", "<path>"),
        (r"\b0x[0-9a-f]{1,32}\b", "<hex>"),
        (r"\b(?=[a-f]{0,40}\d)[0-9a-f]{8,64}\b", "<hex>"),
        (r"\b(?=[a-z_-]{0,40}\d)[\w-]{6,80}\b", "<id>"),
        (r"(?<![\w<])[+-]?\d{1,20}(?:[.,:]\d{1,20}){0,6}(?:%|[a-z]{1,3}\b)?", "<num>"),
        (r"(?:<(?:num|id|hex)>[ ,]{0,2}){2,}", "<num> "),
        (r"\s{1,200}", " "),
    )
)


def mask(text: str) -> str:
    """The text in small letters with numbers, ids, paths, addresses and times masked.

    Masking again changes nothing.
    """
    masked = _masked_once(text.lower())
    while (again := _masked_once(masked)) != masked:
        masked = again
    return masked


def _masked_once(text: str) -> str:
    for pattern, mark in _MASKS:
        text = pattern.sub(mark, text)
    return text.strip()
