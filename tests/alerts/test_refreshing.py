"""What an Alertmanager has open is sent to it again, until it is over."""

from schemas.records import AnomalyState, HealthLevel
from streams.alerts.config import Alertmanager
from streams.alerts.delivery import Verdict
from streams.alerts.forwarder import MOST_REFRESHED
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from tests.alerts.forwarding import DOWN, Bench
from tests.alerts.samples import anomaly, health


def test_open_alerts_are_sent_again_even_while_another_is_not_taken() -> None:
    receiver = Alertmanager(name="hook", url="http://am:9093")
    bench = Bench(AlertmanagerChannel(receiver, None))
    bench.run(anomaly())
    assert len(bench.sent) == 1 + 1  # told, and at once sent again, as after every start
    bench.ledger.add(anomaly(anomaly_id="a-2"))
    bench.script = [DOWN] * 12
    bench.forwarder.step()
    again = [
        at
        for at, request, _ in bench.sent[2:]
        if "a-1" in request.body.decode() and "a-2" not in request.body.decode()
    ]
    assert len(again) >= 2
    assert {answer.verdict for _, _, answer in bench.sent[-1:]} == {Verdict.TAKEN}


def test_an_idle_alertmanager_hears_of_open_alerts_four_times_in_its_resolve_timeout() -> None:
    receiver = Alertmanager(name="hook", url="http://am:9093")
    bench = Bench(AlertmanagerChannel(receiver, None))
    bench.run(anomaly(), health(HealthLevel.HEALTHY))
    del bench.sent[:]
    for _ in range(600):
        bench.clock.now += 1_000
        bench.forwarder.step()
    assert len(bench.sent) == 600 // 75
    bench.run(anomaly(AnomalyState.RESOLVED, 2))
    del bench.sent[:]
    for _ in range(200):
        bench.clock.now += 1_000
        bench.forwarder.step()
    assert bench.sent == []


def test_who_does_not_take_the_first_of_many_open_alerts_is_not_asked_about_the_rest() -> None:
    """Each could take as long as a receiver has to answer, and the group would give us up."""
    bench = Bench(AlertmanagerChannel(Alertmanager(name="hook", url="http://am:9093"), None))
    bench.run(*(anomaly(anomaly_id=f"a-{n}") for n in range(2 * MOST_REFRESHED + 1)))
    bench.clock.now += 75_000
    del bench.sent[:]
    bench.script = [DOWN]
    bench.forwarder.step()
    assert len(bench.sent) == 1
    bench.clock.now += 5_000
    bench.forwarder.step()
    assert len(bench.sent) == 1 + 3


def test_open_alerts_do_not_end_because_a_clock_is_set_back() -> None:
    bench = Bench(AlertmanagerChannel(Alertmanager(name="hook", url="http://am:9093"), None))
    bench.run(anomaly())
    bench.clock.now -= 3_600_000
    del bench.sent[:]
    for _ in range(300):
        bench.clock.now += 1_000
        bench.forwarder.step()
    assert len(bench.sent) == 300 // 75
