"""The alerts file: who is told of what, and how bad it is. `docs/alerts.md` explains it."""

from enum import StrEnum

import msgspec

from streams.core.policy.duration import Duration


class Kind(StrEnum):
    """What an alert is about."""

    ANOMALY = "anomaly"
    SLA = "sla"
    ACCOUNT = "account"
    TEST = "test"


class Severity(StrEnum):
    """How bad it is, in PagerDuty's words."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the file. What it does not know is an error."""


class SecretSource(_Part, frozen=True):
    """Where a secret is: one of the two."""

    env: str | None = None
    file: str | None = None


class Receiver(_Part, frozen=True, kw_only=True, tag_field="type"):
    """Someone who is told. `name` also names the consumer group, so it must not change."""

    name: str
    timeout: Duration = Duration(10_000)
    """How long an answer may take."""
    retry_for: Duration = Duration(86_400_000)
    """After this an alert that is not taken goes to the dead letters, and the next is tried."""


class Alertmanager(Receiver, frozen=True, kw_only=True, tag="alertmanager"):
    """A Prometheus Alertmanager, by API v2."""

    url: str
    labels: dict[str, str] = {}
    """Put on every alert, for its routes."""
    resolve_timeout: Duration = Duration(300_000)
    """An open alert is sent again four times within this; not heard of for so long, it ends."""
    bearer_token: SecretSource | None = None


class PagerDuty(Receiver, frozen=True, kw_only=True, tag="pagerduty"):
    """PagerDuty, by Events API v2."""

    routing_key: SecretSource
    url: str = "https://events.pagerduty.com/v2/enqueue"


class Slack(Receiver, frozen=True, kw_only=True, tag="slack"):
    """An incoming webhook of Slack, or of a chat that takes the same. Its URL is the secret."""

    url: SecretSource


class Webhook(Receiver, frozen=True, kw_only=True, tag="webhook"):
    """Any HTTP server: JSON, signed with a secret that it shares."""

    url: str | SecretSource
    secret: SecretSource


class Route(_Part, frozen=True, kw_only=True):
    """Who is told of what. A list that is empty, or not there, takes everything."""

    receivers: tuple[str, ...]
    kinds: tuple[Kind, ...] = ()
    severities: tuple[Severity, ...] = ()
    tenants: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


class AnomalySeverities(_Part, frozen=True):
    """By the severity that the anomaly's record has; null: nobody is told."""

    warning: Severity | None = Severity.WARNING
    critical: Severity | None = Severity.CRITICAL


class SlaSeverities(_Part, frozen=True):
    """By what became of the clock; null: nobody is told."""

    warned: Severity | None = None
    breached: Severity | None = Severity.ERROR


class AccountSeverities(_Part, frozen=True):
    """By where the account stands; null: nobody is told."""

    watch: Severity | None = None
    at_risk: Severity | None = Severity.WARNING


class Severities(_Part, frozen=True):
    """How bad what is."""

    anomaly: AnomalySeverities = AnomalySeverities()
    sla: SlaSeverities = SlaSeverities()
    account: AccountSeverities = AccountSeverities()


class Runbooks(_Part, frozen=True):
    """Links to what to do; a component's goes before a category's."""

    components: dict[str, str] = {}
    categories: dict[str, str] = {}


class AlertsConfig(_Part, frozen=True, kw_only=True):
    """The whole file."""

    receivers: tuple[Alertmanager | PagerDuty | Slack | Webhook, ...]
    routes: tuple[Route, ...]
    severities: Severities = Severities()
    runbooks: Runbooks = Runbooks()
