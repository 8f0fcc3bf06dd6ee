"""What each kind of receiver is sent: within the limits it publishes, whatever an alert says."""

import hashlib
import hmac
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.records import Alert
from streams.alerts.config import Alertmanager
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.alerts.receivers.pagerduty import DETAIL, PagerDutyChannel
from streams.alerts.receivers.slack import SlackChannel, escaped
from streams.alerts.receivers.webhook import WebhookChannel
from streams.alerts.telling import Event, Notice
from tests.alerts.limits import check_pagerduty, check_slack
from tests.alerts.samples import MINUTE, NOW

words = st.text(max_size=60) | st.sampled_from(
    ["x" * 5_000, "<!channel> & <@U1>" * 900, "🔥" * 4_000]
)
alerts = st.builds(
    Alert,
    dedup_key=st.text(min_size=1, max_size=200),
    kind=st.sampled_from(["anomaly", "sla", "account", "test"]),
    severity=st.sampled_from(["info", "warning", "error", "critical"]),
    title=st.text(min_size=1, max_size=60) | st.sampled_from(["x" * 5_000, "&<>" * 2_000]),
    starts_at=st.sampled_from([946_684_800_000, NOW, 4_102_444_799_999]),
    updated_at=st.just(NOW),
    news=st.just("n"),
    tenant=st.text(min_size=1, max_size=256),
    labels=st.dictionaries(st.sampled_from(["component", "category", "route"]), words),
    facts=st.dictionaries(st.text("abc_", min_size=1, max_size=100), words, max_size=15),
    acknowledged_by=words | st.none(),
    runbook=st.sampled_from(["https://w/r", "https://w/" + "r" * 4_000]) | st.none(),
)
notices = st.builds(Notice, event=st.sampled_from(list(Event)), alert=alerts)


def an_alert(**changes: Any) -> Alert:
    values: dict[str, Any] = {
        "dedup_key": "baton/anomaly/a-1",
        "kind": "anomaly",
        "severity": "warning",
        "title": "12 accounts report the same problem",
        "starts_at": NOW,
        "updated_at": NOW,
        "news": "opened/1",
        "labels": {"anomaly_id": "a-1", "component": "checkout", "category": "technical"},
        "facts": {"accounts": "12", "sample_tickets": "T1"},
        "runbook": "https://w/r",
    }
    return Alert(**values | changes)


@given(notices)
def test_what_pagerduty_is_sent_keeps_its_limits(notice: Notice) -> None:
    request = PagerDutyChannel("http://x/", "k" * 32).request(notice, NOW)
    check_pagerduty(request.body)


def test_pagerduty_is_sent_the_beginning_of_a_long_fact() -> None:
    long = replace(an_alert(), facts={"sample_tickets": "T" * 500_000})
    request = PagerDutyChannel("http://x/", "k" * 32).request(Notice(Event.TRIGGER, long), NOW)
    details = check_pagerduty(request.body)["payload"]["custom_details"]
    assert len(details["sample_tickets"]) == DETAIL


@given(notices)
def test_what_slack_is_sent_keeps_its_limits_and_mentions_nobody(notice: Notice) -> None:
    check_slack(SlackChannel("http://x/").request(notice, NOW).body)


@given(st.text(max_size=50) | st.sampled_from(["&" * 40, "a<>" * 20]), st.integers(2, 60))
def test_escaped_text_is_short_enough_and_has_no_broken_entity(text: str, most: int) -> None:
    shown = escaped(text, most)
    assert len(shown) <= most
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)


def test_pagerduty_is_sent_what_its_actions_need() -> None:
    channel = PagerDutyChannel("http://x/enqueue", "k" * 32)
    sent = {
        event: msgspec.json.decode(channel.request(Notice(event, an_alert()), NOW).body)
        for event in Event
    }
    assert {event: body["event_action"] for event, body in sent.items()} == {
        "trigger": "trigger", "update": "trigger", "acknowledge": "acknowledge",
        "resolve": "resolve",
    }  # fmt: skip
    assert {body["dedup_key"] for body in sent.values()} == {"baton/anomaly/a-1"}
    payload = sent[Event.TRIGGER]["payload"]
    assert payload["severity"] == "warning"
    assert payload["timestamp"] == "2026-01-05T09:00:00.000Z"
    assert (payload["component"], payload["group"], payload["class"]) == (
        "checkout", "technical", "anomaly",
    )  # fmt: skip
    assert sent[Event.TRIGGER]["links"] == [{"href": "https://w/r", "text": "Runbook"}]


