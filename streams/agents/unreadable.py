"""Records of replicated topics that cannot be read: they go to the dead letters, too."""

from collections import deque
from typing import Final

from schemas.codec import BadRecord, BadRecordCode, Codec
from schemas.records import Record
from streams.agents.inbox import Inbox, refuse_newer
from streams.engine import Batch, SourceRecord

MOST_KEPT: Final = 1_000
"""Records that wait for the next batch; of more, the oldest are only in their topic."""


class Unreadable:
    """Takes such records from the threads of the copies and writes their letters with a batch.

    Each worker has copies, so each writes the same letter; its id is the record's place.
    """

    def __init__(self, agent: str, codec: Codec) -> None:
        self._inbox: Inbox[Record] = Inbox(agent, codec, (Record,))
        self._waiting: deque[SourceRecord] = deque(maxlen=MOST_KEPT)

    def add(self, record: SourceRecord) -> None:
        """Keep a record for the next batch."""
        self._waiting.append(record)

    def tell(self, batch: Batch) -> None:
        """Write the letters of all that wait. Raises `NewerRelease`."""
        while self._waiting:
            record = self._waiting.popleft()
            code, sentence = self._cause(record)
            refuse_newer(record, code, sentence)
            self._inbox.set_aside(batch, record, code, sentence)

    def _cause(self, record: SourceRecord) -> tuple[str, str]:
        try:
            found = self._inbox.codec.decode(record.topic, record.value)
        except BadRecord as bad:
            return bad.code, str(bad)
        sentence = f"{type(found).__name__} does not belong on {record.topic}"
        return BadRecordCode.UNKNOWN_RECORD, sentence
