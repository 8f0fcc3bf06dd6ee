"""Every setting, declared once: type, default, unit and what it is for.

A setting comes from the environment (`BATON_` and its name in capitals), else from a TOML file
given by `--config` or `BATON_CONFIG`, else from its default. A secret's variable with `_FILE` after
it names a file that holds the secret.
"""

import os
import socket
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import platformdirs

from schemas.codec import Format
from streams.engine import REPLICAS, Guarantee, Mechanism, Protocol
from streams.errors import ConfigError

PREFIX = "BATON_"
FILE_SUFFIX = "_FILE"
CONFIG_VARIABLE = "BATON_CONFIG"
MILLISECONDS = "milliseconds"


class Secret(str):
    """A string that no representation shows; only `str` gives it away."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _setting(default: Any, about: str, unit: str = "") -> Any:
    return field(default=default, metadata={"about": about, "unit": unit})


@dataclass(frozen=True)
class Settings:
    """What a command or worker runs with."""

    bootstrap_servers: str = _setting("127.0.0.1:9092", "Kafka brokers, separated by commas")
    topic_prefix: str = _setting(
        "", "goes before the name of every topic, for a cluster shared with others"
    )
    security_protocol: Protocol = _setting(
        Protocol.PLAINTEXT, "plaintext, ssl, sasl_plaintext or sasl_ssl"
    )
    sasl_mechanism: Mechanism = _setting(
        Mechanism.SCRAM_SHA_512, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    sasl_username: str = _setting("", "who we are, for sasl_plaintext and sasl_ssl")
    sasl_password: Secret = _setting(Secret(""), "the password of sasl_username")
    ssl_ca_file: str = _setting(
        "", "PEM file of who signs the brokers' certificates; the system's authorities when empty"
    )
    ssl_certificate_file: str = _setting(
        "", "PEM file of our own certificate, where brokers ask for one"
    )
    ssl_key_file: str = _setting("", "PEM file of that certificate's key")
    ssl_key_password: Secret = _setting(Secret(""), "the password of ssl_key_file, if it has one")
    group: str = _setting("baton", "prefix of consumer groups, changelogs and transactional ids")
    guarantee: Guarantee = _setting(
        Guarantee.EXACTLY_ONCE, "at_least_once is for the embedded broker only"
    )
    data_dir: Path = _setting(
        Path(platformdirs.user_data_dir("baton")), "where state is kept between starts"
    )
    worker_id: str = _setting(
        "", "stable and unique name of this worker; made once and kept in data_dir when empty"
    )
    policy: str = _setting(
        "", "policy file, or the name of a shipped one: default or seed; default when empty"
    )
    encoder_dir: str = _setting(
        "",
        "folder of the sentence encoder that `make encoder` brings: the second stage looks again "
        "at messages in doubt; off when empty",
    )
    output_format: Format = _setting(Format.JSON, "format of what Baton writes: json or avro")
    schema_registry_url: str = _setting(
        "",
        "Confluent Schema Registry, needed to read or write Avro; when empty avro is written with "
        "one in memory, for trials only",
    )
    schema_registry_auth: Secret = _setting(Secret(""), "user:password of the registry")
    privacy_key: Secret = _setting(
        Secret(""), "makes the hashes that a policy's privacy asks for; it masks instead when empty"
    )
    batch_size: int = _setting(500, "records an agent gets at once", "records")
    commit_interval: int = _setting(100, "time between checkpoints at full load", MILLISECONDS)
    fetch_wait: int = _setting(500, "how long a broker may wait for new records", MILLISECONDS)
    transaction_timeout: int = _setting(
        5_000, "after this the broker aborts a dead worker's transaction", MILLISECONDS
    )
    session_timeout: int = _setting(
        6_000, "after this a silent worker loses its partitions", MILLISECONDS
    )
    heartbeat_interval: int = _setting(
        1_000, "time between signs of life; at most half of session_timeout", MILLISECONDS
    )
    replication: int = _setting(REPLICAS, "replicas of the changelogs that workers make", "brokers")
    create_changelogs: bool = _setting(True, "whether workers make their changelogs themselves")
    health_address: str = _setting(
        "",
        "host:port of /metrics, /livez and /readyz; agents listen on it and the ports that follow, "
        "in the order tickets, anomalies, accounts; none when empty",
    )
    alerts: str = _setting("", "alerts file: who is told of what; `baton alerts` needs one")
    alerts_address: str = _setting(
        "", "host:port of /metrics, /livez and /readyz of `baton alerts`; none when empty"
    )
    clock: str = _setting(
        "wall",
        "wall; records, where only the records' own times fire timers: for a history that is "
        "played; or the demo's shown@realxspeed",
    )
    log_level: LogLevel = _setting(LogLevel.INFO, "debug, info, warning or error")

    def worker_name(self) -> str:
        """The worker's name: as set, or made once and kept in the data folder."""
        if self.worker_id:
            return self.worker_id
        kept = self.data_dir / "worker-id"
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            if not (kept.exists() and kept.read_text().strip()):
                # Whole or not at all: workers without a name would be one to the broker.
                name = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
                made = kept.with_name(name)
                made.write_text(name)
                made.replace(kept)
            return kept.read_text().strip()
        except OSError as error:
            raise ConfigError(
                f"cannot keep the worker's name in {self.data_dir}: {error.strerror}. Set "
                f"{PREFIX}DATA_DIR to a folder that can be written, or {PREFIX}WORKER_ID"
            ) from error


