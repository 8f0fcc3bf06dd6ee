"""Where the policy in force comes from."""

from pathlib import Path

from streams.core.policy import Policy, PolicyError, default_policy, load_policy
from streams.errors import ConfigError
from streams.settings import Settings


def policy_of(settings: Settings) -> Policy:
    """The policy file that is set, else the shipped default. Raises `ConfigError`."""
    if not settings.policy:
        return default_policy()
    try:
        return load_policy(Path(settings.policy).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the policy {settings.policy}: {error}") from error
    except PolicyError as error:
        raise ConfigError(f"{settings.policy}: {error}") from error


def route_names(policy: Policy) -> list[str]:
    """The routes a policy hands over to: each has a topic."""
    return [route.name for route in policy.routes]
