"""How far the policy binds, and where the AI is switched off."""

from typing import Annotated

import msgspec

from schemas.records import Mode
from streams.core.policy.section import Section


class Binding(Section, frozen=True):
    """How far something binds: obeyed (`enforce`), shown (`advise`) or only recorded (`shadow`).

    `percent` of the tickets have the mode, always the same ones; the others have shadow.
    """

    mode: Mode
    percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100


class Modes(Section, frozen=True):
    """Where triggers, segments or routes bind less than the policy as a whole: the weakest counts.

    Safety, security and legal matters always bind, and so does what has happened already.
    """

    triggers: dict[str, Binding] = {}
    segments: dict[str, Binding] = {}
    routes: dict[str, Binding] = {}


class Stopped(Section, frozen=True):
    """Where the AI is switched off: every customer message there goes to a person.

    A route stands for what would go there, for its category, a reason or a team's rule.
    """

    everywhere: bool = False
    routes: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def covers(self, other: "Stopped") -> bool:
        """Whether the AI is off here wherever the other one has it off."""
        return self.everywhere or (
            not other.everywhere
            and {*other.routes} <= {*self.routes}
            and {*other.segments} <= {*self.segments}
            and {*other.categories} <= {*self.categories}
        )
