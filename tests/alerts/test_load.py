"""The alerts file is read strictly, and no secret is ever shown."""

from pathlib import Path

import pytest

from streams.alerts.config import SecretSource
from streams.alerts.load import load_alerts
from streams.alerts.receivers import channel_of
from streams.alerts.secrets import hide, read_secret
from streams.core.policy import default_policy
from streams.errors import ConfigError

EXAMPLE = Path("deploy/examples/alerts.yaml")

GOOD = """
receivers:
  - {name: am, type: alertmanager, url: "http://127.0.0.1:9093"}
routes:
  - {receivers: [am]}
"""


def complaint(tmp_path: Path, text: str) -> str:
    path = tmp_path / "alerts.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_alerts(path)
    assert str(raised.value).startswith(f"{path}: ")
    return str(raised.value).removeprefix(f"{path}: ")


def test_the_example_is_read(tmp_path: Path) -> None:
    config = load_alerts(EXAMPLE)
    assert {type(one).__name__ for one in config.receivers} == {
        "Alertmanager", "PagerDuty", "Slack", "Webhook",
    }  # fmt: skip
    assert config.runbooks.components["checkout"].startswith("https://")
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    assert load_alerts(path).receivers[0].retry_for == 86_400_000


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("type: alertmanager", "type: email", "receivers[0].type: invalid value 'email'"),
        ("name: am,", "name: am, colour: red,", "receivers[0]: object contains unknown field"),
        ("name: am", "name: A M", "receivers[0].name: expected up to 40"),
        ("name: am,", "name: am, timeout: soon,", 'receivers[0].timeout: expected a duration'),
        ("name: am,", "name: am, timeout: 2m,", "receivers[0].timeout: expected at most 60s"),
        ("name: am,", "name: am, labels: {a-b: c},", "receivers[0].labels: 'a-b' is no name"),
        ("http://127.0.0.1:9093", "127.0.0.1", "receivers[0].url: expected a URL"),
        ("http://", "http://kim:pass@", "receivers[0].url: a URL must not hold a user"),
        ("[am]", "[pm]", "routes[0].receivers: there is no receiver 'pm'"),
        ("receivers: [am]", "receivers: []", "routes[0].receivers: expected at least one"),
        ("[am]", "[am], kinds: [weather]", "routes[0].kinds[0]: invalid enum value 'weather', exp"),
        ("[am]", "[am], kinds: [test]", "routes[0].kinds: a test goes to every receiver"),
        ("- {receivers: [am]}", "[]", "routes: none leads to the receiver 'am'"),
        ("routes:", "runbooks: {components: {x: ftp://y}}\nroutes:", "runbooks.components.x: exp"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_path(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    assert before in GOOD
    assert complaint(tmp_path, GOOD.replace(before, after)).startswith(sentence)


@pytest.mark.parametrize(
    "key", ["R0-secret", "{env: R0-secret}", "{env: A, file: R0-secret}", "{}"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    text = GOOD.replace("alertmanager, url", f"pagerduty, routing_key: {key}, url")
    told = complaint(tmp_path, text)
    assert told.startswith("receivers[0].routing_key")
    assert "R0-secret" not in told
    assert "{env: NAME} or {file: PATH}" in told or "the name of a variable" in told


def test_the_examples_segments_are_those_of_the_shipped_policy() -> None:
    segments = {segment.name for segment in default_policy().segments}
    assert {name for route in load_alerts(EXAMPLE).routes for name in route.segments} <= segments


def test_a_file_that_is_no_yaml_is_refused_without_repeating_it(tmp_path: Path) -> None:
    told = complaint(tmp_path, "receivers: [R0-secret: {")
    assert told.startswith("not readable as YAML at line 1")
    assert "R0-secret" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a: &a [x]\nreceivers: [*a, *a]",
            "not readable as YAML: line 2, column 13: aliases are not read",
        ),
        ("[" * 5_000, "not readable as YAML: line 1, column 21: nested more than 20 levels"),
        ("receivers: 2026-13-45", "not readable as YAML: line 1, column 12: month must be"),
        ('receivers: "\\ud800"', "not readable as YAML at line 1"),
        ("x: y\n" * 100_000, "expected at most 256 KiB"),
    ],
)
def test_a_hostile_file_is_refused_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    assert complaint(tmp_path, text).startswith(told)


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from-file\n")
    assert read_secret(SecretSource(env="KEY"), "r", {"KEY": "from-env"}) == "from-env"
    secret = read_secret(SecretSource(file=str(path)), "r", {})
    assert secret == "from-file"
    assert "from-file" not in repr(secret)


@pytest.mark.parametrize("held", ["", "  \n", "two\nlines", "\N{SNOWMAN}"])
def test_a_secret_that_cannot_be_one_is_told_by_where_it_is(tmp_path: Path, held: str) -> None:
    path = tmp_path / "key"
    path.write_text(held)
    with pytest.raises(ConfigError, match=r"^receiver x, key: the file .*key ") as raised:
        read_secret(SecretSource(file=str(path)), "receiver x, key", {})
    assert held.strip() == "" or held not in str(raised.value)
    with pytest.raises(ConfigError, match=r"the variable KEY is empty or not set"):
        read_secret(SecretSource(env="KEY"), "receiver x, key", {})


def test_a_secret_address_that_is_no_url_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text(
        GOOD.replace('alertmanager, url: "http://127.0.0.1:9093"', "slack, url: {env: U}")
    )
    monkeypatch.setenv("U", "hooks.example/R0-secret")
    [receiver] = load_alerts(path).receivers
    with pytest.raises(ConfigError, match="receiver am, url: expected a URL") as raised:
        channel_of(receiver)
    assert "R0-secret" not in str(raised.value)


def test_what_is_shown_has_no_secret_in_it() -> None:
    assert (
        hide("POST https://x/T0/abc: key k-1", ("https://x/T0/abc", "k-1")) == "POST ***: key ***"
    )
