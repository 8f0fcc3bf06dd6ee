"""One receiver is told everything at least once, in order, and what it never takes is kept."""

from itertools import pairwise

import msgspec
import pytest

from schemas.records import AnomalyState, HealthLevel
from streams.alerts.config import Alertmanager
from streams.alerts.delivery import Answer, Verdict
from streams.alerts.ledger import Abandoned
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.alerts.receivers.pagerduty import PagerDutyChannel
from streams.engine import SourceRecord
from tests.alerts.forwarding import BAD, DOWN, TAKEN, Bench
from tests.alerts.samples import MINUTE, NOW, anomaly, health


def test_offsets_move_only_after_the_receiver_has_taken_it() -> None:
    bench = Bench()
    bench.script = [DOWN, DOWN]
    seen = list[int]()
    bench.ledger.on_pause = lambda: seen.extend((bench.ledger.committed, bench.ledger.handled))
    bench.run(anomaly(), anomaly(AnomalyState.RESOLVED, 2))
    assert set(seen) == {0}
    assert bench.ledger.committed == 2
    assert bench.taken == [("trigger", "baton/anomaly/a-1"), ("resolve", "baton/anomaly/a-1")]
    assert bench.ledger.told == {}


def test_attempts_come_ever_more_rarely_and_as_late_as_the_receiver_asks() -> None:
    bench = Bench()
    bench.script = [DOWN, DOWN, DOWN, Answer(Verdict.AGAIN, "slow down", 429, 120.0)]
    bench.run(anomaly())
    times = [at for at, _, _ in bench.sent]
    waits = [(b - a) / 1000 for a, b in pairwise(times)]
    for wait, (least, most) in zip(waits, [(0.5, 1), (1, 2), (2, 4), (120, 121)], strict=True):
        assert least <= wait <= most
    assert bench.metric("baton_alert_attempts_total", verdict="again") == 4
    assert bench.metric("baton_alerts_delivered_total", event="trigger") == 1


def test_every_attempt_is_signed_anew_under_the_same_key() -> None:
    bench = Bench()
    bench.script = [DOWN] * 5
    bench.run(anomaly())
    requests = [request for _, request, _ in bench.sent]
    assert len({request.headers["Baton-Signature"] for request in requests}) == 6
    assert {msgspec.json.decode(request.body)["dedup_key"] for request in requests} == {
        "baton/anomaly/a-1"
    }


def test_what_is_refused_for_good_goes_to_the_dead_letters_and_the_next_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.script = [BAD]
    bench.run(anomaly(), anomaly(anomaly_id="a-2"))
    assert bench.ledger.letters == [("refused", "receiver hook: refused with 400: no such field")]
    assert bench.taken == [("trigger", "baton/anomaly/a-2")]
    assert list(bench.ledger.told) == ["baton/anomaly/a-2"]
    assert caplog.text.count("in the dead letters") == 1
    assert bench.metric("baton_alerts_dead_letters_total", code="refused") == 1


def test_what_is_not_taken_for_a_day_goes_to_the_dead_letters() -> None:
    bench = Bench()
    bench.script = [DOWN] * 100_000
    bench.ledger.add(anomaly())
    bench.forwarder.step()
    assert [code for code, _ in bench.ledger.letters] == ["undelivered"]
    assert 86_400_000 <= bench.clock.now - NOW < 86_400_000 + MINUTE
    assert bench.ledger.committed == 1


def test_an_update_that_is_refused_leaves_the_alert_open_and_its_end_is_told() -> None:
    bench = Bench()
    bench.script = [TAKEN, BAD]
    bench.run(anomaly(), anomaly(AnomalyState.UPDATED, 2), anomaly(AnomalyState.RESOLVED, 3))
    assert [event for event, _ in bench.taken] == ["trigger", "resolve"]


def test_an_outage_of_a_receiver_is_logged_once_and_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    bench = Bench()
    bench.script = [DOWN] * 20
    bench.run(anomaly())
    assert caplog.text.count("does not take alerts") == 1
    assert caplog.text.count("takes alerts again") == 1
    assert bench.metric("baton_alerts_waiting_seconds") == 0


def test_how_long_an_alert_waits_is_told_while_it_waits_and_not_afterwards() -> None:
    waits, bench = "baton_alerts_waiting_seconds", Bench()
    seen: list[float] = []
    bench.ledger.on_pause = lambda: seen.append(bench.metric(waits))
    bench.script = [Answer(Verdict.AGAIN, "later", 503, 3_600.0)]
    bench.run(anomaly())
    assert seen == sorted(set(seen)), "it grows, although nothing is tried for an hour"
    assert seen[-1] >= 3_600
    assert bench.metric(waits) == 0


