"""`baton alerts` with the least permissions, on a Kafka that asks for TLS and a password."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from schemas.codec import Codec
from schemas.records import AnomalyState
from streams.engine import wall_clock
from streams.history.playing import Player
from streams.security import connection_of
from streams.settings import load_settings
from tests.alerts.samples import anomaly, recorder
from tests.patience import PATIENCE
from tests.secured_kafka import ADMIN
from tests.security.conftest import Site

FILE = """
receivers:
  - {{name: hook, type: webhook, url: "{url}", secret: {{env: HOOK_SECRET}}}}
routes:
  - {{receivers: [hook]}}
"""


def test_who_may_do_the_least_that_alerts_need_tells_and_buries(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with recorder() as server, log.open("wb") as output:
        server.answer(400)
        (tmp_path / "alerts.yaml").write_text(FILE.format(url=server.url))
        environment = site.environment(
            "notifier", BATON_ALERTS=str(tmp_path / "alerts.yaml"), HOOK_SECRET="s3cret"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli.main", "alerts"],
            env=environment, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            limit = time.monotonic() + PATIENCE
            while b"ready: receiver" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < limit, log.read_text()
                time.sleep(0.1)
            player = Player(connection_of(load_settings(site.environment(ADMIN))), Codec())
            for record in (
                anomaly(anomaly_id="refused"), anomaly(), anomaly(AnomalyState.RESOLVED, 2),
            ):  # fmt: skip
                player.send(record, wall_clock())
            player.flush()
            server.wait_for(2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
    assert [one.json["event"] for one in server.taken] == ["trigger", "resolve"]
    assert "in the dead letters, as support.anomalies/" in log.read_text()


def test_who_may_not_is_told_what_in_a_line(site: Site, tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text(FILE.format(url="http://127.0.0.1:9"))
    told = site.baton(
        "watcher", "alerts", "--file", str(tmp_path / "alerts.yaml"), HOOK_SECRET="s3cret"
    )
    assert told.returncode == 77
    assert "the user 'watcher' may not" in told.stderr
    assert "`baton topics acls` prints what is needed" in told.stderr
