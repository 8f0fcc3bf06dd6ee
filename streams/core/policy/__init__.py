"""The policy: what a support organisation decides for itself, in one file."""

from streams.core.policy.load import PolicyError, default_policy, load_policy, shipped_policy
from streams.core.policy.model import Policy

__all__ = ["Policy", "PolicyError", "default_policy", "load_policy", "shipped_policy"]
