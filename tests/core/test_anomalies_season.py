"""What is usual goes by the hour of the day: busy days, silent nights."""

from functools import cache
from math import log10

import msgspec
import pytest

from detectors.season import DAY, HOUR, Season
from detectors.spikes import Baseline
from streams.core.anomalies import Watch, category_name
from streams.core.anomalies.baseline import (
    MOST_SILENT_HOURS,
    expected_accounts,
    flow,
    open_line,
    settle,
)
from streams.core.anomalies.state import Flow, Subject
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    NEVER_OPEN,
    OPENED,
    POLICY,
    START,
    Tenant,
    other,
    outage,
    report,
    states,
)

MONDAY = (START // DAY + 7) * DAY - (START // DAY + 3) % 7 * DAY
"""The midnight before the first one after START; 1970-01-01 was a Thursday."""
OPEN, SHUT = 8, 18
"""The hours of a working day."""


def at_work(weeks: int, watch: Watch, each: int = 12) -> Watch:
    """So many reporters in each hour of every working day from Monday on, and none else."""
    for day in range(7 * weeks):
        if day % 7 < 5:
            for hour in range(OPEN, SHUT):
                for n in range(each):
                    watch = flow(watch, MONDAY + day * DAY + hour * HOUR + n * MINUTE)
    return watch


@cache
def after_weeks() -> Watch:
    return at_work(4, Watch())


def test_silent_nights_and_weekends_are_learned() -> None:
    season, begins = after_weeks().season, MONDAY + 28 * DAY
    day = [season.factor(begins + hour * HOUR) for hour in range(OPEN, SHUT)]
    night = [season.factor(begins + hour * HOUR) for hour in (0, 3, 5, 21, 23)]
    assert season.learned > 25 * 24
    assert min(day) > 1.2
    assert max(night) < 0.25
    assert max(season.factor(begins + 5 * DAY + hour * HOUR) for hour in range(24)) < 0.4


def test_a_day_like_any_other_teaches_no_season() -> None:
    watch = Watch()
    for hour in range(21 * 24):
        for n in range(6):
            watch = flow(watch, MONDAY + hour * HOUR + n * MINUTE)
    assert {watch.season.factor(MONDAY + hour * HOUR) for hour in range(24)} == {1.0}


def test_a_busy_last_hour_makes_nothing_stand_out_in_the_next_but_not_after_a_silence() -> None:
    watch = Watch()
    for hour in range(24):
        for n in range(5 if hour < 23 else 50):
            watch = flow(watch, MONDAY + hour * HOUR + n * MINUTE)
    assert flow(watch, MONDAY + 24 * HOUR).flow.ratio == 4.0
    assert flow(watch, MONDAY + 25 * HOUR).flow.ratio == 0.0
    assert flow(watch, MONDAY + 3 * DAY).flow.ratio == 0.0


def test_one_loud_account_does_not_make_an_hour_busy_for_all_others() -> None:
    tenant = Tenant()
    many = (
        report("loud", n * 100, fingerprint=f"problem-{n}", ticket_id=f"loud-{n}")
        for n in range(200)
    )
    tenant.hear(*many)
    assert tenant.watch.flow.reports == 1
    tenant.hear(report("another", 30_000, fingerprint="problem-1"))
    assert tenant.watch.flow.reports == 2


def test_a_silence_of_months_is_learned_of_as_a_week() -> None:
    watch = at_work(1, Watch())
    learned = watch.season.learned
    later = flow(watch, MONDAY + 200 * DAY)
    assert later.season.learned == pytest.approx(learned + 1 + 7 * 24)


def test_each_settled_window_counts_by_the_factor_of_its_own_hour() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.watch = msgspec.structs.replace(tenant.watch, season=after_weeks().season)
    begins = MONDAY + 28 * DAY
    tenant.hear(report("acme", begins - START))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    through = begins + DAY
    far = msgspec.structs.replace(tenant.watch, watermark=through + POLICY.lateness)
    settled, _ = settle(subject, far, msgspec.structs.replace(NEVER_OPEN, half_life_windows=10**6))
    season = after_weeks().season
    usual = sum(60 * season.factor(begins + hour * HOUR) for hour in range(24))
    assert settled.baseline.windows == pytest.approx(usual, rel=0.01)
    assert usual != pytest.approx(24 * 60 * season.factor(through), rel=0.2)


@pytest.mark.parametrize("bucket", [7 * MINUTE, 45 * MINUTE, 150 * MINUTE])
def test_windows_that_do_not_divide_an_hour_are_all_learned(bucket: int) -> None:
    policy = msgspec.structs.replace(NEVER_OPEN, bucket=bucket, half_life_windows=10**6)
    tenant = Tenant(policy)
    tenant.hear(report("acme", 0))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    far = msgspec.structs.replace(tenant.watch, watermark=START + 10 * DAY)
    settled, _ = settle(subject, far, policy)
    learned = settled.settled - START // bucket + 1
    assert settled.baseline.windows == pytest.approx(learned, rel=0.01)


def usual_by_day() -> Tenant:
    """Three accounts each ten minutes of working hours with the same problem, for six weeks."""
    tenant = Tenant(NEVER_OPEN)
    for day in range(42):
        for minute in range(OPEN * 60, SHUT * 60, 10) if day % 7 < 5 else ():
            at = MONDAY - START + day * DAY + minute * MINUTE
            tenant.hear(*(report(f"acme-{minute}-{n}", at + n * 1_000) for n in range(3)))
    tenant.policy = POLICY
    return tenant


def test_what_is_usual_by_day_alerts_at_night() -> None:
    """The same count, four hours after the shop shut and in the middle of its day."""
    by_day, by_night = usual_by_day(), usual_by_day()
    last = MONDAY - START + 42 * DAY
    assert by_day.hear(*outage(9, start=last + 10 * HOUR)) == []
    assert states(by_night.hear(*outage(9, start=last + 3 * HOUR)))[:1] == [OPENED]


def test_expected_accounts_follow_the_season_of_the_tenant() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(other("new", "acme", MONDAY - START))
    subject = tenant.subject(category_name("technical"))
    assert subject is not None
    subject = msgspec.structs.replace(subject, baseline=Baseline(300.0, 600.0, 90.0, 600.0))
    watch = msgspec.structs.replace(tenant.watch, season=after_weeks().season, flow=Flow(ratio=0.0))
    monday = MONDAY + 28 * DAY
    day, night = (
        expected_accounts(subject, watch, monday + hour * HOUR, POLICY).mean for hour in (11, 3)
    )
    flat = expected_accounts(
        subject, msgspec.structs.replace(watch, season=Season()), monday, POLICY
    )
    assert night < 0.4 * flat.mean < flat.mean < day
    busy = msgspec.structs.replace(watch, season=Season(), flow=Flow(ratio=4.0))
    assert expected_accounts(subject, busy, monday, POLICY).mean == pytest.approx(4 * flat.mean)


def test_one_large_window_hardly_changes_what_is_usual() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0), *outage(50, start=100 * MINUTE, step=10))
    tenant.hear(report("acme", 130 * MINUTE))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert 5 < subject.baseline.counts < 50


