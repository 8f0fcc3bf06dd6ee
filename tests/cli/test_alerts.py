"""`baton alerts test` and `check`, as a user types them."""

import json
from pathlib import Path

import pytest

from streams.cli.main import main
from streams.errors import ConfigError
from tests.alerts.limits import check_pagerduty, check_slack
from tests.alerts.samples import Recorder, recorder

FILE = """
receivers:
  - {{name: am, type: alertmanager, url: "{url}/am"}}
  - {{name: pd, type: pagerduty, url: "{url}/pd", routing_key: {{env: PD_KEY}}}}
  - {{name: chat, type: slack, url: {{env: CHAT_URL}}}}
  - {{name: hook, type: webhook, url: "{url}/hook", secret: {{env: HOOK_SECRET}}}}
routes:
  - {{receivers: [am, pd, chat, hook], severities: [critical]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yaml"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    given = {"PD_KEY": "k" * 32, "HOOK_SECRET": "s3cret"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def baton(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["alerts", *arguments])
    shown = capfd.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, shown.out, shown.err


def prepared(server: Recorder, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_URL", f"{server.url}/chat/R0-secret")
    file.write_text(FILE.format(url=server.url))


def test_a_test_alert_goes_to_every_receiver_marked_as_one(
    file: Path, secrets: dict[str, str], capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with recorder() as server:
        prepared(server, file, monkeypatch)
        code, out, _ = baton(capfd, "test", "--file", str(file))
        assert code == 0
        assert [line.split()[:3] for line in out.splitlines()[1:]] == [
            ["am", "alertmanager", "taken"], ["pd", "pagerduty", "taken"],
            ["chat", "slack", "taken"], ["hook", "webhook", "taken"],
        ]  # fmt: skip
        am, pd, chat, hook = server.arrived
    [alert] = am.json
    assert alert["labels"]["alertname"] == "BatonTest"
    assert check_pagerduty(pd.body)["payload"]["summary"].startswith("TEST: ")
    assert "TEST: " in check_slack(chat.body)["text"]
    assert (hook.json["event"], hook.json["alert"]["kind"]) == ("trigger", "test")


def test_a_receiver_that_does_not_take_it_is_named_and_the_exit_code_says_so(
    file: Path, secrets: dict[str, str], capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with recorder() as server:
        prepared(server, file, monkeypatch)
        server.answer(200)
        server.answer(400, body=b"invalid routing key " + secrets["PD_KEY"].encode())
        server.answer(404, body=b"no_service")
        code, out, error = baton(capfd, "test", "--file", str(file), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [(one["receiver"], one["ok"], one["status"]) for one in answers] == [
        ("am", True, 200), ("pd", False, 400), ("chat", False, 404), ("hook", True, 202),
    ]  # fmt: skip
    assert answers[1]["answer"] == "invalid routing key ***"
    assert code == 1
    assert error == "baton: 2 of 4 receivers did not take it\n"
    assert not [secret for secret in (*secrets.values(), "R0-secret") if secret in out + error]


def test_the_settings_can_name_the_file(
    file: Path, secrets: dict[str, str], capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    code, _, error = baton(capfd, "test")
    assert code == ConfigError.exit_code
    assert "Say --file or set BATON_ALERTS" in error
    with recorder() as server:
        prepared(server, file, monkeypatch)
        monkeypatch.setenv("BATON_ALERTS", str(file))
        assert baton(capfd, "test")[0] == 0
        assert len(server.arrived) == 4


def test_without_a_secret_nothing_is_forwarded_and_a_trial_still_reaches_the_others(
    file: Path, secrets: dict[str, str], capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    missing = "receiver pd, routing_key: the variable PD_KEY is empty or not set"
    with recorder() as server:
        prepared(server, file, monkeypatch)
        monkeypatch.delenv("PD_KEY")
        code, _, error = baton(capfd, "--file", str(file))
        assert code == ConfigError.exit_code
        assert missing in error
        assert server.arrived == []
        code, out, error = baton(capfd, "test", "--file", str(file), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [one["receiver"] for one in answers if one["ok"]] == ["am", "chat", "hook"]
    assert [one["answer"] for one in answers if not one["ok"]] == [missing]
    assert [one.path for one in server.arrived] == ["/am/api/v2/alerts", "/chat/R0-secret", "/hook"]
    assert (code, error) == (1, "baton: 1 of 4 receivers did not take it\n")


def test_a_file_is_checked_where_its_secrets_are_not(
    capfd: pytest.CaptureFixture[str], file: Path
) -> None:
    code, out, error = baton(capfd, "check", "deploy/examples/alerts.yaml")
    assert (code, out) == (0, "deploy/examples/alerts.yaml: 4 receivers, 5 routes\n")
    assert "not on this machine: receiver on-call, routing_key: the variable" in error
    file.write_text("receivers: []\nroutes: []\n")
    code, _, error = baton(capfd, "check", str(file))
    assert code == ConfigError.exit_code
    assert error == f"baton: {file}: receivers: expected at least one\n"