def test_an_alert_that_is_given_up_or_left_to_another_waits_no_more() -> None:
    waits, bench = "baton_alerts_waiting_seconds", Bench()
    bench.script = [DOWN] * 10_000
    bench.run(anomaly())
    assert [code for code, _ in bench.ledger.letters] == ["undelivered"]
    assert bench.metric(waits) == 0

    def taken_away() -> None:
        assert bench.metric(waits) > 0
        raise Abandoned

    bench.ledger.on_pause = taken_away
    bench.ledger.add(anomaly(anomaly_id="a-2"))
    with pytest.raises(Abandoned):
        bench.forwarder.step()
    assert bench.metric(waits) == 0


def test_a_record_that_cannot_be_read_goes_to_the_dead_letters() -> None:
    bench = Bench()
    bench.run(SourceRecord("support.anomalies", 0, 0, NOW, b"a", b"{nonsense", ()), anomaly())
    assert [code for code, _ in bench.ledger.letters] == ["not_decodable"]
    assert [event for event, _ in bench.taken] == ["trigger"]


def test_an_erased_account_is_over() -> None:
    bench = Bench()
    erased = SourceRecord("support.account-health", 0, 1, NOW, b"acme", None, ())
    other = SourceRecord("support.account-health", 0, 2, NOW, b"other", None, ())
    bench.run(health(), other, erased)
    assert [event for event, _ in bench.taken] == ["trigger", "resolve"]


def test_partitions_that_are_taken_away_while_waiting_are_left_as_they_were() -> None:
    bench = Bench()
    bench.script = [DOWN]

    def taken_away() -> None:
        raise Abandoned

    bench.ledger.on_pause = taken_away
    bench.ledger.add(anomaly())
    with pytest.raises(Abandoned):
        bench.forwarder.step()
    assert (bench.ledger.committed, bench.ledger.told) == (0, {})
    bench.ledger.restart()
    bench.run()
    assert bench.taken == [("trigger", "baton/anomaly/a-1")]


def test_an_end_that_is_not_taken_is_told_with_the_next_word_of_it() -> None:
    bench = Bench()
    bench.script = [TAKEN, BAD]
    bench.run(health(), health(HealthLevel.HEALTHY, NOW + MINUTE))
    assert list(bench.ledger.told) == ["baton/account/acme"]
    bench.run(health(HealthLevel.HEALTHY, NOW + 2 * MINUTE))
    assert [event for event, _ in bench.taken] == ["trigger", "resolve"]
    assert bench.ledger.told == {}


def test_an_end_that_is_put_back_from_the_dead_letters_is_told() -> None:
    bench = Bench(PagerDutyChannel("http://x/", "k"))
    bench.script = [TAKEN, BAD]
    end = anomaly(AnomalyState.RESOLVED, 2)
    bench.run(anomaly(), end, end)
    actions = [msgspec.json.decode(sent.body)["event_action"] for _, sent, _ in bench.sent]
    assert actions == ["trigger", "resolve", "resolve"]
    assert bench.ledger.told == {}


def test_an_acknowledgement_that_is_put_back_from_the_dead_letters_is_told() -> None:
    bench = Bench(PagerDutyChannel("http://x/", "k"))
    bench.script = [TAKEN, TAKEN, BAD]
    taken_over = anomaly(AnomalyState.UPDATED, 2, severity="critical", acknowledged_by="mara")
    bench.run(anomaly(severity="warning"), taken_over, taken_over)
    actions = [msgspec.json.decode(sent.body)["event_action"] for _, sent, _ in bench.sent]
    assert actions == ["trigger", "trigger", "acknowledge", "acknowledge"]
    bench.run(taken_over)
    assert len(bench.sent) == len(actions)


def test_an_alertmanager_hears_no_more_of_what_ended_whatever_it_answered() -> None:
    bench = Bench(AlertmanagerChannel(Alertmanager(name="hook", url="http://am:9093"), None))
    bench.run(anomaly())
    bench.script = [BAD]
    bench.run(anomaly(AnomalyState.RESOLVED, 2))
    assert bench.ledger.told == {}


def test_a_clock_that_is_set_back_makes_no_pause_longer() -> None:
    bench = Bench()
    bench.script = [DOWN]
    pauses = list[float]()

    def set_back() -> None:
        pauses.append(bench.clock.now)
        bench.clock.now -= 60 * MINUTE

    bench.ledger.on_pause = set_back
    bench.run(anomaly())
    assert bench.taken == [("trigger", "baton/anomaly/a-1")]
    assert len(pauses) == 1
