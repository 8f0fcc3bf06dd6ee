"""A real Alertmanager is told by `baton alerts`, and says so itself."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.records import AnomalyState
from streams.alerts.config import Alertmanager
from streams.alerts.delivery import Sender, Verdict
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.engine import wall_clock
from tests.alerts.alertmanager import RunningAlertmanager, running_alertmanager
from tests.alerts.samples import MINUTE, anomaly
from tests.alerts.site import Site
from tests.alerts.site import alertmanager as told_of_everything
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAlertmanager]:
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


def eventually(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_an_anomaly_fires_grows_gets_worse_as_it_is_taken_and_is_resolved(
    alertmanager: RunningAlertmanager, site: Site
) -> None:
    now = wall_clock()
    opened = anomaly(anomaly_id="fires", since=now - MINUTE, updated_at=now)
    grown = replace(opened, state=AnomalyState.UPDATED, revision=2, accounts=40, updated_at=now + 1)
    worse = replace(
        grown, revision=3, severity="critical", acknowledged_by="kim", updated_at=now + 2
    )

    def shown(severity: str) -> dict[str, Any]:
        return alertmanager.alerts().get(f"baton/anomaly/fires {severity}", {})

    def says(severity: str, beginning: str) -> bool:
        summary: str = shown(severity).get("annotations", {}).get("summary", "")
        return summary.startswith(beginning)

    site.write(told_of_everything(alertmanager.url))
    with site.alerts():
        site.say(opened)
        eventually(lambda: says("warning", "12 accounts report"))
        first = shown("warning")
        assert first["status"]["state"] == "active"
        assert first["labels"]["component"] == "checkout"

        site.say(grown)
        eventually(lambda: says("warning", "40 accounts report"))
        same = ("fingerprint", "startsAt")
        assert [shown("warning")[name] for name in same] == [first[name] for name in same]

        site.say(worse)
        eventually(lambda: bool(shown("critical")) and not shown("warning"))
        assert shown("critical")["annotations"]["acknowledged_by"] == "kim"

        site.say(replace(worse, state=AnomalyState.RESOLVED, revision=4, updated_at=now + 3))
        eventually(lambda: not shown("critical"))
        assert site.open() == {}


def test_alerts_of_one_component_are_one_group(
    alertmanager: RunningAlertmanager, site: Site
) -> None:
    now = wall_clock()
    site.write(told_of_everything(alertmanager.url))
    with site.alerts():
        for number, component in enumerate(("search", "search", "export")):
            site.say(
                anomaly(anomaly_id=f"g{number}", component=component, since=now, updated_at=now)
            )

        def groups() -> dict[str, int]:
            return {
                group["labels"].get("component", ""): len(group["alerts"])
                for group in alertmanager.get("alerts/groups")
            }

        eventually(lambda: groups().get("search") == 2 and groups().get("export") == 1)


def test_an_alert_is_sent_again_until_nobody_runs_any_more_and_then_it_ends(
    alertmanager: RunningAlertmanager, site: Site
) -> None:
    now, name = wall_clock(), "baton/anomaly/kept warning"
    site.write(told_of_everything(alertmanager.url, resolve_timeout="5s"))
    with site.alerts():
        site.say(anomaly(anomaly_id="kept", since=now, updated_at=now))
        eventually(lambda: name in alertmanager.alerts())
        limit = time.monotonic() + 8
        while time.monotonic() < limit:
            assert name in alertmanager.alerts()
            time.sleep(0.1)
    eventually(lambda: name not in alertmanager.alerts())


def test_what_an_alertmanager_cannot_read_it_refuses_for_good(
    alertmanager: RunningAlertmanager,
) -> None:
    channel = AlertmanagerChannel(Alertmanager(name="am", url=alertmanager.url), None)
    sender = Sender(5.0, ())
    request = replace(channel.refresh([], wall_clock()), body=b'[{"labels": {"a-b": "c"}}]')
    answer = sender.post(request)
    sender.close()
    assert (answer.verdict, answer.status) == (Verdict.REFUSED, 400)
