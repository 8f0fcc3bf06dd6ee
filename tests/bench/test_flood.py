"""The flood of fingerprints is one of distinct ones, and the agent forgets them."""

from pathlib import Path

from tests.bench.flood import reports, run_flood

FLOOD = 3_000


def test_each_report_has_a_fingerprint_of_its_own() -> None:
    made = list(reports(range(FLOOD), FLOOD))
    assert len({one.fingerprint for one in made}) == FLOOD
    assert len({one.account_id for one in made}) == FLOOD


def test_a_flood_alerts_nobody_and_leaves_nothing(tmp_path: Path) -> None:
    found = {result.what.split(", ")[-1]: result.values[0] for result in run_flood(tmp_path, FLOOD)}
    assert found["opened"] == 0
    assert found["known at once"] < FLOOD / 2
    assert found["forgotten after half an hour"] == FLOOD
    assert found["not given a state"] == 0
    assert found["memory more than at the start"] < 64
