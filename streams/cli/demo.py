"""`baton demo`: watch Baton decide, with nothing installed beside it."""

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import msgspec
from rich.console import Console
from rich.live import Live

from schemas.records import ConversationMessage
from schemas.topics import TOPICS, route_topic
from streams.codec import codec_of
from streams.console.lines import life_of, moment
from streams.console.live import screen
from streams.console.tally import Tally
from streams.demo.input import events, moved, profiles
from streams.demo.stage import Stage, stage
from streams.embedded import KEPT_BYTES
from streams.history.files import time_of
from streams.history.playing import Player
from streams.policies.local import policy_of, route_names
from streams.reading import Follower, Seen
from streams.security import connection_of

WATCHED = (
    "support.conversations",
    "support.decisions",
    "support.reviews",
    "support.anomalies",
    "support.dead-letters",
)
REFRESH = 0.25
QUIET = 0.5
"""Seconds without a record after which none is thought to be on its way."""


@click.command(epilog="Example: baton demo --seconds 20")
@click.option("--seconds", type=click.FloatRange(1), help="End by itself after this time.")
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 120),
    default=30.0,
    show_default=True,
    help="How many times faster than the clock the morning passes.",
)
def command(seconds: float | None, speed: float) -> None:
    """Play a morning of support conversations and watch what Baton decides.

    Starts an embedded broker and the real workers, plays 53 written conversations, ordinary traffic
    around them and an outage that 40 accounts report, and shows tickets, escalations and anomalies
    as they come. Ends with Ctrl-C, SIGTERM or after --seconds, with a line for each anomaly and a
    summary in JSON as its last line.
    """  # fmt: skip
    screen_console = Console(stderr=False)
    signal.signal(signal.SIGTERM, _told)
    click.echo("starting the embedded broker and three workers ...", err=True)
    with stage(speed) as running:
        tally, stop = Tally(), threading.Event()
        player = threading.Thread(target=_play, args=(running, tally, stop), daemon=True)
        watcher = _Watcher(running, tally)
        player.start()
        try:
            with _shown(screen_console) as live:
                _watch(running, watcher, live, seconds)
        except (KeyboardInterrupt, SystemExit):
            pass
        finally:
            stop.set()
        player.join(5)
        watcher.drain()
    for anomaly in tally.anomalies.values():
        click.echo(life_of(anomaly))
    click.echo(msgspec.json.encode(tally.summary()))


def _told(number: int, frame: FrameType | None) -> None:
    """End in order: broker, workers and folder must go, and the terminal must be given back."""
    sys.exit(0)


class _Watcher:
    """Reads what the platform and Baton write, and counts it."""

    def __init__(self, running: Stage, tally: Tally) -> None:
        settings = running.settings
        routes = [route_topic(route) for route in route_names(policy_of(settings))]
        self.tally = tally
        self._follower = Follower(
            connection_of(settings),
            codec_of(settings),
            [topic for topic in TOPICS if topic in WATCHED] + routes,
            from_start=True,
        )
        self._offsets: Counter[tuple[str, int]] = Counter()

    def poll(self, timeout: float) -> list[Seen]:
        """Count what has come."""
        seen = self._follower.poll(timeout)
        self.tally.take(item.record for item in seen)
        return seen

    def drain(self, seconds: float = 3.0) -> None:
        """Count what is still on its way."""
        now = last = time.monotonic()
        limit = now + seconds
        while now < min(limit, last + QUIET):
            last = now if self.poll(0.1) else last
            now = time.monotonic()
        self._follower.close()


def _watch(running: Stage, watcher: _Watcher, live: Live | None, seconds: float | None) -> None:
    started = drawn = time.monotonic()
    while seconds is None or time.monotonic() - started < seconds:
        watcher.poll(0.1)
        if time.monotonic() - drawn < REFRESH:
            continue
        drawn = time.monotonic()
        running.check()
        if live is not None:
            clock = f"Monday {moment(running.clock())}, {running.clock.speed:g} times as fast"
            live.update(screen(watcher.tally, clock, _note()), refresh=True)


def _note() -> str:
    return (
        "Ctrl-C ends the demo. The embedded broker keeps the last "
        f"{KEPT_BYTES >> 20} MiB of a partition and drops what is older."
    )


@contextmanager
def _shown(console: Console) -> Iterator[Live | None]:
    """A live screen on a terminal; nothing where the output goes elsewhere."""
    if not sys.stdout.isatty():
        yield None
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield live


def _play(running: Stage, tally: Tally, stop: threading.Event) -> None:
    player = Player(connection_of(running.settings), codec_of(running.settings))
    clock = running.clock
    for profile in profiles():
        player.send(profile, clock())
    begin = clock()
    for event in events():
        event = moved(event, begin, "")
        while not stop.is_set() and clock() < time_of(event):
            player.wait(min(0.05, (time_of(event) - clock()) / 1000 / clock.speed))
        if stop.is_set():
            break
        if isinstance(event, ConversationMessage):
            tally.latencies.sent(event.message_id)
        player.send(event, time_of(event))
    player.flush(5)
