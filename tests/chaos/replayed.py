"""Compares what the tickets workers wrote with `baton replay` of the topic they read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from schemas.codec import Codec
from schemas.records import ConversationMessage, TicketUpdate
from schemas.topics import find_topic
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS
from streams.history.files import Event, time_of
from streams.history.replaying import Replay
from tests.chaos.reading import partitions_of, read
from tests.chaos.verdict import Verdict


class Said(NamedTuple):
    """A record of an output: whose it is, and what it says; None is a tombstone."""

    key: bytes
    ticket: str | None
    text: str | None


def compare(bootstrap: str, decider: Decider, outputs: Iterable[str]) -> Verdict:
    """Compare every record of the output topics with what a replay of the conversations gives."""
    verdict, codec = Verdict(), Codec()
    expected: dict[str, list[Said]] = defaultdict(list)
    numbers = partitions_of(bootstrap, CONVERSATIONS)
    for record in Replay(decider, len(numbers)).run(_history(bootstrap, codec, numbers, verdict)):
        output = codec.encode(record)
        expected[output.topic].append(_said(codec, output.topic, output.key, output.value))
    for topic in outputs:
        found = [_said(codec, topic, m.key(), m.value()) for m in read(bootstrap, topic)]
        _compare(verdict, topic, expected[topic], found)
    return verdict


def _history(
    bootstrap: str, codec: Codec, numbers: Iterable[int], verdict: Verdict
) -> Iterator[Event]:
    """The topic, partition by partition: a replay keeps them apart as the workers do."""
    reading = (read(bootstrap, CONVERSATIONS, partitions=[number]) for number in numbers)
    for message in chain.from_iterable(reading):
        verdict.messages += 1
        timestamp = message.timestamp()[1]
        event = codec.decode(CONVERSATIONS, message.value(), message.headers(), timestamp)
        assert isinstance(event, ConversationMessage | TicketUpdate)
        assert time_of(event) == timestamp
        yield event


def _said(codec: Codec, topic: str, key: bytes, value: bytes | None) -> Said:
    if value is None:
        return Said(key, None, None)
    record = codec.decode(topic, value)
    # Not the bytes: a field that has its default may be written or not.
    return Said(key, getattr(record, "ticket_id", None), repr(record))


def _compare(verdict: Verdict, topic: str, expected: Sequence[Said], found: Sequence[Said]) -> None:
    described = find_topic(topic)
    if described is not None and described.compacted:
        # Only the last value of a key is sure to be there still.
        verdict.compare_states(topic, _last(expected), _last(found))
        return
    # Ticket by ticket: what several partitions write for one key has no order.
    theirs, ours = _by_ticket(expected), _by_ticket(found)
    for ticket in theirs.keys() | ours.keys():
        verdict.compare_values(f"{topic} of {ticket!r}", theirs[ticket], ours[ticket])


def _last(said: Iterable[Said]) -> dict[bytes, str]:
    texts = {one.key: one.text for one in said}
    return {key: text for key, text in texts.items() if text is not None}


def _by_ticket(said: Iterable[Said]) -> dict[str | bytes, list[Said]]:
    found: dict[str | bytes, list[Said]] = defaultdict(list)
    for one in said:
        found[one.ticket or one.key].append(one)
    return found
