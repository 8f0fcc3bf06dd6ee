"""What the workloads share whose workers run on the engine alone, without anything of support."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.names import Names
from tests.patience import PATIENCE

PARTITIONS = 6
KEYS = 1_000


class OnEngine:
    """Names, topics and environment of such workers; `extra` is added to their environment."""

    def __init__(self, bootstrap: str, group: str, rate: int, **extra: str) -> None:
        self.names = Names(group)
        self.group = group
        self.watched = self.names.answers
        self.rate = rate
        self._extra = extra
        self._bootstrap = bootstrap

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        return {
            "BOOTSTRAP": self._bootstrap,
            "GROUP": self.group,
            "WORKER": worker,
            "DATA": str(data),
            **self._extra,
        }

    def _create(self, topics: Sequence[NewTopic]) -> None:
        admin = AdminClient({"bootstrap.servers": self._bootstrap})
        for made in admin.create_topics(list(topics)).values():
            made.result(PATIENCE)
