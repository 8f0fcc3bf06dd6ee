"""Records as JSON objects, and what is said of those that are none."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from schemas.bad_record import BadRecord, BadRecordCode
from schemas.records import ConversationMessage, Record
from schemas.topics import RECORD_TYPES

write_json = msgspec.json.Encoder().encode
"""The UTF-8 of a record's JSON object. Fields at their default are left out."""

LOST: Final = "\ufffd"
"""Stands in a text for what could not be read."""

_READERS = {record: msgspec.json.Decoder(record) for record in RECORD_TYPES}
_MISSING_ID = re.compile(r"missing required field `\w+_id`")
_LONGEST_EXCERPT = 300
_BOM = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}"  # a whole pair
    rb"|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})|.)",
    re.DOTALL,
)


class _Named(msgspec.Struct):
    """What of a JSON object says which record it is."""

    type: str | None = None


_read_name = msgspec.json.Decoder(_Named).decode


def read_json(
    value: bytes, named: type[Record] | None, carried: tuple[type[Record], ...]
) -> Record:
    """The record of a JSON object. Half of a surrogate pair in it reads as U+FFFD, a byte
    order mark before it is passed over. What is said in a conversation may be in another encoding
    that has ASCII's characters, such as Latin-1: others read as U+FFFD, and no id may have any.

    Args:
        value: The object's UTF-8.
        named: The type it is known to be of, None when only the object itself can tell.
        carried: The types it may be of; the first where the object does not tell.

    Raises:
        BadRecord: It is no such record.

    """
    try:
        return _read(value, named, carried)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), _hint(value, named, carried)) from None
    except RecursionError:
        raise BadRecord(
            BadRecordCode.TOO_DEEP, "The JSON is nested too deep; no record has more than 6 levels."
        ) from None
    except ValueError as error:
        mended = _without_halves(value.removeprefix(_BOM))
        # Of a thousand marks each would be passed over by a call within the one before.
        if mended != value and not mended.startswith(_BOM):
            return read_json(mended, named, carried)
        if ConversationMessage in carried and not _is_utf8(value):
            with suppress(BadRecord):
                record = read_json(value.decode(errors="replace").encode(), named, carried)
                if all(LOST not in one for one in _ids_of(record)):
                    return record
        raise BadRecord(
            BadRecordCode.NOT_DECODABLE,
            f"Not JSON in UTF-8, nor Avro after a zero byte: {_excerpt(str(error))}",
        ) from None


def _read(value: bytes, named: type[Record] | None, carried: tuple[type[Record], ...]) -> Record:
    try:
        return _READERS[named or carried[0]].decode(value)
    except msgspec.ValidationError:
        # Looked at only now, because nearly every object is of its topic's first type.
        if named is None and len(carried) > 1:
            name = _read_name(value).type
            for record in carried[1:]:
                if record.__name__ == name:
                    return _READERS[record].decode(value)
        raise


def _is_utf8(value: bytes) -> bool:
    """Whether it is; releases of msgspec differ in what they raise where it is not."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ids_of(record: Record) -> Iterator[str]:
    for name in record.__struct_fields__:
        value = getattr(record, name) if name.endswith("_id") else None
        if isinstance(value, str):
            yield value


def _without_halves(value: bytes) -> bytes:
    """JSON whose escapes name whole characters: a platform that cuts a text may halve an emoji."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], value)


def _hint(value: bytes, named: type[Record] | None, carried: tuple[type[Record], ...]) -> str:
    """What is forgotten by who sends one of a topic's later records: its name."""
    first, *others = (record.__name__ for record in carried)
    try:
        if named is not None or not others or _read_name(value).type is not None:
            return ""
    except ValueError:
        return ""
    return f" Without a member `type` it was read as {first}; name {' or '.join(others)}."


def _refusal(error: str, hint: str) -> BadRecord:
    sentence = f"{_excerpt(error)}; send the object as its schema says.{hint}"
    if error.endswith("`$.type`"):
        return BadRecord(
            BadRecordCode.UNKNOWN_RECORD,
            f"The topic does not carry what member `type` names: {sentence}",
        )
    if error.startswith("Invalid enum value"):
        return BadRecord(BadRecordCode.UNKNOWN_SYMBOL, sentence)
    if _MISSING_ID.search(error):
        return BadRecord(BadRecordCode.MISSING_ID, sentence)
    return BadRecord(BadRecordCode.WRONG_TYPE, sentence)


def _excerpt(text: str) -> str:
    return text if len(text) <= _LONGEST_EXCERPT else text[:_LONGEST_EXCERPT] + "..."
