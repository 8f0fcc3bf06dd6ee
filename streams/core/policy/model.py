"""The policy as typed records: what a support organisation decides for itself.

A policy is whole: what it says, with what it is based on, is all that applies. Each part has the
file that is named for it.
"""

from schemas.records import Mode
from streams.core.policy.anomalies import AnomalyPolicy
from streams.core.policy.calendar import Calendar
from streams.core.policy.clocks import Reviews, Sla
from streams.core.policy.modes import Modes, Stopped
from streams.core.policy.package import Package
from streams.core.policy.privacy import Privacy
from streams.core.policy.retention import Retention
from streams.core.policy.routes import Escalations, Overload, Route
from streams.core.policy.section import Section
from streams.core.policy.segments import Outreach, Segment
from streams.core.policy.team_rules import TeamRule
from streams.core.policy.triggers import Triggers
from streams.core.policy.values import Language, Name, Version


# Equal only to itself, so that what it implies is worked out once: see `plan_of`.
class Policy(Section, frozen=True, eq=False):
    """Everything a decision depends on besides the record, the ticket and the account."""

    name: Name
    version: Version
    mode: Mode
    language: Language
    triggers: Triggers
    segments: tuple[Segment, ...]
    routes: tuple[Route, ...]
    calendars: dict[str, Calendar]
    sla: Sla
    reviews: Reviews
    escalations: Escalations
    overload: Overload
    retention: Retention
    package: Package
    rules: tuple[TeamRule, ...] = ()
    modes: Modes = Modes()
    stopped: Stopped = Stopped()
    privacy: Privacy = Privacy()
    outreach: Outreach = Outreach()
    anomalies: AnomalyPolicy = AnomalyPolicy()

    @property
    def reference(self) -> str:
        """The version as decisions name it: `name@version`."""
        return f"{self.name}@{self.version}"
