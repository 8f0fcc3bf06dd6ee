"""One attempt to tell a receiver, and what its answer means."""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from queue import Empty, SimpleQueue

import httpx
import msgspec

from streams.alerts.receivers import Request
from streams.alerts.secrets import hide
from streams.alerts.text import clip

SHOWN = 200
"""Characters of an answer that are shown."""

WAITS = 3
"""Timeouts that an attempt may take in all: to connect, for an answer, and for what it says."""

READ = 4_096
"""Bytes of an answer that are read."""

ABOUT_THE_RECEIVER = frozenset(
    {401, 402, 403, 404, 405, 407, 408, 409, 410, 421, 423, 425, 426, 429}
)
"""Refusals that say nothing of the alert: another key, address or time would have it taken."""

# They log whole URLs, which can be secrets.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Verdict(StrEnum):
    """What became of an attempt."""

    TAKEN = "taken"
    AGAIN = "again"
    REFUSED = "refused"


class Answer(msgspec.Struct, frozen=True):
    """What a receiver answered. `retry_after` is in seconds, where it asks for patience."""

    verdict: Verdict
    text: str
    status: int | None = None
    retry_after: float = 0.0


def verdict_of(status: int) -> Verdict:
    """2xx is taken. A 4xx that is about the alert would be so for ever; all else may change."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    if 400 <= status < 500 and status not in ABOUT_THE_RECEIVER:
        return Verdict.REFUSED
    return Verdict.AGAIN


class Sender:
    """Posts to one receiver. `timeout` is in seconds. Never raises for what a receiver does."""

    def __init__(self, timeout: float, secrets: Sequence[str]) -> None:
        self._timeout = timeout
        self._secrets = secrets
        self._client = self._new_client()

    def post(self, request: Request) -> Answer:
        """One attempt.

        The client's timeout begins anew with each byte, so who answers drop by drop would never be
        done: after `WAITS` times as long it counts as no answer.
        """
        answers: SimpleQueue[Answer] = SimpleQueue()
        # A daemon, so that a program that ends does not wait for it.
        threading.Thread(target=lambda: answers.put(self._attempt(request)), daemon=True).start()
        try:
            return answers.get(timeout=WAITS * self._timeout)
        except Empty:
            self.close()
            self._client = self._new_client()
            return Answer(Verdict.AGAIN, "no whole answer in time")

    def close(self) -> None:
        """Close its connections; an attempt that is under way ends by that."""
        self._client.close()

    def _new_client(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, headers={"User-Agent": "baton-alerts"})

    def _attempt(self, request: Request) -> Answer:
        headers = {"Content-Type": "application/json", **request.headers}
        try:
            with self._client.stream(
                "POST", request.url, content=request.body, headers=headers
            ) as response:
                status, after = response.status_code, response.headers.get("Retry-After", "")
                text = self._shown(self._beginning(response))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
            return Answer(Verdict.AGAIN, self._shown(f"{type(error).__name__}: {error}"))
        return Answer(verdict_of(status), text, status, patience(after))

    def _beginning(self, response: httpx.Response) -> str:
        """What the answer begins with. Its status counts even when the rest does not come."""
        found, limit = b"", time.monotonic() + self._timeout
        try:
            for part in response.iter_bytes(READ):
                found += part
                if len(found) >= READ or time.monotonic() > limit:
                    break
        except httpx.HTTPError:
            pass
        return found[:READ].decode(errors="replace")

    def _shown(self, text: str) -> str:
        line = " ".join(hide(text, self._secrets).split())
        return clip("".join(c if c.isprintable() else "?" for c in line), SHOWN)


def patience(header: str, now: datetime | None = None) -> float:
    """The seconds that a `Retry-After` asks for (RFC 9110, 10.2.3); 0 where it asks for none."""
    if header.isascii() and header.isdigit():
        return float(header[:6])
    try:
        asked = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return 0.0
    if asked.tzinfo is None:
        asked = asked.replace(tzinfo=UTC)
    return max(0.0, (asked - (now or datetime.now(UTC))).total_seconds())
