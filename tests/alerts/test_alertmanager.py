"""A real Alertmanager is told, and says so itself."""

import time
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from schemas.records import Alert, AnomalyState, Record
from streams.alerts.changes import change_of
from streams.alerts.config import Alertmanager, AlertsConfig, Route
from streams.alerts.delivery import Sender, Verdict
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.alerts.telling import tell
from streams.engine import wall_clock
from tests.alerts.alertmanager import RunningAlertmanager, running_alertmanager
from tests.alerts.samples import MINUTE, anomaly


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAlertmanager]:
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


class Talk:
    """What an Alertmanager is told of records that happen now."""

    def __init__(self, url: str, lasts: int = 5 * MINUTE) -> None:
        receiver = Alertmanager(name="am", url=url, resolve_timeout=lasts)  # type: ignore[arg-type]
        self.config = AlertsConfig(receivers=(receiver,), routes=(Route(receivers=("am",)),))
        self.channel = AlertmanagerChannel(receiver, None)
        self.sender = Sender(5.0, ())
        self.told: dict[str, Alert] = {}

    def hear(self, record: Record) -> None:
        change = change_of(record, self.config)
        assert change is not None
        key = change.alert.dedup_key
        telling = tell(self.told.get(key), change, wanted=True)
        for notice in telling.notices:
            answer = self.sender.post(self.channel.request(notice, wall_clock()))
            assert answer.verdict is Verdict.TAKEN, answer
        if telling.told is not None:
            self.told[key] = telling.told


@pytest.fixture
def talk(alertmanager: RunningAlertmanager) -> Iterator[Talk]:
    made = Talk(alertmanager.url)
    yield made
    made.sender.close()


def eventually(holds: Callable[[], bool], timeout: float = 15.0) -> None:
    limit = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_an_anomaly_fires_is_updated_and_resolved(
    alertmanager: RunningAlertmanager, talk: Talk
) -> None:
    now = wall_clock()
    opened = anomaly(anomaly_id="fires", since=now - MINUTE, updated_at=now)
    talk.hear(opened)
    name = "baton/anomaly/fires warning"
    eventually(lambda: name in alertmanager.alerts())
    shown = alertmanager.alerts()[name]
    assert shown["status"]["state"] == "active"
    assert shown["labels"]["component"] == "checkout"
    assert shown["annotations"]["summary"].startswith("12 accounts report")

    grown = replace(
        opened, state=AnomalyState.UPDATED, revision=2, accounts=40, updated_at=now + 1,
        acknowledged_by="kim",
    )  # fmt: skip
    talk.hear(grown)
    eventually(
        lambda: alertmanager.alerts()[name]["annotations"]["summary"].startswith("40 accounts")
    )
    updated = alertmanager.alerts()[name]
    assert (updated["fingerprint"], updated["startsAt"]) == (
        shown["fingerprint"], shown["startsAt"],
    )  # fmt: skip
    assert updated["annotations"]["acknowledged_by"] == "kim"

    talk.hear(replace(grown, state=AnomalyState.RESOLVED, revision=3, updated_at=now + 2))
    eventually(lambda: name not in alertmanager.alerts())


def test_alerts_of_one_component_are_one_group(
    alertmanager: RunningAlertmanager, talk: Talk
) -> None:
    now = wall_clock()
    for number, component in enumerate(("search", "search", "export")):
        talk.hear(anomaly(anomaly_id=f"g{number}", component=component, since=now, updated_at=now))

    def groups() -> dict[str, int]:
        return {
            group["labels"].get("component", ""): len(group["alerts"])
            for group in alertmanager.get("alerts/groups")
        }

    eventually(lambda: groups().get("search") == 2 and groups().get("export") == 1)


def test_a_worse_severity_takes_the_place_of_the_milder(
    alertmanager: RunningAlertmanager, talk: Talk
) -> None:
    now = wall_clock()
    opened = anomaly(anomaly_id="worse", since=now, updated_at=now)
    talk.hear(opened)
    talk.hear(
        replace(
            opened, state=AnomalyState.UPDATED, revision=2, severity="critical", updated_at=now + 1
        )
    )
    eventually(
        lambda: (
            [name for name in alertmanager.alerts() if "/worse " in name]
            == ["baton/anomaly/worse critical"]
        )
    )


def test_an_alert_that_nobody_speaks_of_any_more_ends_and_one_sent_again_does_not(
    alertmanager: RunningAlertmanager,
) -> None:
    talk = Talk(alertmanager.url, lasts=2_000)
    now = wall_clock()
    for name in ("kept", "left"):
        talk.hear(anomaly(anomaly_id=name, since=now, updated_at=now))
    kept = talk.told["baton/anomaly/kept"]
    limit = time.monotonic() + 4
    while time.monotonic() < limit:
        request = talk.channel.refresh([kept], wall_clock())
        assert request is not None
        assert talk.sender.post(request).verdict is Verdict.TAKEN
        time.sleep(0.5)
    open_now = alertmanager.alerts()
    assert "baton/anomaly/kept warning" in open_now
    assert "baton/anomaly/left warning" not in open_now
    talk.sender.close()


def test_what_an_alertmanager_cannot_read_it_refuses_for_good(
    alertmanager: RunningAlertmanager, talk: Talk
) -> None:
    request = talk.channel.refresh([], wall_clock())
    assert request is not None
    answer = talk.sender.post(replace(request, body=b'[{"labels": {"a-b": "c"}}]'))
    assert (answer.verdict, answer.status) == (Verdict.REFUSED, 400)
