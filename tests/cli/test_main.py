"""The command `baton`: quick to start, clear when it fails, quiet when it is stopped."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from detectors.learned import NotTheModel
from schemas.registry_errors import RegistryError
from streams.cli import main as cli
from streams.cli.main import COMMANDS, INTERRUPTED, WRONG_USAGE, main
from streams.engine import EngineError, StoreFailed
from streams.errors import BatonError, BrokerError, ConfigError, InputError, TopicsDiffer
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
HEAVY = ("faust", "spacy", "confluent_kafka", "aiokafka", "rocksdict", "rich")

HELP = f"""
import sys
from streams.cli.main import main
try:
    main(["--help"])
finally:
    assert not set(sys.modules) & set({HEAVY!r})
"""

QUIET = ("play", "tail", "policy", "accounts", "anomalies", "dead_letters")

IMPORTED = f"""
import sys
from importlib import import_module
for name in {QUIET!r}:
    import_module(f"streams.cli.{{name}}")
assert "numpy" not in sys.modules
for name in {list(COMMANDS)!r}:
    import_module(f"streams.cli.{{name.replace('-', '_')}}")
assert not set(sys.modules) & {{"faust", "aiokafka", "spacy"}}
"""


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code


def replaced_by(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `baton tail` raise."""

    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: command)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", HELP],
        env=os.environ | {"COLUMNS": "100"},
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    for name, about in COMMANDS.items():
        assert name in shown.stdout
        assert about in shown.stdout


def test_faust_comes_with_an_agent_and_numpy_with_texts_to_read() -> None:
    subprocess.run([sys.executable, "-c", IMPORTED], check=True, timeout=PATIENCE)


def commands(name: str) -> list[click.Command]:
    """A command of the first level, and those below it."""
    top = cli.baton.get_command(click.Context(cli.baton), name)
    assert top is not None
    return [top, *(top.commands.values() if isinstance(top, click.Group) else ())]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli.baton, [name, "--help"])
    assert result.exit_code == 0, result.output
    for command in commands(name):
        assert command.help
        assert "Example: " in str(command.epilog)
        assert f"baton {name}" in str(command.epilog)


def examples(name: str) -> list[str]:
    return [str(one.epilog).removeprefix("Example: ") for one in commands(name)]


WRITTEN = {
    file for name in COMMANDS for one in examples(name) for file in re.findall(r"> (\S+)", one)
}
"""What one example makes another may read."""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_command_can_be_pasted(name: str) -> None:
    for example in examples(name):
        [called] = [part for part in example.split(" | ") if part.startswith("baton ")]
        _, _, *words = shlex.split(called.partition(" > ")[0])
        top, *below = commands(name)
        command = next((one for one in below if words and one.name == words[0]), top)
        command.make_context(name, words if command is top else words[1:])
        files = [
            word for word in shlex.split(called) if re.search(r"\.(jsonl|yaml|csv|log)$", word)
        ]
        assert not [one for one in files if not (one in WRITTEN or (ROOT / one).is_file())]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_cuts_nothing_off(name: str) -> None:
    told = [name], *([name, str(one.name)] for one in commands(name)[1:])
    for words in told:
        shown = CliRunner().invoke(cli.baton, [*words, "--help"]).output
        assert not re.search(r"\w,?\.\.\.", shown.replace("ID...", ""))
        assert shown.splitlines()[-1].startswith("  Example: "), "it is to fit on one line"


@pytest.mark.parametrize(
    "error", [BatonError, InputError, ConfigError, BrokerError, TopicsDiffer, StoreFailed]
)
def test_an_error_is_one_line_and_an_exit_code_of_its_own(
    error: type[BatonError | EngineError],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replaced_by(monkeypatch, error("do this"))
    assert ended("tail") == error.exit_code
    assert capsys.readouterr().err == "baton: do this\n"


def test_a_model_that_cannot_be_read_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced_by(monkeypatch, NotTheModel("make model"))
    assert ended("tail") == BatonError.exit_code
    assert capsys.readouterr().err == "baton: make model\n"


def test_a_registry_that_does_not_answer_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced_by(monkeypatch, RegistryError("is it up?"))
    assert ended("tail") == BrokerError.exit_code
    assert capsys.readouterr().err == "baton: is it up?\n"


def test_wrong_usage_has_an_exit_code_that_no_command_answers_with() -> None:
    assert ended("tale") == WRONG_USAGE
    assert ended("--nothing") == WRONG_USAGE


def test_what_an_error_quotes_cannot_command_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced_by(monkeypatch, InputError("line 1: \x1b[2J"))
    assert ended("tail") == InputError.exit_code
    assert "\x1b" not in capsys.readouterr().err


def test_a_file_of_settings_is_found_wherever_a_worker_that_is_started_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_CONFIG", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "baton.toml").touch()
    replaced_by(monkeypatch, InputError())
    ended("--config", "baton.toml", "tail")
    assert os.environ["BATON_CONFIG"] == str(tmp_path / "baton.toml")


def test_what_is_no_text_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("tail", os.fsdecode(b"support.\xff")) == WRONG_USAGE
    assert r"b'support.\xff' is not UTF-8, and no file's name" in capsys.readouterr().err


def test_a_file_may_have_a_name_that_is_no_text(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / os.fsdecode(b"\xff.txt")
    file.write_text("hello\n")
    assert ended("fingerprint", str(file)) == 0
    assert capfd.readouterr().out


def test_ctrl_c_ends_with_its_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced_by(monkeypatch, KeyboardInterrupt())
    assert ended("tail") == INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_the_config_option_reaches_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_CONFIG", "")
    file = tmp_path / "baton.toml"
    file.write_text('commit_interval = "soon"')
    assert ended("--config", str(file), "topics", "apply") == ConfigError.exit_code
    assert "commit_interval: expected a duration in milliseconds" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error_worth_a_word() -> None:
    command = f"{sys.executable} -m streams.cli.main --help"
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        command.split(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writer)
    assert ran.stderr == ""


def test_an_interrupt_from_outside_is_quiet(tmp_path: Path) -> None:
    # Where the tests run in the background, what they start is told to ignore interrupts.
    program = (
        "import os, signal, time, click; from streams.cli import main as cli\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "@click.command()\n"
        "def command():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    while True: time.sleep(0.1)\n"
        "cli.LazyGroup.get_command = lambda *_: command\n"
        "cli.main(['tail'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 128 + signal.SIGINT
    assert ran.stderr.strip() == ""