def load_settings(
    environment: Mapping[str, str] | None = None, config: Path | None = None
) -> Settings:
    """Settings from environment and file. Raises `ConfigError` naming what is wrong."""
    environment = os.environ if environment is None else environment
    known = {item.name: item for item in fields(Settings)}
    given: dict[str, tuple[str, Any]] = {}
    if path := config or environment.get(CONFIG_VARIABLE):
        for name, value in _read_toml(Path(path)).items():
            if name not in known:
                raise ConfigError(f"{path}: there is no setting {name!r}")
            given[name] = (f"{path}: {name}", value)
    for name, item in known.items():
        if (variable := PREFIX + name.upper()) in environment:
            given[name] = (variable, environment[variable])
        elif item.type is Secret and (file := environment.get(variable + FILE_SUFFIX)):
            given[name] = (file, _read_text(Path(file)).rstrip("\r\n"))
    settings = Settings(**{name: _parse(known[name], *found) for name, found in given.items()})
    _check_heartbeats(settings)
    return settings


def _check_heartbeats(settings: Settings) -> None:
    """A worker whose sign of life comes after its session is put out of its group, for ever."""
    if settings.heartbeat_interval * 2 > settings.session_timeout:
        raise ConfigError(
            f"{PREFIX}HEARTBEAT_INTERVAL: expected at most half of {PREFIX}SESSION_TIMEOUT, "
            f"got {settings.heartbeat_interval} of {settings.session_timeout} milliseconds"
        )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text in UTF-8") from None


def _parse(item: Field[Any], where: str, value: object) -> Any:
    kind: Any = item.type
    try:
        if kind is bool:
            return _BOOLEANS[str(value).lower()]
        if kind is int:
            return _at_least_one(value)
        return kind(_text(value, may_be_empty=not str(item.default)))
    except (KeyError, ValueError):
        shown = "***" if kind is Secret else value
        raise ConfigError(f'{where}: expected {_expected(item)}, got "{shown}"') from None


_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _at_least_one(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or int(value) < 1:
        raise ValueError(value)
    return int(value)


def _text(value: object, *, may_be_empty: bool) -> str:
    if not isinstance(value, str) or not (value or may_be_empty):
        raise ValueError(value)
    return value


def _expected(item: Field[Any]) -> str:
    kind: Any = item.type
    unit = item.metadata["unit"]
    if kind is bool:
        return "true or false"
    if kind is int:
        return f"a duration in {unit}" if unit == MILLISECONDS else f"a number of {unit}"
    if issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    return "a text"
