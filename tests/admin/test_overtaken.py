"""Which dead letters would replace something newer."""

import pytest

from schemas.records import DeadLetter
from streams.admin.overtaken import on_compacted, overtaken
from streams.reading import Seen

HEALTH, SLA = "support.account-health", "support.sla"


def letter(topic: str = HEALTH, partition: int = 3, offset: int = 41) -> DeadLetter:
    return DeadLetter(
        f"{topic}/{partition}/{offset}/pager", topic, partition, offset, "undelivered",
        "Not taken.", 9_000, "alerts", recorded_at=5_000, key=b"acme", value=b"{}",
    )  # fmt: skip


def seen(partition: int = 3, offset: int = 42, timestamp: int = 6_000, key: str = "acme") -> Seen:
    """What lies there, which may be a tombstone."""
    return Seen(HEALTH, partition, offset, timestamp, key, None)


@pytest.mark.parametrize(
    ("lying", "is_overtaken"),
    [
        (seen(), True),
        (seen(offset=41), False),
        (seen(offset=40), False),
        (seen(key="other"), False),
        (seen(partition=1, offset=2), True),
        (seen(partition=1, offset=50, timestamp=4_000), False),
    ],
)
def test_what_a_later_record_of_its_key_has_replaced_is_overtaken(
    lying: Seen, is_overtaken: bool
) -> None:
    one = letter()
    assert overtaken([one], [lying]) == ([one.dead_letter_id] if is_overtaken else [])


def test_only_on_compacted_topics_a_record_replaces_another() -> None:
    assert on_compacted([letter(), letter(SLA), letter(offset=42), letter("of.others")]) == [HEALTH]
