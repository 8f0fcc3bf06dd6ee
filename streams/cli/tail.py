"""`baton tail`: follows topics, readable or as JSON."""

import click
import msgspec
from rich.console import Console

from schemas.topics import FAMILY, TOPICS
from streams.codec import codec_of
from streams.console.lines import line_of
from streams.reading import Follower, Seen, routes_on
from streams.security import connection_of
from streams.settings import Settings, load_settings

SHOWN = ("support.decisions", "support.reviews", "support.anomalies", "support.dead-letters")


@click.command(epilog="Example: baton tail support.decisions --from-start --json")
@click.argument("topics", nargs=-1)
@click.option("--from-start", is_flag=True, help="Begin with the oldest record, not the next.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record.")
@click.option("--until-end", is_flag=True, help="Stop at the end instead of waiting for more.")
def command(topics: tuple[str, ...], from_start: bool, as_json: bool, until_end: bool) -> None:
    """Follow TOPICS as they are written; only committed records are shown.

    Without TOPICS: decisions, reviews, escalations of every route, anomalies and dead letters. The
    prefix `support.` may be left out.
    """
    settings = load_settings()
    wanted = [_full_name(topic) for topic in topics] or _default(settings)
    console = Console(soft_wrap=True)
    codec = codec_of(settings)
    with Follower(connection_of(settings), codec, wanted, from_start=from_start) as follower:
        for seen in follower.to_end() if until_end else follower.follow():
            if as_json:
                click.echo(as_json_line(seen))
            else:
                console.print(line_of(seen), highlight=False)


def as_json_line(seen: Seen) -> bytes:
    """A record with its place, for machines."""
    return msgspec.json.encode(seen)


def _full_name(topic: str) -> str:
    return topic if topic.startswith(FAMILY) else FAMILY + topic


def _default(settings: Settings) -> list[str]:
    return [topic for topic in TOPICS if topic in SHOWN] + routes_on(connection_of(settings))
