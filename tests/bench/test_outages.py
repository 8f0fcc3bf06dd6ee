"""The simulation of outages: what it feeds, and how alerts are judged."""

from pathlib import Path

import msgspec
import pytest

from tests.bench.outage_plot import write_outage_plot
from tests.bench.outage_traffic import (
    MINUTE,
    START,
    WARM_UP_DAYS,
    Traffic,
    outages,
    reports,
)
from tests.bench.outage_watchers import WATCHERS, Alert, Baton, FixedThreshold, alerts
from tests.bench.outages import DAY, judge

TRAFFIC = Traffic(30.0, 0.3, WARM_UP_DAYS + 2)


def test_reports_come_in_order_and_every_outage_with_its_accounts() -> None:
    planned = outages(TRAFFIC, (5, 20))
    found = list(reports(TRAFFIC, planned))
    times = [report.occurred_at for report in found]
    assert times == sorted(times)
    of_outages = [report for report in found if report.ticket_id.startswith("outage-")]
    assert len(of_outages) == sum(one.accounts for one in planned)
    usual = len(found) - len(of_outages)
    assert usual == pytest.approx(30 * 24 * TRAFFIC.days, rel=0.4)


def test_an_alert_is_right_only_about_an_outage_that_began_lately() -> None:
    planned = outages(TRAFFIC, (20,))
    found = [one for one in reports(TRAFFIC, planned) if one.ticket_id.startswith("outage-")]
    first = found[0]
    usual = next(one for one in reports(TRAFFIC, []) if one.occurred_at > START + 4 * DAY)
    made = [Alert(first.occurred_at, first), Alert(usual.occurred_at, usual)]
    judged = judge("x", TRAFFIC, planned, made)
    assert judged.detected == {20: 1 / len(planned)}
    assert judged.false_a_week == pytest.approx(3.5)
    assert judge("x", TRAFFIC, planned, []).detected == {20: 0.0}


def test_baton_finds_large_outages_once_with_fewer_false_alerts_than_a_fixed_threshold(
    tmp_path: Path,
) -> None:
    planned = outages(TRAFFIC, (20, 40))
    found = [
        judge(watcher.__name__, TRAFFIC, planned, alerts(watcher(), reports(TRAFFIC, planned)))
        for watcher in WATCHERS.values()
    ]
    ours = next(one for one in found if one.watcher == Baton.__name__)
    fixed = next(one for one in found if one.watcher == FixedThreshold.__name__)
    assert ours.detected == {20: 1.0, 40: 1.0}
    assert ours.alerts_each == 1.0
    assert ours.false_a_week <= fixed.false_a_week
    write_outage_plot(found, tmp_path / "made" / "plot.png")
    assert (tmp_path / "made" / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_flood_of_fingerprints_seen_once_is_forgotten_as_fast_as_it_comes() -> None:
    """A 1,000 a minute would be 25,000 kept at once; here it is 100 and 2,500."""
    model = next(reports(TRAFFIC, []))
    baton, most = Baton(), 0
    for number in range(120 * 100):
        at = START + number * MINUTE // 100
        one = msgspec.structs.replace(
            model,
            fingerprint=f"once-{number}",
            ticket_id=f"ticket-{number}",
            account_id=f"account-{number % 50}",
            component=None,
            occurred_at=at,
            source_watermark=at,
        )
        assert not baton.see(one)
        most = max(most, baton.tracked)
    assert 2_400 < most < 2_600
