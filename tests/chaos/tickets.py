"""The tickets worker itself as the workload of a drill.

Conversations are the demo's, at a steady rate by the wall clock, while their own time runs as fast
as the rate makes it: timers fire by the records' times, as in a replay.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schemas.codec import Codec
from streams.admin.topics import Topics, wanted_topics
from streams.agents.accounts import PROFILES_TOPIC
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS
from streams.demo.input import events, moved, profiles
from streams.engine import Connection
from streams.history.files import SYNTHETIC_START, time_of
from streams.history.playing import Player
from streams.policies.local import policy_of, route_names
from streams.settings import Settings
from tests.chaos.feed import Fed
from tests.chaos.replayed import compare
from tests.chaos.verdict import Verdict

PARTITIONS = 6


class Tickets:
    """Needs a broker without Baton's topics. `extra` is added to the workers' environment."""

    arguments: Sequence[str] = ("-m", "streams.cli.main", "worker", "--agents", "tickets")
    group = "baton-tickets"
    sources: Sequence[str] = (CONVERSATIONS,)
    watched = "support.decisions"

    def __init__(self, bootstrap: str, rate: int, **extra: str) -> None:
        self.rate = rate
        self._bootstrap = bootstrap
        self._extra = extra
        self._codec = Codec()
        self._policy = policy_of(Settings())
        self._profiles = {profile.account_id: profile for profile in profiles()}
        self._topics = wanted_topics(route_names(self._policy), dev=True, partitions=PARTITIONS)

    def prepare(self) -> None:
        topics = Topics(Connection(self._bootstrap))
        topics.apply(topics.plan(self._topics))
        player = Player(Connection(self._bootstrap), self._codec)
        for profile in self._profiles.values():
            player.send(profile, profile.updated_at)
        player.flush()

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        return {
            "BATON_BOOTSTRAP_SERVERS": self._bootstrap,
            "BATON_DATA_DIR": str(data),
            "BATON_WORKER_ID": worker,
            "BATON_REPLICATION": "1",
            "BATON_CLOCK": "records",
            **self._extra,
        }

    def records(self) -> Iterator[Fed]:
        for event in events():
            event = moved(event, SYNTHETIC_START, "")
            encoded = self._codec.encode(event)
            yield Fed(encoded.key, encoded.value or b"", encoded.headers, time_of(event))

    def settled(self) -> bool:
        return True  # only records make timers fire

    def verify(self) -> Verdict:
        decider = Decider(self._policy, self._profiles.get)
        names = {topic.name for topic in self._topics} - {CONVERSATIONS, PROFILES_TOPIC}
        return compare(self._bootstrap, decider, names)