def test_slack_is_told_what_happened_in_its_first_words() -> None:
    channel = SlackChannel("http://x/")
    texts = {
        event: msgspec.json.decode(
            channel.request(Notice(event, an_alert(acknowledged_by="kim")), NOW).body
        )["text"].splitlines()[0]
        for event in Event
    }
    title = "12 accounts report the same problem"
    assert texts == {
        "trigger": f"🟡 warning: {title}",
        "update": f"🟡 Update, warning: {title}",
        "acknowledge": f"🟡 Acknowledged by kim: {title}",
        "resolve": f"✅ Over: {title}",
    }


def test_a_webhook_can_be_verified_as_documented_and_a_changed_one_not() -> None:
    request = WebhookChannel("http://x/", "s3cret").request(Notice(Event.TRIGGER, an_alert()), NOW)
    body = msgspec.json.decode(request.body)
    assert (body["event"], body["dedup_key"], body["alert"]["severity"]) == (
        "trigger", "baton/anomaly/a-1", "warning",
    )  # fmt: skip
    stamp, given = request.headers["Baton-Timestamp"], request.headers["Baton-Signature"]
    assert stamp == str(NOW // 1000)

    def expected(timestamp: str, content: bytes) -> str:
        signed = timestamp.encode() + b"." + content
        return "sha256=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()

    assert given == expected(stamp, request.body)
    assert given != expected(str(int(stamp) + 1), request.body)
    assert given != expected(stamp, request.body + b" ")


@pytest.fixture
def alertmanager() -> AlertmanagerChannel:
    config = Alertmanager(name="am", url="http://x:9093/", labels={"team": "support", "kind": "no"})
    return AlertmanagerChannel(config, "t0ken")


def test_alertmanager_knows_an_alert_by_labels_that_stay(alertmanager: AlertmanagerChannel) -> None:
    request = alertmanager.request(Notice(Event.TRIGGER, an_alert()), NOW)
    assert request.url == "http://x:9093/api/v2/alerts"
    assert request.headers == {"Authorization": "Bearer t0ken"}
    [sent] = msgspec.json.decode(request.body)
    assert sent["labels"] == {
        "alertname": "BatonAnomaly", "kind": "anomaly", "severity": "warning", "team": "support",
        "tenant": "default", "anomaly_id": "a-1", "component": "checkout", "category": "technical",
    }  # fmt: skip
    assert sent["annotations"]["runbook_url"] == "https://w/r"
    assert sent["annotations"]["description"] == "accounts: 12\nsample tickets: T1"
    assert (sent["startsAt"], sent["endsAt"]) == (
        "2026-01-05T09:00:00.000Z", "2026-01-05T09:05:00.000Z",
    )  # fmt: skip


def test_a_changed_severity_ends_the_alert_under_the_old_one(
    alertmanager: AlertmanagerChannel,
) -> None:
    before, after = an_alert(), an_alert(severity="critical")
    request = alertmanager.request(Notice(Event.UPDATE, after, before), NOW + MINUTE)
    sent = msgspec.json.decode(request.body)
    ends = {one["labels"]["severity"]: one["endsAt"] for one in sent}
    assert ends == {"critical": "2026-01-05T09:06:00.000Z", "warning": "2026-01-05T09:01:00.000Z"}


def test_an_alert_never_begins_after_its_end(alertmanager: AlertmanagerChannel) -> None:
    ahead = an_alert(starts_at=4_102_444_799_999)
    [sent] = msgspec.json.decode(alertmanager.request(Notice(Event.RESOLVE, ahead), NOW).body)
    assert sent["startsAt"] == sent["endsAt"] == "2026-01-05T09:00:00.000Z"
