"""Accounts: how each one is doing over all its tickets, and who must hear when that changes.

Pure: activities, profiles and timers go in with the account's state, and the next state and the
records to write come out.
"""

from streams.core.accounts.company import theirs
from streams.core.accounts.lifecycle import account_key, answer, apply_profile, observe, tick
from streams.core.accounts.moving import followed, last_of, passed_on
from streams.core.accounts.policy import AccountPolicy, account_policy
from streams.core.accounts.snapshot import profile_snapshot, snapshot
from streams.core.accounts.state import AccountState, Step, decode_account, encode_account

__all__ = [
    "AccountPolicy",
    "AccountState",
    "Step",
    "account_key",
    "account_policy",
    "answer",
    "apply_profile",
    "decode_account",
    "encode_account",
    "followed",
    "last_of",
    "observe",
    "passed_on",
    "profile_snapshot",
    "snapshot",
    "theirs",
    "tick",
]
