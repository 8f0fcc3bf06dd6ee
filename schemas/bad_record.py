"""What can be wrong with a record."""

from enum import StrEnum


class BadRecordCode(StrEnum):
    """Why a record cannot be handled; the error code of its dead letter."""

    EMPTY = "empty"
    """It has no value, on a topic where that says nothing."""
    NOT_DECODABLE = "not_decodable"
    """Its bytes are neither JSON nor Avro in the Confluent wire format."""
    TOO_DEEP = "too_deep"
    """It is nested deeper than any record is."""
    UNKNOWN_TOPIC = "unknown_topic"
    """Its topic is none of Baton's."""
    UNKNOWN_RECORD = "unknown_record"
    """It names a record type that its topic does not carry."""
    WRONG_TYPE = "wrong_type"
    """A field is missing or has a value of another type."""
    MISSING_ID = "missing_id"
    """An id that it must have is empty."""
    ID_TOO_LONG = "id_too_long"
    """An id is longer than an id may be."""
    INSANE_TIME = "insane_time"
    """A time lies outside any sane range; often it is in seconds or microseconds."""
    INSANE_NUMBER = "insane_number"
    """A number is infinite, not a number, or outside the range its field has."""
    UNKNOWN_SYMBOL = "unknown_symbol"
    """It says `unknown` where its meaning hangs on the word."""
    UNKNOWN_SCHEMA = "unknown_schema"
    """Its schema id is not in the registry, or its schema is not that of a record of the topic."""


class BadRecord(Exception):
    """A record that cannot be handled. Its text says what is wrong and what to do.

    Attributes:
        code: What is wrong, one of `BadRecordCode`.

    """

    def __init__(self, code: BadRecordCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code: str = code.value
