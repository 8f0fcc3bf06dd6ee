"""Forwards alerts to one receiver: reads, tells, and only then moves on."""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from schemas.codec import BadRecord, Codec, RegistryError
from schemas.records import Alert, Millis
from streams.alerts.backoff import Backoff
from streams.alerts.changes import Change, account_key, change_of
from streams.alerts.config import AlertsConfig, Receiver
from streams.alerts.counting import Counts
from streams.alerts.delivery import Answer, Verdict
from streams.alerts.ledger import Ledger
from streams.alerts.receivers import Channel, Request
from streams.alerts.routing import wanted
from streams.alerts.telling import Event, Notice, tell
from streams.engine import SourceRecord
from streams.errors import BrokerError

log = logging.getLogger(__name__)

REFUSED = "refused"
UNDELIVERED = "undelivered"

REFRESH_AGAIN = 5.0
"""Seconds after which open alerts that could not be sent again are tried again, at most."""

DEFAULT_BACKOFF = Backoff()

MOST_REFRESHED = 500
"""Alerts in one request."""


class Forwarder:
    """Tells one receiver what concerns it, in the order of the records.

    An alert that is not taken is tried again and again and holds up those behind it, which the
    receiver would not take either. After `retry_for`, or when the receiver refuses it for good, it
    goes to the dead letters.
    """

    def __init__(
        self,
        receiver: Receiver,
        config: AlertsConfig,
        channel: Channel,
        post: Callable[[Request], Answer],
        ledger: Ledger,
        codec: Codec,
        counts: Counts,
        clock: Callable[[], Millis],
        backoff: Backoff = DEFAULT_BACKOFF,
    ) -> None:
        self._receiver = receiver
        self._config = config
        self._channel = channel
        self._post = post
        self._ledger = ledger
        self._codec = codec
        self._counts = counts
        self._clock = clock
        self._backoff = backoff
        self._refresh_at: Millis = 0
        self._down = False

    def step(self) -> None:
        """Handle the next record, and what is due. Raises `Abandoned`, `BrokerError`."""
        record = self._ledger.take()
        if record is not None:
            change = self._read(record)
            told = change is not None and self._tell(record, change)
            self._ledger.done(record)
            if told:
                self._ledger.commit()
        self._counts.open(len(self._ledger.told))
        self._refresh_when_due()

    def _read(self, record: SourceRecord) -> Change | None:
        if record.value is None:
            return self._erased(record)
        try:
            read = self._codec.decode(
                record.topic, record.value, record.headers, record.timestamp or None
            )
        except BadRecord as bad:
            self._bury(record, bad.code, str(bad))
            return None
        except RegistryError as error:
            raise BrokerError(str(error)) from error
        return change_of(read, self._config)

    def _erased(self, record: SourceRecord) -> Change | None:
        """A tombstone: the account is gone, and with it what was open of it."""
        account = (record.key or b"").decode(errors="replace")
        told = self._ledger.told.get(account_key(account))
        return None if told is None else Change(told, over="erased")

    def _tell(self, record: SourceRecord, change: Change) -> bool:
        """Tell what follows from a change; whether there was anything.

        An end that is not taken leaves the alert open, as it is at the receiver: what is said of it
        next, or the record put back from the dead letters, ends it then. So it is with the word
        that somebody has taken it over.
        """
        key = change.alert.dedup_key
        told = self._ledger.told.get(key)
        routed = wanted(self._config.routes, self._receiver.name, change.alert)
        telling = tell(told, change, wanted=routed)
        known: Alert | None = told
        for notice in telling.notices:
            if not self._deliver(record, notice):
                if known is not None and notice.event is Event.ACKNOWLEDGE:
                    known = replace(known, acknowledged_by=None, news="")
                break
            known = None if notice.event is Event.RESOLVE else notice.alert
        if telling.told is None and self._channel.refresh_every is not None:
            known = None  # What is not sent again ends by itself.
        if telling.notices:
            self._ledger.keep(record, key, known)
        return bool(telling.notices)

    def _deliver(self, record: SourceRecord, notice: Notice) -> bool:
        """Whether the receiver has taken it, at last."""
        began = self._clock()
        with self._counts.waiting(lambda: max(0.0, (self._clock() - began) / 1000)):
            return self._try_on(record, notice, began)

    def _try_on(self, record: SourceRecord, notice: Notice, began: Millis) -> bool:
        attempts = 0
        while True:
            answer = self._attempt(self._channel.request(notice, self._clock()))
            if answer.verdict is Verdict.TAKEN:
                self._counts.delivered(notice.event, (self._clock() - record.timestamp) / 1000)
                return True
            attempts += 1
            waited = self._clock() - began
            if answer.verdict is Verdict.REFUSED:
                self._bury(record, REFUSED, f"refused with {answer.status}: {answer.text}")
                return False
            if waited >= self._receiver.retry_for:
                self._bury(record, UNDELIVERED, f"not taken in {attempts} attempts: {answer.text}")
                return False
            self._wait(self._backoff.wait(attempts, answer.retry_after))

    def _attempt(self, request: Request) -> Answer:
        answer = self._post(request)
        self._counts.answered(answer.verdict)
        down = answer.verdict is Verdict.AGAIN
        if down and not self._down:
            log.warning(
                "receiver %s does not take alerts, trying on: %s %s",
                self._receiver.name, answer.status or "no answer", answer.text,
            )  # fmt: skip
        elif self._down and not down:
            log.info("receiver %s takes alerts again", self._receiver.name)
        self._down = down
        return answer

    def _wait(self, seconds: float) -> None:
        # In steps: a clock that is set must not make it longer.
        while seconds > 0:
            self._ledger.pause(min(seconds, REFRESH_AGAIN))
            seconds -= REFRESH_AGAIN
            self._refresh_when_due()

    def _refresh_when_due(self) -> None:
        """Send open alerts again: also while one of them is not taken.

        The first request that is not taken is the last: each of the rest could take as long, and
        meanwhile the group hears nothing of us.
        """
        every, now = self._channel.refresh_every, self._clock()
        if every is None or not self._ledger.told:
            return
        # One that lies further ahead is of a clock that has been set back since.
        if now < self._refresh_at <= now + 1000 * every:
            return
        taken = True
        alerts = list(self._ledger.told.values())
        for first in range(0, len(alerts), MOST_REFRESHED):
            request = self._channel.refresh(alerts[first : first + MOST_REFRESHED], now)
            taken = request is None or self._attempt(request).verdict is Verdict.TAKEN
            if not taken:
                break
        self._refresh_at = now + int(1000 * (every if taken else min(every, REFRESH_AGAIN)))

    def _bury(self, record: SourceRecord, code: str, sentence: str) -> None:
        name = self._receiver.name
        letter = self._ledger.bury(record, code, f"receiver {name}: {sentence}", self._clock())
        self._counts.buried(code)
        log.warning(
            "an alert for receiver %s is in the dead letters, as %s: %s", name, letter, sentence
        )
