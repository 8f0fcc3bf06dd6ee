"""Settings come from the environment, a file or their default, and say what is wrong with them."""

from dataclasses import fields
from pathlib import Path

import pytest

from schemas.codec import Format
from streams.engine import Guarantee
from streams.errors import ConfigError
from streams.settings import LogLevel, Secret, Settings, load_settings


def test_without_environment_and_file_every_setting_has_its_default() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.bootstrap_servers == "127.0.0.1:9092"
    assert settings.guarantee is Guarantee.EXACTLY_ONCE
    assert (settings.commit_interval, settings.batch_size) == (100, 500)


def test_the_environment_gives_typed_values() -> None:
    settings = load_settings(
        {
            "BATON_COMMIT_INTERVAL": "250",
            "BATON_GUARANTEE": "at_least_once",
            "BATON_OUTPUT_FORMAT": "avro",
            "BATON_LOG_LEVEL": "warning",
            "BATON_DATA_DIR": "/var/lib/baton",
            "BATON_CREATE_CHANGELOGS": "false",
        }
    )
    assert settings.commit_interval == 250
    assert settings.guarantee is Guarantee.AT_LEAST_ONCE
    assert settings.output_format is Format.AVRO
    assert settings.log_level is LogLevel.WARNING
    assert settings.data_dir == Path("/var/lib/baton")
    assert settings.create_changelogs is False


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "baton.toml"
    file.write_text('group = "from-file"\nbatch_size = 7\ncreate_changelogs = false\n')
    environment = {"BATON_CONFIG": str(file), "BATON_GROUP": "from-environment"}
    settings = load_settings(environment)
    assert settings.group == "from-environment"
    assert settings.batch_size == 7
    assert settings.create_changelogs is False
    assert load_settings({}, file).group == "from-file"
    other = tmp_path / "other.toml"
    other.write_text('group = "by-option"\n')
    assert load_settings({"BATON_CONFIG": str(file)}, other).group == "by-option"


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "false", "FALSE", "0", "no"])
def test_yes_and_no_have_several_names(text: str) -> None:
    found = load_settings({"BATON_CREATE_CHANGELOGS": text}).create_changelogs
    assert found == (text.lower() in ("true", "1", "yes"))


def test_only_a_secret_comes_from_a_file_of_its_own_and_spaces_belong_to_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "secret"
    file.write_text(" hunter 2 \r\n")
    named = {"BATON_SASL_PASSWORD_FILE": str(file), "BATON_GROUP_FILE": str(file)}
    settings = load_settings(named)
    assert (settings.sasl_password, settings.group) == (" hunter 2 ", Settings().group)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "baton.toml"
    file.write_bytes(b'group = "\xff"')
    with pytest.raises(ConfigError, match=r"baton\.toml is not text in UTF-8"):
        load_settings({}, file)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("BATON_COMMIT_INTERVAL", "x", "a duration in milliseconds"),
        ("BATON_COMMIT_INTERVAL", "0", "a duration in milliseconds"),
        ("BATON_COMMIT_INTERVAL", "1.5", "a duration in milliseconds"),
        ("BATON_BATCH_SIZE", "-3", "a number of records"),
        ("BATON_CREATE_CHANGELOGS", "perhaps", "true or false"),
        ("BATON_GUARANTEE", "twice", "one of exactly_once, at_least_once"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    variable: str, value: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings({variable: value})
    assert str(raised.value) == f'{variable}: expected {expected}, got "{value}"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("commit_interval = true", "commit_interval: expected a duration in milliseconds"),
        ("commit_interval = 1.5", "commit_interval: expected a duration in milliseconds"),
        ('bootstrap_servers = ["a:1", "b:1"]', "bootstrap_servers: expected a text"),
        ('comit_interval = "1"', "there is no setting 'comit_interval'"),
        ("group = ", "is not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "baton.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as raised:
        load_settings({}, file)
    assert str(file) in str(raised.value)


def test_signs_of_life_that_come_after_the_session_are_refused() -> None:
    late = {"BATON_HEARTBEAT_INTERVAL": "10000", "BATON_SESSION_TIMEOUT": "6000"}
    with pytest.raises(ConfigError, match="BATON_HEARTBEAT_INTERVAL: expected at most half of"):
        load_settings(late)
    load_settings(late | {"BATON_SESSION_TIMEOUT": "20000"})
    with pytest.raises(ConfigError):
        load_settings(late | {"BATON_SESSION_TIMEOUT": "19999"})


@pytest.mark.parametrize("name", ["BOOTSTRAP_SERVERS", "GROUP", "DATA_DIR"])
def test_what_has_a_default_cannot_be_empty(name: str) -> None:
    with pytest.raises(ConfigError, match=f'BATON_{name}: expected a text, got ""'):
        load_settings({f"BATON_{name}": ""})


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_settings({"BATON_CONFIG": str(tmp_path / "none.toml")})


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    settings = load_settings({"BATON_SCHEMA_REGISTRY_AUTH": "me:hunter2"})
    assert isinstance(settings.schema_registry_auth, Secret)
    assert settings.schema_registry_auth == "me:hunter2"
    assert "hunter2" not in repr(settings)
    file = tmp_path / "baton.toml"
    file.write_text('schema_registry_auth = ["hunter2"]')
    with pytest.raises(ConfigError) as raised:
        load_settings({}, file)
    assert "hunter2" not in str(raised.value)


def test_the_workers_name_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    assert settings.worker_name() == settings.worker_name()
    assert Settings(data_dir=tmp_path / "other").worker_name() != settings.worker_name()
    assert Settings(worker_id="w1").worker_name() == "w1"
    (tmp_path / "new" / "worker-id").write_text("by hand\n")
    assert settings.worker_name() == "by hand"


def test_a_name_that_was_not_written_to_its_end_is_made_anew(tmp_path: Path) -> None:
    """A full disk leaves an empty file, and two workers without a name would end each other."""
    (tmp_path / "worker-id").touch()
    settings = Settings(data_dir=tmp_path)
    assert settings.worker_name()
    assert settings.worker_name() == settings.worker_name()
    assert [one.name for one in tmp_path.iterdir()] == ["worker-id"]


def test_a_data_folder_that_cannot_be_made_names_the_settings_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="BATON_DATA_DIR"):
        Settings(data_dir=tmp_path / "file" / "data").worker_name()


@pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)
def test_a_setting_says_what_it_is_for_and_numbers_have_a_unit(item: object) -> None:
    metadata, kind = getattr(item, "metadata", {}), getattr(item, "type", None)
    assert metadata["about"]
    assert bool(metadata["unit"]) == (kind is int)
