"""How far what fires binds: for which tickets, by trigger, segment and route."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, NamedTuple

from schemas.records import Mode
from streams.core.policy.modes import Binding, Modes
from streams.core.reasons import NEVER_RELAXED, Code

ALWAYS_BIND: Final = frozenset(
    (
        *NEVER_RELAXED,
        Code.AI_STOPPED,
        Code.HUMAN_TAKEOVER,
        Code.GATE_TIMEOUT,
        Code.REVIEW_UNANSWERED,
        Code.REVIEW_REJECTED,
        Code.INTERNAL_ERROR,
    )
)
"""What may never be relaxed, and what has happened already: no mode takes their effect away."""

_STRICTNESS: Final = {Mode.SHADOW: 0, Mode.ADVISE: 1, Mode.ENFORCE: 2}


class Bindings(NamedTuple):
    """The modes of a policy for one ticket, which lies at `share` (0-99) of all tickets."""

    mode: Mode
    modes: Modes
    share: int

    def of_reason(self, code: str, segment: str) -> Mode:
        """The weakest of the policy's, a trigger's and a segment's mode."""
        by_trigger = self._of(self.modes.triggers, code)
        by_segment = self._of(self.modes.segments, segment)
        return min(self.mode, by_trigger, by_segment, key=_STRICTNESS.__getitem__)

    def of_route(self, route: str) -> Mode:
        """The mode of what goes to a route."""
        return self._of(self.modes.routes, route)

    def _of(self, bindings: Mapping[str, Binding], name: str) -> Mode:
        binding = bindings.get(name)
        if binding is None:
            return Mode.ENFORCE
        return binding.mode if self.share < binding.percent else Mode.SHADOW


def share_of(ticket_id: str) -> int:
    """Where a ticket lies among all, 0-99: always the same, and evenly spread (BLAKE2b)."""
    digest = blake2b(ticket_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100
