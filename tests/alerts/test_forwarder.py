"""One receiver is told everything at least once, in order, and what it never takes is kept."""

from collections.abc import Callable
from itertools import groupby, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from schemas.codec import Codec
from schemas.records import AnomalyState, HealthLevel, Record
from streams.alerts.config import Alertmanager, AlertsConfig
from streams.alerts.counting import AlertMetrics, Counts
from streams.alerts.delivery import Answer, Verdict
from streams.alerts.forwarder import Forwarder
from streams.alerts.ledger import Abandoned, Received
from streams.alerts.receivers import Channel, Request
from streams.alerts.receivers.alertmanager import AlertmanagerChannel
from streams.alerts.receivers.webhook import WebhookChannel
from tests.alerts.fake_ledger import FakeClock, FakeLedger
from tests.alerts.samples import MINUTE, NOW, anomaly, config, health, webhook

TAKEN = Answer(Verdict.TAKEN, "ok", 202)
DOWN = Answer(Verdict.AGAIN, "down", 503)
BAD = Answer(Verdict.REFUSED, "no such field", 400)


class Bench:
    """A forwarder over a ledger in memory, and a receiver that answers as it is told."""

    def __init__(
        self, channel: Channel | None = None, settings: AlertsConfig | None = None
    ) -> None:
        self.clock = FakeClock(NOW)
        self.ledger = FakeLedger(self.clock)
        self.script: list[Answer] = []
        self.sent: list[tuple[int, Request, Answer]] = []
        self.registry = CollectorRegistry()
        receiver = webhook()
        self.forwarder = Forwarder(
            receiver, settings or config(receiver), channel or WebhookChannel("http://x/", "s"),
            self._post, self.ledger, Codec(), Counts("hook", AlertMetrics(self.registry)),
            self.clock,
        )  # fmt: skip

    def _post(self, request: Request) -> Answer:
        answer = self.script.pop(0) if self.script else TAKEN
        self.sent.append((self.clock.now, request, answer))
        return answer

    def run(self, *records: Record | Received) -> None:
        self.ledger.add(*records)
        for _ in range(len(self.ledger.records) - self.ledger.committed + 1):
            self.forwarder.step()

    @property
    def stamped(self) -> list[tuple[str, str, int]]:
        """Event, dedup key and time of all that was taken."""
        return [
            (body["event"], body["dedup_key"], body["alert"]["updated_at"])
            for _, request, answer in self.sent
            if answer is TAKEN
            for body in [msgspec.json.decode(request.body)]
        ]

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Event and dedup key of all that was taken."""
        return [(event, key) for event, key, _ in self.stamped]

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, {"receiver": "hook", **labels}) or 0.0


def test_offsets_move_only_after_the_receiver_has_taken_it() -> None:
    bench = Bench()
    bench.script = [DOWN, DOWN]
    seen = list[int]()
    bench.ledger.on_pause = lambda: seen.append(bench.ledger.committed)
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


def test_a_record_that_cannot_be_read_goes_to_the_dead_letters() -> None:
    bench = Bench()
    bench.run(Received("support.anomalies", 0, 0, NOW, b"a", b"{nonsense"), anomaly())
    assert [code for code, _ in bench.ledger.letters] == ["not_decodable"]
    assert [event for event, _ in bench.taken] == ["trigger"]


def test_an_erased_account_is_over() -> None:
    bench = Bench()
    erased = Received("support.account-health", 0, 1, NOW, b"acme", None)
    other = Received("support.account-health", 0, 2, NOW, b"other", None)
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


steps = st.tuples(st.sampled_from(["a-1", "a-2"]), st.sampled_from(["open", "grow", "end"]))
faults = st.sampled_from(["", "", "down", "crash before", "crash after"])


@given(st.lists(st.tuples(steps, faults), max_size=15))
def test_whatever_fails_everything_arrives_in_order_and_a_repetition_has_the_same_key(
    plan: list[tuple[tuple[str, str], str]],
) -> None:
    states = {
        "open": AnomalyState.OPENED, "grow": AnomalyState.UPDATED, "end": AnomalyState.RESOLVED,
    }  # fmt: skip
    records = [
        anomaly(states[what], number, anomaly_id=name)
        for number, ((name, what), _) in enumerate(plan, 1)
    ]
    smooth, rough = Bench(), Bench()
    smooth.run(*records)
    for record, (_, fault) in zip(records, plan, strict=True):
        rough.ledger.add(record)
        FAULTS[fault](rough)
        rough.run()
    assert [arrived for arrived, _ in groupby(rough.stamped)] == smooth.stamped
    assert rough.ledger.told == smooth.ledger.told
    assert rough.ledger.committed == len(records)
    crashes = sum(fault == "crash after" for _, fault in plan)
    assert len(rough.stamped) - len(smooth.stamped) <= crashes


def _crash_after(bench: Bench) -> None:
    bench.ledger.commits_fail = True
    with pytest.raises(Abandoned):
        _step_often(bench)
    bench.ledger.commits_fail = False
    bench.ledger.restart()


def _step_often(bench: Bench) -> None:
    for _ in range(3):
        bench.forwarder.step()


def _crash_before(bench: Bench) -> None:
    def taken_away() -> None:
        bench.ledger.on_pause = lambda: None
        raise Abandoned

    bench.script, bench.ledger.on_pause = [DOWN], taken_away
    try:
        bench.forwarder.step()
    except Abandoned:
        bench.ledger.restart()
    bench.script, bench.ledger.on_pause = [], lambda: None


def _down(bench: Bench) -> None:
    bench.script = [DOWN] * 3
    bench.run()
    bench.script = []


FAULTS: dict[str, Callable[[Bench], None]] = {
    "": lambda bench: None,
    "down": _down,
    "crash before": _crash_before,
    "crash after": _crash_after,
}
