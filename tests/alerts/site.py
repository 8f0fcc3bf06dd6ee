"""`baton alerts` on topics of our own on a real Kafka: for tests."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.codec import Codec
from schemas.records import OpenAlert, Record
from streams.admin.topics import Topics, wanted_topics
from streams.engine import Connection, wall_clock
from streams.history.playing import Player
from streams.reading import Follower
from tests.alerts.limits import check_pagerduty, check_slack
from tests.patience import PATIENCE
from tests.program import Program

SECRETS = {"PD_KEY": "k" * 32, "HOOK_SECRET": "s3cret-of-the-hook", "CHAT_PATH": "T0/R0-secret"}
CHAT = f"/{SECRETS['CHAT_PATH']}"
LIMITS = {"/pd": check_pagerduty, CHAT: check_slack}
"""What a recorder refuses as PagerDuty and Slack would."""


class Site:
    """Topics of our own on a Kafka, and what runs `baton alerts` on them."""

    def __init__(self, bootstrap: str, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.connection = Connection(bootstrap, prefix)
        topics = Topics(self.connection)
        topics.apply(topics.plan(wanted_topics([], dev=True, partitions=2)))
        self._player = Player(self.connection, Codec())
        self.file = folder / "alerts.yaml"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BATON_")},
            **SECRETS,
            "BATON_BOOTSTRAP_SERVERS": bootstrap,
            "BATON_TOPIC_PREFIX": prefix,
            "BATON_GROUP": prefix,
            "BATON_DATA_DIR": str(folder),
            # What was killed is given up soon.
            "BATON_SESSION_TIMEOUT": "1500",
            "BATON_HEARTBEAT_INTERVAL": "300",
            "BATON_ALERTS": str(self.file),
        }

    def write(self, *receivers: str) -> None:
        """An alerts file in which these are told of everything."""
        names = ", ".join(one.split(",")[0].removeprefix("{name: ") for one in receivers)
        self.file.write_text(
            "receivers:\n" + "".join(f"  - {one}\n" for one in receivers)
            + f"routes:\n  - receivers: [{names}]\n"
        )  # fmt: skip

    def say(self, *records: Record) -> None:
        for record in records:
            self._player.send(record, wall_clock())
        self._player.flush()

    def open(self) -> dict[str, str]:
        """What is open by `support.open-alerts`: the news by receiver and key."""
        latest = dict[str, str]()
        with Follower(
            self.connection, Codec(), ["support.open-alerts"], from_start=True
        ) as follower:
            for seen in follower.to_end():
                latest.pop(seen.key, None)
                if isinstance(seen.record, OpenAlert):
                    latest[seen.key] = seen.record.alert.news
        return latest

    @contextmanager
    def alerts(self, *options: str, receivers: int = 1) -> Iterator[Program]:
        """`baton alerts`, once all receivers are ready."""
        log = self.folder / f"log-{time.monotonic_ns()}"
        process = Program(["-m", "streams.cli.main", "alerts", *options], self.environment, log)
        try:
            limit = time.monotonic() + 180
            while log.read_bytes().count(b"ready: receiver") < receivers:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < limit, log.read_text()
                time.sleep(0.05)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0, log.read_text()
            text = log.read_text()
            assert not [secret for secret in SECRETS.values() if secret in text]


def hook(name: str, url: str) -> str:
    return f'{{name: {name}, type: webhook, url: "{url}/{name}", secret: {{env: HOOK_SECRET}}}}'


def alertmanager(url: str, **more: str) -> str:
    """An Alertmanager in the alerts file."""
    fields = {"name": "am", "type": "alertmanager", "url": f'"{url}"', **more}
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


def pagerduty(url: str) -> str:
    """PagerDuty in the alerts file."""
    return f'{{name: pd, type: pagerduty, url: "{url}/pd", routing_key: {{env: PD_KEY}}}}'


def slack(folder: Path, url: str) -> str:
    """A chat in the alerts file, whose address is a secret in a file."""
    file = folder / "slack-url"
    file.write_text(f"{url}{CHAT}")
    return f'{{name: chat, type: slack, url: {{file: "{file}"}}}}'
