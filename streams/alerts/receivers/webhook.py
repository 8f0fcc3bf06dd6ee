"""A signed webhook: `docs/alerts.md` tells how a receiver verifies it."""

import hashlib
import hmac

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.receivers.channel import Channel, Request
from streams.alerts.secrets import parts_of
from streams.alerts.telling import Event, Notice

TIMESTAMP = "Baton-Timestamp"
SIGNATURE = "Baton-Signature"


class Envelope(msgspec.Struct, frozen=True):
    """The body of the request."""

    event: Event
    dedup_key: str
    sent_at: Millis
    alert: Alert


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of the time stamp, a dot and the body, in hexadecimal digits."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class WebhookChannel(Channel):
    """One HTTP server that shares a secret."""

    def __init__(self, url: str, secret: str) -> None:
        self.secrets = (secret, *parts_of(url))
        self._url = url
        self._secret = secret

    def request(self, notice: Notice, now: Millis) -> Request:
        """The event, signed at `now`: a repeated one is signed anew."""
        alert = notice.alert
        body = msgspec.json.encode(Envelope(notice.event, alert.dedup_key, now, alert))
        timestamp = str(now // 1000)
        headers = {
            TIMESTAMP: timestamp,
            SIGNATURE: f"sha256={signature(self._secret, timestamp, body)}",
        }
        return Request(str(self._url), body, headers)
