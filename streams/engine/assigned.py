"""Which of the partitions that the group gives to a worker are its to work on."""

import logging
from collections.abc import Sequence, Set

from faust.types import TP

log = logging.getLogger(__name__)


def whole(assigned: Set[TP], sources: Sequence[str]) -> set[int]:
    """The numbers of the partitions of which all sources were given to us.

    Where a release reads other sources than the one before, the group may give the sources of a
    partition to two workers. The one that reads fewer has all of its own: the state is its. Where
    both read more nobody's is it, until the last that reads fewer is gone. Releases have a source
    in common, or there would be two who have all.
    """
    numbers = {tp.partition for tp in assigned}
    ours = {n for n in numbers if all(TP(topic, n) in assigned for topic in sources)}
    if ours != numbers:
        log.warning(
            "partitions %s are left to a worker that reads other topics", sorted(numbers - ours)
        )
    return ours
