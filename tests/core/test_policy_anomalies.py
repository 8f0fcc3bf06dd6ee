"""The `anomalies` of a policy file: what is refused, and what it changes in the stream."""

from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.records import Anomaly, ProblemReport
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import AnomalyPolicy
from streams.core.policy import PolicyError, default_policy, load_policy
from tests.agents.harness import START, Harness, decoded

REPORTS, ACTIONS = AnomaliesAgent.sources
OURS = "based_on: default\nname: ours\nversion: 1\nanomalies: "


def anomalies(section: str) -> AnomalyPolicy:
    return load_policy(OURS + section).anomalies


def test_the_shipped_policy_says_what_holds_without_it() -> None:
    assert default_policy().anomalies == AnomalyPolicy()


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("{bucket: 60}", "anomalies.bucket: expected a duration"),
        ("{window_buckets: 0}", "anomalies.window_buckets: "),
        ("{window_buckets: 61}", "anomalies.window_buckets: expected at most 60"),
        ("{minimum_accounts: 1}", "anomalies.minimum_accounts: "),
        ("{open_probability: 0}", "anomalies.open_probability: "),
        ("{stay_probability: 0.000001}", "anomalies.stay_probability: expected at least open_prob"),
        ("{category_accounts: 2}", "anomalies.category_accounts: expected at least minimum_"),
        ("{growth: 1}", "anomalies.growth: "),
        ("{exact_accounts: 2001}", "anomalies.exact_accounts: "),
        ("{affected_tickets: 5001}", "anomalies.affected_tickets: "),
        ("{forget: 15m}", "anomalies.forget: expected at least lateness and a window"),
        ("{severities: {payments: fatal}}", "anomalies.severities.payments: expected one of"),
        ("{runbooks: {payments: wiki}}", "anomalies.runbooks.payments: expected a link"),
        ("{windows: 5}", "anomalies.windows: there is no such key"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write_instead(section: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as raised:
        anomalies(section)
    assert any(one.startswith(complaint) for one in raised.value.complaints)


def report(number: int, second: int | None = None) -> ProblemReport:
    at = START + (number if second is None else second) * 1_000
    return ProblemReport(
        report_id=f"r{number}",
        ticket_id=f"T{number}",
        message_id=f"m{number}",
        fingerprint="502",
        fingerprint_version=1,
        category="technical",
        occurred_at=at,
        source_partition=0,
        source_watermark=at,
        account_id=f"a{number}",
        component="payments",
    )


def told(agent: Harness, *reports: ProblemReport) -> list[Anomaly]:
    return decoded(agent.feed(REPORTS, *reports), "support.anomalies")


def test_runbook_and_severity_are_the_components_before_the_categorys(tmp_path: Path) -> None:
    policy = anomalies(
        "{severities: {payments: critical, technical: warning},"
        " runbooks: {technical: 'https://wiki/all', payments: 'https://wiki/pay'}}"
    )
    agent = Harness(AnomaliesAgent(Codec(), policy), tmp_path, REPORTS, ACTIONS)
    [opened] = told(agent, *map(report, range(3)))
    assert (opened.severity, opened.runbook) == ("critical", "https://wiki/pay")


def test_a_policy_that_is_published_holds_for_reports_from_its_time_on(tmp_path: Path) -> None:
    before, after = AnomalyPolicy(), anomalies("{minimum_accounts: 5}")
    agent = AnomaliesAgent(Codec(), before, lambda now: after if now >= START + 60_000 else before)
    harness = Harness(agent, tmp_path, REPORTS, ACTIONS)
    assert told(harness, *(report(number, 60 + number) for number in range(4))) == []
    assert len(told(harness, report(4, 64))) == 1


def test_a_running_deployment_keeps_the_buckets_it_counts_by(tmp_path: Path) -> None:
    now_in_force = [AnomalyPolicy()]
    agent = AnomaliesAgent(Codec(), now_in_force[0], lambda now: now_in_force[0])
    harness = Harness(agent, tmp_path, REPORTS, ACTIONS)
    told(harness, *map(report, range(2)))
    now_in_force[0] = anomalies("{bucket: 2m}")
    [opened] = told(harness, report(2))
    assert opened.window_end - opened.window_start == 5 * 60_000
