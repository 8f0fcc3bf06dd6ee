"""`baton demo` in simulated time: what it is meant to show is what it shows."""

import json
import re

import pytest

from tests.cli.test_commands import baton

LIFE = re.compile(
    r"anomaly payments: .*: 40 accounts, first report ([0-9:]{8}), opened ([0-9:]{8}),"
    r" (\d+) records, resolved [0-9:]{8} with (\d+) accounts and \d+ tickets to be told"
)


def test_forty_minutes_of_the_demo_have_one_anomaly_that_opens_grows_and_ends_and_nothing_else(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever is set for a broker of one's own.
    monkeypatch.setenv("BATON_SECURITY_PROTOCOL", "sasl_ssl")
    monkeypatch.setenv("BATON_TOPIC_PREFIX", "acme.")
    # Faster, and what a busy machine holds up for seconds would be too many minutes late.
    code, said, complaint = baton(capfd, "demo", "--seconds", "80", "--speed", "30")
    assert code == 0, complaint
    life, last = said
    told = LIFE.fullmatch(life)
    assert told is not None, life
    reported, opened = map(_seconds, told.groups()[:2])
    assert 0 < opened - reported < 180
    assert int(told[3]) >= 3
    # Where a busy machine has the partitions minutes apart, earlier reports of others are taken for
    # its own: up to three of them were seen.
    assert 40 <= int(told[4]) <= 45, (life, last)
    summary = json.loads(last)
    assert summary["anomalies"] == 1
    assert summary["messages"] >= summary["decisions"] > 1_000
    assert sum(summary["escalations"].values()) > 10
    assert summary["dead_letters"] == 0
    assert summary["p99_ms"] > 0
    assert list(summary) == [
        "messages", "decisions", "escalations", "reviews", "anomalies", "dead_letters", "p99_ms",
    ]  # fmt: skip


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3_600 + minutes * 60 + seconds