def test_what_has_a_past_is_never_as_regular_as_chance_alone_would_have_it() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    regular = msgspec.structs.replace(subject, baseline=Baseline(600.0, 600.0, 0.0, 600.0))
    usual = expected_accounts(regular, tenant.watch, START, POLICY)
    assert usual.dispersion == POLICY.least_dispersion
    assert expected_accounts(subject, tenant.watch, START, POLICY).dispersion == 0.0


def test_the_more_fingerprints_are_watched_the_rarer_must_each_be() -> None:
    few, many = Watch(tracked=POLICY.judged_together), Watch(tracked=10 * POLICY.judged_together)
    assert open_line(few, POLICY) == pytest.approx(log10(POLICY.open_probability))
    assert open_line(many, POLICY) == pytest.approx(open_line(few, POLICY) - 1)


def test_a_silence_of_years_is_not_gone_through_hour_by_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    factor = Season.factor

    def counted(season: Season, at: int) -> float:
        nonlocal asked
        asked += 1
        return factor(season, at)

    monkeypatch.setattr(Season, "factor", counted)
    through = START // POLICY.bucket
    quiet = Subject("t", FINGERPRINT, "bug", "a problem", None, through, START, START + DAY)
    for years in (1, 25):
        watch = Watch(watermark=START + years * 365 * DAY)
        settled, _ = settle(quiet, watch, POLICY)
        assert settled.settled > through
        assert asked <= 2 * MOST_SILENT_HOURS + 2
