"""`baton alerts` on a real Kafka: nothing is lost, nobody holds up another, restarts go on."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from schemas.records import AnomalyState, HealthLevel
from streams.engine import wall_clock
from streams.metrics import ALERT_METRICS
from tests.alerts.alertmanager import running_alertmanager
from tests.alerts.samples import Recorder, anomaly, health, recorder, sla
from tests.alerts.site import CHAT, LIMITS, Site, alertmanager, hook, pagerduty, slack
from tests.patience import PATIENCE
from tests.ports import free_port


def told(server: Recorder) -> list[tuple[str, str]]:
    return [(one.json["event"], one.json["dedup_key"]) for one in server.taken]


def has_come(server: Recorder, wanted: Iterable[tuple[str, str]]) -> Callable[[], bool]:
    expected = set(wanted)
    return lambda: expected <= set(told(server))


def test_every_kind_of_receiver_is_told_of_every_kind_of_alert(site: Site, tmp_path: Path) -> None:
    with recorder() as server, running_alertmanager(tmp_path) as am:
        server.limits |= LIMITS
        site.environment["BATON_LOG_LEVEL"] = "debug"
        site.write(
            alertmanager(am.url),
            pagerduty(server.url),
            slack(tmp_path, server.url),
            hook("hook", server.url),
        )
        now = wall_clock()
        with site.alerts(receivers=4):
            site.say(anomaly(since=now, updated_at=now), sla(at=now), health(at=now))
            server.wait_for(9)
            limit = time.monotonic() + PATIENCE
            while len(am.alerts()) < 3:
                assert time.monotonic() < limit
                time.sleep(0.1)
        by_path = {path: [one for one in server.taken if one.path == path]
                   for path in ("/pd", CHAT, "/hook")}  # fmt: skip
        assert [len(some) for some in by_path.values()] == [3, 3, 3]
        keys = {one.json["dedup_key"] for one in by_path["/pd"]}
        assert keys == {
            "baton/anomaly/a-1", "baton/sla/T1/first_response", "baton/account/acme",
        }  # fmt: skip
        assert {one.json["dedup_key"] for one in by_path["/hook"]} == keys
        assert len(site.open()) == 12


def test_a_receiver_that_is_down_misses_nothing_and_holds_up_nobody(site: Site) -> None:
    port = free_port()
    with recorder() as well:
        site.write(hook("well", well.url), hook("down", f"http://127.0.0.1:{port}"))
        with site.alerts(receivers=2):
            for number in range(20):
                site.say(anomaly(anomaly_id=f"a-{number}"))
            well.wait_for(20)
            with recorder(port) as back:
                back.answer(500, 429)
                back.wait_for(20)
                assert told(back) == told(well)
                assert len(set(told(back))) == 20


def test_whatever_is_killed_arrives_under_the_same_key_and_in_order(site: Site) -> None:
    with recorder() as server:
        site.write(hook("hook", server.url))
        with site.alerts():
            site.say(anomaly())
            server.wait_for(1)
        wanted = [("trigger", "baton/anomaly/a-1")]
        for round_ in range(2):
            names = [f"r{round_}-{number}" for number in range(30)]
            with site.alerts() as process:
                site.say(*(anomaly(anomaly_id=name) for name in names))
                site.say(*(anomaly(AnomalyState.RESOLVED, 2, anomaly_id=name) for name in names))
                server.wait_for(len(wanted) + 10)
                process.kill()
                process.wait()
            wanted += [("trigger", f"baton/anomaly/{name}") for name in names]
            wanted += [("resolve", f"baton/anomaly/{name}") for name in names]
            with site.alerts():
                server.wait_until(has_come(server, wanted))
                server.settle()
        assert list(dict.fromkeys(told(server))) == wanted  # in order, but for repetitions
        assert len(told(server)) - len(wanted) <= 2  # one under way at each kill
        assert list(site.open()) == ["hook/baton/anomaly/a-1"]
        with site.alerts():  # what was told before all that is still known
            site.say(anomaly(AnomalyState.RESOLVED, 9))
            server.wait_for(len(told(server)) + 1)
        assert told(server)[-1] == ("resolve", "baton/anomaly/a-1")
        assert site.open() == {}


def test_who_dies_before_an_answer_is_noted_tells_it_again_and_loses_nothing(site: Site) -> None:
    port = free_port()
    site.write(hook("hook", f"http://127.0.0.1:{port}"))
    names = [f"a-{number}" for number in range(5)]
    with site.alerts() as process:
        site.say(*(anomaly(anomaly_id=name) for name in names))
        time.sleep(1.5)  # nobody answers; it is trying on
        process.kill()
        process.wait()
    with recorder(port) as server:
        server.delay = 1.0
        with site.alerts() as process:
            server.wait_for(1)  # it has arrived, and the answer is under way
            process.kill()
            process.wait()
        server.delay = 0.0
        with site.alerts():
            server.wait_for(1 + len(names))
            server.settle()
    keys = [f"baton/anomaly/{name}" for name in names]
    assert [key for _, key in told(server)] == [keys[0], *keys]
    assert len(site.open()) == len(names)


def test_a_new_receiver_begins_with_what_comes_next_unless_told_otherwise(site: Site) -> None:
    with recorder() as server:
        site.say(anomaly(anomaly_id="old"))
        site.write(hook("new", server.url))
        with site.alerts():
            pass
        site.say(anomaly(anomaly_id="between"))  # while nobody runs, after its first start
        with site.alerts():
            server.wait_for(1)
        site.write(hook("new", server.url), hook("whole", server.url))
        with site.alerts("--from-start", receivers=2):
            server.wait_for(3)
        paths = [(one.path, one.json["dedup_key"].split("/")[-1]) for one in server.taken]
        assert paths == [("/new", "between"), ("/whole", "old"), ("/whole", "between")]


def test_two_of_them_share_the_work_and_one_takes_over(site: Site) -> None:
    with recorder() as server:
        site.write(hook("hook", server.url))
        with site.alerts() as first:
            site.environment["BATON_WORKER_ID"] = "second"
            with site.alerts():
                site.say(*(health(account_id=f"acct-{n}") for n in range(20)))
                server.wait_for(20)
                first.kill()
                first.wait()
                well = HealthLevel.HEALTHY
                at = wall_clock()
                site.say(*(health(well, at, account_id=f"acct-{n}") for n in range(20)))
                wanted = {("resolve", f"baton/account/acct-{n}") for n in range(20)}
                server.wait_until(has_come(server, wanted))
                server.settle()
        assert {one for one in told(server) if one[0] == "resolve"} == wanted
        assert len(told(server)) <= 40 + 2  # one under way at the kill, one when it is taken over
        assert site.open() == {}


def test_what_is_refused_is_in_the_dead_letters_with_the_receivers_words(site: Site) -> None:
    with recorder() as server:
        server.answer(400, body=b"no such field")
        site.write(hook("hook", server.url))
        with site.alerts():
            site.say(anomaly(anomaly_id="a-1"), anomaly(anomaly_id="a-2"))
            server.wait_for(1)
            time.sleep(0.5)
        listed = subprocess.run(
            [sys.executable, "-m", "streams.cli.main", "dead-letters", "list", "--json"],
            env=site.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        [letter] = map(json.loads, listed.stdout.splitlines())
        assert letter["dead_letter_id"].endswith("/hook")
        assert (letter["agent"], letter["error_code"]) == ("alerts", "refused")
        assert letter["error"] == "receiver hook: refused with 400: no such field"


def get(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_it_says_over_http_that_it_is_ready_and_serves_every_declared_metric(site: Site) -> None:
    port = free_port()
    site.environment["BATON_ALERTS_ADDRESS"] = f"127.0.0.1:{port}"
    with recorder() as server:
        server.answer(503)
        site.write(hook("hook", server.url))
        with site.alerts():
            site.say(anomaly())
            server.wait_until(lambda: 'verdict="taken"' in get(port, "/metrics"))
            assert json.loads(get(port, "/readyz")) == {"ok": True, "receivers": ["hook"]}
            assert json.loads(get(port, "/livez")) == {"ok": True}
            served = list(text_string_to_metric_families(get(port, "/metrics")))
    assert {one.name for one in served} == {
        one.name.removesuffix("_total") for one in ALERT_METRICS
    }
    [attempts] = [one for one in served if one.name == "baton_alert_attempts"]
    assert {one.labels["verdict"]: one.value for one in attempts.samples} == {
        "again": 1,
        "taken": 1,
    }


def test_topics_that_are_not_there_are_told_in_a_line(site: Site) -> None:
    site.write(hook("hook", "http://127.0.0.1:9"))
    environment = {**site.environment, "BATON_TOPIC_PREFIX": "none."}
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli.main", "alerts"],
        env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 69
    assert "there is no topic support.anomalies; `baton topics apply` makes it" in ended.stderr
