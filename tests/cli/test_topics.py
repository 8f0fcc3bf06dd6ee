"""`baton topics` plans, applies and answers with its exit code, on a real broker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.cli.main import main
from streams.errors import BrokerError, ConfigError, InputError, TopicsDiffer
from tests.conftest import Broker

Run = Callable[..., int]
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def run(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", kafka.bootstrap)
    return ended


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["topics", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_apply_makes_what_plan_announced_and_then_nothing_is_left_to_do(
    run: Run, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--dev", "--partitions", "2", "--routes", f"{unique}-a,{unique}-b")
    assert run("plan", *options) == TopicsDiffer.exit_code
    assert "to be created" in capsys.readouterr().out
    assert run("apply", *options) == 0
    assert "created" in capsys.readouterr().out
    assert run("plan", *options, "--json") == 0
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {finding["difference"] for finding in findings} == {"same"}
    names = [finding["wanted"]["name"] for finding in findings]
    assert names[-2:] == [f"support.escalations.{unique}-a", f"support.escalations.{unique}-b"]
    assert run("apply", *options) == 0
    assert "created" not in capsys.readouterr().out


def test_apply_refuses_topics_whose_partitions_differ_and_changes_none(
    run: Run, kafka: Broker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kafka.create(f"support.escalations.{unique}", 5)
    options = ("--dev", "--partitions", "2", "--routes", unique)
    assert run("apply", *options) == TopicsDiffer.exit_code
    captured = capsys.readouterr()
    assert "cannot be mended: has 5 partitions, 2 are declared" in captured.out
    assert captured.err.startswith("baton: ")


def test_without_a_broker_plan_and_apply_end_with_the_brokers_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", NOWHERE)
    monkeypatch.setattr("streams.engine.access.ANSWER_TIMEOUT", 0.5)
    assert ended("plan") == BrokerError.exit_code
    assert ended("apply") == BrokerError.exit_code
    assert capsys.readouterr().err.count(f"no Kafka broker answers at {NOWHERE}") == 2


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_a_wrong_setting_is_no_answer_about_topics(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "baton.toml").write_text("nonsense = 1\n")
    monkeypatch.setenv("BATON_CONFIG", str(tmp_path / "baton.toml"))
    assert ended(name) == ConfigError.exit_code
    assert "there is no setting 'nonsense'" in capsys.readouterr().err


def test_acls_are_what_the_settings_name_and_the_agents_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_TOPIC_PREFIX", "acme.")
    monkeypatch.setenv("BATON_GROUP", "desk")
    monkeypatch.setenv("BATON_CREATE_CHANGELOGS", "false")
    monkeypatch.setenv("BATON_DATA_DIR", str(tmp_path / "none"))
    assert ended("acls", "--user", "me", "--agents", "anomalies") == 0
    allowed = [line.split("User:me ")[1] for line in capsys.readouterr().out.splitlines()]
    assert allowed == [
        "--operation Read --topic acme.support.problem-reports "
        "--topic acme.support.anomaly-actions --topic acme.support.policies",
        "--operation Write --topic acme.support.anomalies --topic acme.support.open-anomalies "
        "--topic acme.support.dead-letters",
        "--operation Read --operation Write --operation DescribeConfigs "
        "--topic acme.desk-anomalies-state-changelog",
        "--operation Read --group desk-anomalies",
        "--operation Write --transactional-id desk-anomalies-state- "
        "--resource-pattern-type prefixed",
    ]
    assert not (tmp_path / "none").exists()


def test_a_route_that_cannot_name_a_topic_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("apply", "--routes", "no good") == InputError.exit_code
    assert "'no good' cannot name a route" in capsys.readouterr().err
