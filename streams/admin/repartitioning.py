"""Moves a stopped Baton to topics with another number of partitions, under another prefix.

Nothing is changed under the old prefix: going back is setting it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from schemas.topic_table import ROUTE_PREFIX
from schemas.topics import TOPICS, partition_of
from streams.admin.topics import Topics, wanted_topics
from streams.codec import codec_of
from streams.engine import check_at_rest, read_to_end, repartition
from streams.errors import BrokerError, ConfigError
from streams.history.playing import Player
from streams.kinds import AGENTS, engine_config
from streams.policies.local import policy_of, route_names
from streams.reading import routes_on
from streams.security import connection_of
from streams.settings import Settings


@dataclass(frozen=True)
class Carried:
    """A topic, as the broker calls the new one, or an agent's state that has been carried over."""

    what: str
    records: int


def carry_over(settings: Settings, prefix: str, partitions: int, *, dev: bool) -> Iterator[Carried]:
    """Make the topics, then copy what compacted topics hold and the state of every agent.

    Raises `ConfigError`, `BrokerError`, and what `engine.repartition` raises.
    """
    if prefix == settings.topic_prefix:
        raise ConfigError("the new topics need another prefix than the old ones have")
    new = replace(settings, topic_prefix=prefix)
    topics = Topics(connection_of(new))
    # Those of a published policy, too.
    there = (one.removeprefix(ROUTE_PREFIX) for one in routes_on(connection_of(settings)))
    routes = dict.fromkeys((*route_names(policy_of(settings)), *there))
    wanted = wanted_topics(routes, dev=dev, partitions=partitions)
    if topics.describe(topic.name for topic in wanted):
        raise BrokerError(f"there are topics with the prefix {prefix!r} already: take another one")
    for name in AGENTS:
        # Whoever has to stop something first can then run this again with the same prefix.
        check_at_rest(engine_config(name, settings))
    topics.apply(topics.plan(wanted))
    for name, kind in AGENTS.items():
        old_config, new_config = engine_config(name, settings), engine_config(name, new)
        records = repartition(old_config, new_config, kind.source_key, partition_of)
        yield Carried(f"state of {name}", records)
    for topic in TOPICS.values():
        if topic.compacted:
            copied = _copy(settings, new, topic.name)
            yield Carried(connection_of(new).topic(topic.name), copied)


def _copy(old: Settings, new: Settings, topic: str) -> int:
    config, records = engine_config(next(iter(AGENTS)), old), 0
    player = Player(connection_of(new), codec_of(new))
    for message in read_to_end(config, [config.connection.topic(topic)]):
        headers, timestamp = message.headers() or [], message.timestamp()[1]
        player.produce(topic, message.key(), message.value(), headers, timestamp)
        records += 1
    player.flush()
    return records
