"""What the tickets agent and `baton replay` share: an event with all that `decide` needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectors import Reader, Signals
from schemas.records import (
    AccountProfile,
    AccountSnapshot,
    ConversationMessage,
    Escalation,
    Millis,
    TicketUpdate,
    TranscriptEntry,
    UpdateKind,
)
from streams.core.policy import Policy
from streams.core.tickets import Arrival, Event, Handoff, Step, Ticket, complete
from streams.core.tickets import decide as decide_event
from streams.core.tickets import internal_error as give_up

Profiles = Callable[[str], AccountProfile | None]


def no_profiles(account_id: str) -> None:
    """Where no account is known."""


@dataclass(frozen=True)
class Decider:
    """Decides under a policy, with the profiles of accounts where they are known.

    `in_force` gives the policy for a time where policies are published; `policy` always holds where
    none are. `reader` is how texts are read.
    """

    policy: Policy
    profiles: Profiles = no_profiles
    in_force: Callable[[Millis], Policy] | None = None
    reader: Reader = Reader()

    def decide(
        self, state: Ticket | None, event: Event, signals: Signals | None, arrival: Arrival
    ) -> Step:
        """The step of an event."""
        profile = self._profile(state, event)
        account = _snapshot(profile)
        policy = self._policy(arrival.now)
        return decide_event(
            state, event, signals, account, policy, arrival, model=self.reader.version
        )

    def give_up(self, state: Ticket | None, event: Event, arrival: Arrival) -> Step:
        """The step of an event that could not be decided: a person takes the ticket."""
        return give_up(event, state, self._policy(arrival.now), arrival, model=self.reader.version)

    def complete(self, handoff: Handoff, transcript: Sequence[TranscriptEntry]) -> Escalation:
        """The escalation with its package."""
        profile = self._profile(handoff.ticket, None)
        return complete(handoff, transcript, profile=profile)

    def _policy(self, now: Millis) -> Policy:
        return self.policy if self.in_force is None else self.in_force(now)

    def _profile(self, state: Ticket | None, event: Event | None) -> AccountProfile | None:
        known = None if state is None else state.account_id
        if isinstance(event, TicketUpdate) and event.kind is UpdateKind.IDENTIFIED:
            account_id = event.account_id or known
        elif isinstance(event, TicketUpdate | ConversationMessage):
            account_id = known or event.account_id
        else:
            account_id = known
        return None if account_id is None else self.profiles(account_id)


def _snapshot(profile: AccountProfile | None) -> AccountSnapshot | None:
    if profile is None:
        return None
    return AccountSnapshot(
        account_id=profile.account_id,
        as_of=profile.updated_at,
        tier=profile.tier,
        vip=profile.vip,
        churn_flag=profile.churn_flag,
        contract_value=profile.contract_value,
        language=profile.language,
    )
