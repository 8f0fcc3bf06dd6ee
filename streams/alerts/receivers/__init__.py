"""The kinds of receiver: each turns a notice into the HTTP request that tells it."""

from streams.alerts.config import Alertmanager, PagerDuty, SecretSource, Slack, Webhook
from streams.alerts.load import url_complaint
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.alerts.receivers.channel import Channel, Request
from streams.alerts.receivers.pagerduty import PagerDutyChannel
from streams.alerts.receivers.slack import SlackChannel
from streams.alerts.receivers.webhook import WebhookChannel
from streams.alerts.secrets import read_secret
from streams.errors import ConfigError

__all__ = ["Channel", "Request", "channel_of"]


def channel_of(receiver: Alertmanager | PagerDuty | Slack | Webhook) -> Channel:
    """The channel of a receiver, with its secrets. Raises `ConfigError`."""
    where = f"receiver {receiver.name}"
    match receiver:
        case Alertmanager():
            source = receiver.bearer_token
            token = None if source is None else read_secret(source, f"{where}, bearer_token")
            return AlertmanagerChannel(receiver, token)
        case PagerDuty():
            key = read_secret(receiver.routing_key, f"{where}, routing_key")
            return PagerDutyChannel(receiver.url, key)
        case Slack():
            return SlackChannel(_address(receiver.url, f"{where}, url"))
        case Webhook(url=url):
            secret = read_secret(receiver.secret, f"{where}, secret")
            return WebhookChannel(_address(url, f"{where}, url"), secret)


def _address(url: str | SecretSource, where: str) -> str:
    if isinstance(url, str):
        return url
    found = read_secret(url, where)
    if complaint := url_complaint(found):
        raise ConfigError(f"{where}: {complaint}")
    return found
