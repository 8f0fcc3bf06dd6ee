"""Holds the values of a file against the policy's types, and tells everything that is wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from streams.core.policy.duration import Duration
from streams.core.policy.opening import Opening
from streams.core.policy.section import Section

_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "keys and values",
}
_LONGEST: Final = 60


def decode(kind: Any, value: object) -> Any:
    """What msgspec asks for types that are not its own."""
    if kind in (Duration, Opening):
        return kind.parse(value)
    raise NotImplementedError(kind)


def faults(value: Any, kind: Any, path: str = "") -> Iterator[str]:
    """A path and what to write there instead, for everything that does not fit the type."""
    if isinstance(kind, type) and issubclass(kind, Section):
        yield from _of_section(value, kind, path)
    elif get_origin(kind) is tuple and isinstance(value, list):
        [item, *_] = get_args(kind)
        for place, one in enumerate(value):
            yield from faults(one, item, f"{path}[{place}]")
    elif isinstance(value, dict) and (section := _section_among(kind)) is not None:
        yield from _of_section(value, section, path)
    elif get_origin(kind) in (dict, Mapping) and isinstance(value, dict):
        for key, one in value.items():
            yield from _of_value(key, get_args(kind)[0], f"{path}.{key}")
            yield from faults(one, get_args(kind)[1], f"{path}.{key}")
    else:
        yield from _of_value(value, kind, path)


def nearest(word: object, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """What may have been meant, else what there is: the end of a complaint about a name."""
    close = get_close_matches(str(word), list(known), 1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"


def unknown(names: Iterable[str], known: tuple[str, ...], path: str) -> Iterator[str]:
    """A complaint for each name that is not known."""
    for name in names:
        if name not in known:
            yield f"{path}: there is no {name!r}, {nearest(name, known)}"


def _section_among(kind: Any) -> type[Section] | None:
    """The section that a union allows beside other values."""
    if get_origin(kind) not in (Union, UnionType):
        return None
    kinds = [one for one in get_args(kind) if isinstance(one, type) and issubclass(one, Section)]
    return kinds[0] if kinds else None


def _of_section(value: Any, kind: type[Section], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path or 'policy'}: expected keys and values, got {_shown(value)}"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            yield f"{_under(path, key)}: there is no such key, {nearest(key, fields)}"
    for name, field in fields.items():
        if name in value:
            yield from faults(value[name], field.type, _under(path, name))
        elif field.required:
            yield f"{_under(path, name)}: is missing"


def _of_value(value: Any, kind: Any, path: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        yield f"{path}: {_instead(str(error), value, kind)}"


def _instead(message: str, value: Any, kind: Any) -> str:
    message = message.split(" - at `")[0]
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) is Literal:
        message = f"expected one of {', '.join(str(one) for one in get_args(bare))}"
    elif isinstance(bare, type) and issubclass(bare, Enum):
        known = {str(one.value): one for one in bare}
        message = nearest(value, known)
    elif message.startswith("Expected"):
        message = message.split(", got")[0]
        message = re.sub("`([a-z| ]+)`", lambda found: _in_words(found[1]), message)
        if told := _told(kind):
            message = f"expected {told}"
    message = message[:1].lower() + message[1:]
    return message if ", got" in message else f"{message}, got {_shown(value)}"


def _in_words(types: str) -> str:
    """What may be written, of the names that msgspec has for it; what may be left out is not."""
    names = [one for one in types.split(" | ") if one != "null"]
    return " or ".join(_WORDS.get(one, one) for one in names) or "nothing"


def _told(kind: Any) -> str | None:
    """What a type says of itself, where a pattern would tell people nothing."""
    notes = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((one.description for one in notes if isinstance(one, msgspec.Meta)), None)


def _under(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
