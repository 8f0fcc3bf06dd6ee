"""Groups of accounts, and what they are promised."""

from streams.core.policy.duration import Duration
from streams.core.policy.section import Section
from streams.core.policy.values import ByChannel, Name, Phrase, Share, Value, Word


class Segment(Section, frozen=True):
    """A group of accounts: the first whose any condition holds is the account's.

    `sensitivity` multiplies the thresholds of signals; `open_time` is the trigger's limit. Targets
    of clocks go by `calendar`, or by the channel's.
    """

    name: Name
    sensitivity: Share
    open_time: ByChannel
    first_response: Duration | None
    next_response: Duration | None = None
    resolution: Duration | None = None
    calendar: str | None = None
    page_on_call: bool = False
    vip: bool = False
    churn_flag: bool = False
    contract_value: Value | None = None
    tiers: tuple[Word, ...] = ()


class Outreach(Section, frozen=True):
    """Who reaches out to accounts at risk, by segment; else the one the account's profile names."""

    owners: dict[str, Phrase] = {}
