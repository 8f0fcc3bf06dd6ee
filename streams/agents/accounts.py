"""The accounts agent: what happens on an account's tickets in, its health out."""

from collections.abc import Callable, Sequence

import msgspec

from schemas.codec import Codec, Tombstone
from schemas.records import AccountActivity, AccountProfile, Millis, OpportunityUpdate, Record
from streams.agents.inbox import INTERNAL_ERROR, Inbox, send, trace_of
from streams.agents.states import Kind, States
from streams.core.accounts import (
    AccountPolicy,
    AccountState,
    Step,
    account_key,
    account_policy,
    answer,
    apply_profile,
    decode_account,
    encode_account,
    followed,
    observe,
    passed_on,
    tick,
)
from streams.core.policy import Policy
from streams.engine import Batch, SourceRecord, Timer

PROFILES_TOPIC = "support.accounts"
HEALTH_TOPIC = "support.account-health"
OPPORTUNITIES_TOPIC = "support.opportunity-updates"

ACCOUNTS = Kind(b"a", encode_account, decode_account, lambda state: state.deadline)
PROFILES: Kind[AccountProfile] = Kind(
    b"p",
    msgspec.json.Encoder().encode,
    msgspec.json.Decoder(AccountProfile).decode,
    lambda profile: None,
)


class AccountsAgent:
    """Keeps each account's history beside its profile, so that both are judged together.

    `in_force` gives the policy for a time.
    """

    name = "accounts"
    sources = ("support.account-activity", PROFILES_TOPIC, OPPORTUNITIES_TOPIC)

    def __init__(self, codec: Codec, in_force: Callable[[Millis], Policy]) -> None:
        self._codec = codec
        self._in_force = in_force
        self._inbox: Inbox[AccountActivity | AccountProfile | OpportunityUpdate] = Inbox(
            self.name, codec, (AccountActivity, AccountProfile, OpportunityUpdate)
        )

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Handle activities and profiles in order. A profile without a value is a deletion."""
        work = _Work(batch, self._codec)
        for record in records:
            deleted = record.topic == PROFILES_TOPIC and record.value is None
            read = [] if deleted else self._inbox.receive(batch, (record,))
            if not (deleted or read):
                continue  # what no account ever sees makes no time pass
            now = batch.now(record)
            for timer in batch.due(now):
                self._wake(work, timer)
            if deleted:
                name = (record.key or b"").decode(errors="replace")
                self._profile(work, name, None, now, trace_of(record))
            for received in read:
                match event := received.event:
                    case AccountProfile():
                        self._profile(work, event.account_id, event, now, trace_of(record))
                    case OpportunityUpdate():
                        self._answer(work, event, now, trace_of(record))
                    case AccountActivity():
                        self._activity(work, event, now, trace_of(record))
        work.save()

    def timer(self, batch: Batch, timer: Timer) -> None:
        """An account's deadline has come."""
        work = _Work(batch, self._codec)
        self._wake(work, timer)
        work.save()

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A record that cannot be handled is kept; a timer's account is woken again."""
        if isinstance(subject, Timer):
            _Work(batch, self._codec).accounts.missed(subject)
        else:
            self._inbox.reject(batch, subject, INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    def _activity(
        self, work: "_Work", activity: AccountActivity, now: Millis, trace: str | None
    ) -> None:
        name = account_key(activity)
        profile = work.profiles.get(name)
        moved = followed(activity, None if profile is None else profile.merged_into)
        if moved is not None:
            work.send((moved,), trace)
            return
        step = observe(work.accounts.get(name), activity, profile, now, self._policy(now))
        work.take(name, step, trace)

    def _answer(
        self, work: "_Work", update: OpportunityUpdate, now: Millis, trace: str | None
    ) -> None:
        name = update.account_id
        state, profile = work.accounts.get(name), work.profiles.get(name)
        moved = passed_on(update, None if profile is None else profile.merged_into)
        if moved is not None:
            work.send((moved,), trace)
            return
        work.take(name, answer(state, update, profile, now, self._policy(now)), trace)

    def _profile(
        self,
        work: "_Work",
        name: str,
        profile: AccountProfile | None,
        now: Millis,
        trace: str | None,
    ) -> None:
        old = work.profiles.get(name)
        if profile is None and old is not None and old.merged_into not in (None, name):
            # Whoever merges two accounts deletes one: what still comes for it follows it.
            profile = AccountProfile(name, now, old.tenant, merged_into=old.merged_into)
        work.profiles.set(name, profile)
        step = apply_profile(work.accounts.get(name), old, profile, now, self._policy(now))
        work.take(name, step, trace)

    def _wake(self, work: "_Work", timer: Timer) -> None:
        state = work.accounts.fired(timer)
        if state is not None:
            name = ACCOUNTS.name(timer.key)
            work.take(
                name, tick(state, work.profiles.get(name), timer.due, self._policy(timer.due))
            )

    def _policy(self, now: Millis) -> AccountPolicy:
        return account_policy(self._in_force(now))


class _Work:
    """The states of a batch, and what its steps did to them."""

    def __init__(self, batch: Batch, codec: Codec) -> None:
        self._batch = batch
        self._codec = codec
        self.accounts: States[AccountState] = States(batch, ACCOUNTS)
        self.profiles: States[AccountProfile] = States(batch, PROFILES)

    def take(self, name: str, step: Step, trace: str | None = None) -> None:
        self.accounts.set(name, step.state)
        self.send(step.outputs, trace)

    def send(self, outputs: Sequence[Record | Tombstone], trace: str | None) -> None:
        send(self._batch, self._codec, outputs, trace)

    def save(self) -> None:
        self.accounts.save()
        self.profiles.save()
