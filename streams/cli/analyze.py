"""`baton analyze`: what the detectors say of texts."""

import sys
from collections.abc import Iterator
from typing import IO, Any

import click
import msgspec

from detectors import Signals
from streams.agents.text import shorten
from streams.core.policy import Policy
from streams.errors import InputError
from streams.policies.local import policy_of
from streams.readers import reader_of
from streams.settings import load_settings

CHUNK = 256
PROBABILITIES = (
    "negative",
    "billing",
    "billing_dispute",
    "security",
    "legal_compliance",
    "technical",
    "human_request",
    "urgency",
    "safety",
    "ai_failed",
    "thanks",
)


class Line(msgspec.Struct):
    """A line of input; whatever else it holds is ignored."""

    text: str


@click.command(epilog='Example: echo \'{"text": "I was charged twice"}\' | baton analyze')
@click.argument("file", type=click.File("rb"), default="-")
def command(file: IO[bytes]) -> None:
    """Print every signal of each text of FILE, or of standard input.

    Reads JSON lines with a `text` field and prints JSON lines in the same order: each signal 0-1,
    `complexity`, `category`, `fingerprint`, and `fired`, those past the policy's threshold.
    Empty lines are passed over, and of a text longer than 64 KiB only the ends are read, as by a
    worker. At a line that cannot be read it ends, with what it read before.
    """
    settings = load_settings()
    policy, reader = policy_of(settings), reader_of(settings)
    for chunk in _chunks(file):
        lines = (msgspec.json.encode(describe(read, policy)) for read in reader.read(chunk))
        sys.stdout.buffer.write(b"\n".join(lines) + b"\n")
        sys.stdout.buffer.flush()


def _chunks(file: IO[bytes]) -> Iterator[list[str]]:
    """Texts some at a time; what came before a line that cannot be read is handed on first."""
    chunk: list[str] = []
    try:
        for text in _texts(file):
            chunk.append(text)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    except InputError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _texts(file: IO[bytes]) -> Iterator[str]:
    decode = msgspec.json.Decoder(Line).decode
    for number, line in enumerate(file, 1):
        try:
            if line.strip():
                yield shorten(decode(line).text)[0]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"{file.name}, line {number}: {error}") from error


def describe(signals: Signals, policy: Policy) -> dict[str, Any]:
    """The signals of a text as `baton analyze` prints them."""
    found: dict[str, Any] = {name: round(getattr(signals, name).score, 4) for name in PROBABILITIES}
    fingerprint = signals.fingerprint
    return found | {
        "complexity": signals.complexity,
        "category": signals.category,
        "language": signals.language,
        "unreadable": signals.unreadable,
        "fingerprint": None if fingerprint is None else fingerprint.id,
        "entities": [{"kind": item.kind, "value": item.value} for item in signals.entities],
        "fired": fired(signals, policy),
    }


def fired(signals: Signals, policy: Policy) -> list[str]:
    """The codes whose signal is past the policy's threshold, judged by this text alone."""
    lines = thresholds(policy)
    codes = [name for name, line in lines.items() if getattr(signals, name).score >= line]
    if signals.complexity >= policy.triggers.complex_troubleshooting.review_from:
        codes.append("complexity")
    if signals.unreadable:
        codes.append("unreadable")
    return codes


def thresholds(policy: Policy) -> dict[str, float]:
    """From which score on each signal fires, by its name."""
    triggers = policy.triggers
    return {
        "negative": triggers.negative_sentiment.threshold,
        "billing": triggers.billing.threshold,
        "billing_dispute": triggers.billing.dispute_threshold,
        "security": triggers.security.threshold,
        "legal_compliance": triggers.legal_compliance.threshold,
        "technical": triggers.high_stakes_account.problem_threshold,
        "human_request": triggers.human_request.threshold,
        "urgency": triggers.urgency.threshold,
        "safety": triggers.safety.threshold,
        "ai_failed": triggers.ai_gave_up.threshold,
    }
