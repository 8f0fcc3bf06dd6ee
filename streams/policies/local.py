"""Where the policy in force comes from where none is published."""

from pathlib import Path

from streams.core.policy import Policy, PolicyError, default_policy, load_policy, shipped_policy
from streams.core.policy.shipped import SHIPPED, shipped_text
from streams.errors import ConfigError
from streams.settings import Settings


def policy_of(settings: Settings) -> Policy:
    """The policy file or shipped policy that is set, else the default. Raises `ConfigError`."""
    if not settings.policy:
        return default_policy()
    if settings.policy in SHIPPED:
        return shipped_policy(settings.policy)
    try:
        return load_policy(Path(settings.policy).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the policy {settings.policy}: {error}") from error
    except PolicyError as error:
        raise ConfigError(f"{settings.policy}: {'; '.join(error.complaints)}") from error


def policy_text(settings: Settings) -> str:
    """The file of `policy_of`, as it is written. Raises `ConfigError`."""
    policy_of(settings)
    if not settings.policy or settings.policy in SHIPPED:
        return shipped_text(settings.policy or "default")
    return Path(settings.policy).read_text(encoding="utf-8")


def route_names(policy: Policy) -> list[str]:
    """The routes a policy hands over to: each has a topic."""
    return [route.name for route in policy.routes]
