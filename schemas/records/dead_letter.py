"""A record that could not be handled, kept so that it can be mended and replayed."""

from schemas.records.base import Millis, Part, Record


class Header(Part, frozen=True):
    """A Kafka header of the original record."""

    name: str
    value: bytes | None = None


class DeadLetter(Record, frozen=True):
    """The original bytes of a record, where it was, and what is wrong with it."""

    dead_letter_id: str
    topic: str
    partition: int
    offset: int
    error_code: str
    error: str
    failed_at: Millis
    agent: str
    recorded_at: Millis | None = None
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()
    ticket_id: str | None = None
    value_size: int | None = None
