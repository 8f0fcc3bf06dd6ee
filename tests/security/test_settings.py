"""Settings that cannot protect a connection are refused by name, and no secret is shown."""

from pathlib import Path

import pytest

from streams.engine import Connection, Protocol
from streams.engine.app import credentials
from streams.errors import ConfigError
from streams.security import connection_of
from streams.settings import load_settings
from tests.secured_kafka import make_certificates

SASL = {
    "BATON_SECURITY_PROTOCOL": "sasl_ssl",
    "BATON_SASL_USERNAME": "baton",
    "BATON_SASL_PASSWORD": "sentinel-7f3a",
}


def connection(environment: dict[str, str]) -> Connection:
    return connection_of(load_settings(environment))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder, {"one": "password-1", "two": "password-2"})
    return folder


def test_without_settings_nothing_is_protected() -> None:
    assert connection({}) == Connection("127.0.0.1:9092")
    assert credentials(connection({})) is None


def test_both_clients_get_the_same(certificates: Path) -> None:
    ca = str(certificates / "ca.pem")
    made = connection(SASL | {"BATON_SSL_CA_FILE": ca, "BATON_SASL_MECHANISM": "PLAIN"})
    assert made.librdkafka() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "baton",
        "sasl.password": "sentinel-7f3a",
        "ssl.ca.location": ca,
        "log_level": 0,
        "allow.auto.create.topics": False,
        "reconnect.backoff.max.ms": 1_000,
    }
    given = credentials(made)
    assert given is not None
    assert given.protocol.value == "SASL_SSL"
    assert made.ssl_context().check_hostname


def test_no_representation_shows_a_secret() -> None:
    environment = SASL | {"BATON_SSL_KEY_PASSWORD": "sentinel-7f3a"}
    made = connection(environment)
    for shown in (load_settings(environment), made, credentials(made), [made]):
        assert "sentinel" not in f"{shown!r} {shown}"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"BATON_SASL_PASSWORD": ""}, "BATON_SASL_PASSWORD"),
        ({"BATON_SASL_USERNAME": ""}, "BATON_SASL_USERNAME"),
        ({"BATON_SECURITY_PROTOCOL": "plaintext"}, "BATON_SASL_USERNAME is set"),
        ({"BATON_SECURITY_PROTOCOL": "sasl_plaintext", "BATON_SSL_CA_FILE": "x"}, "SSL_CA_FILE"),
        ({"BATON_SSL_CA_FILE": "/no/such.pem"}, "BATON_SSL_CA_FILE: cannot read /no/such.pem"),
        ({"BATON_SSL_CA_FILE": "{folder}/one.key"}, "BATON_SSL_CA_FILE: not PEM"),
        ({"BATON_SSL_CERTIFICATE_FILE": "{folder}/one.crt"}, "set BATON_SSL_KEY_FILE too"),
        ({"BATON_SSL_KEY_FILE": "{folder}/one.key"}, "set BATON_SSL_CERTIFICATE_FILE too"),
        ({"BATON_SECURITY_PROTOCOL": "tls"}, "one of plaintext, ssl, sasl_plaintext, sasl_ssl"),
        ({"BATON_SASL_MECHANISM": "SCRAM"}, "one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
        ({"BATON_TOPIC_PREFIX": "acme/"}, "BATON_TOPIC_PREFIX"),
        ({"BATON_TOPIC_PREFIX": "a" * 101}, "BATON_TOPIC_PREFIX"),
    ],
)
def test_what_does_not_fit_together_is_named(
    certificates: Path, changes: dict[str, str], named: str
) -> None:
    changes = {name: value.format(folder=certificates) for name, value in changes.items()}
    with pytest.raises(ConfigError) as raised:
        connection(SASL | changes)
    assert named in str(raised.value)
    assert "sentinel" not in str(raised.value)


@pytest.mark.parametrize(
    ("certificate", "password", "told"),
    [
        ("one", "password-2", "one.key is encrypted, and BATON_SSL_KEY_PASSWORD does not open it"),
        ("one", "x" * 2_000, "BATON_SSL_KEY_PASSWORD does not open it"),
        ("one", "", "one.key is encrypted, and BATON_SSL_KEY_PASSWORD is not set"),
        ("two", "password-1", "BATON_SSL_KEY_FILE: not PEM files that fit together"),
    ],
)
def test_a_key_that_its_certificate_or_password_does_not_fit_is_refused_without_a_question(
    certificates: Path, certificate: str, password: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        connection(mutual(certificates, certificate, password))
    assert not password or password not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_key_with_its_password_is_taken(certificates: Path) -> None:
    assert connection(mutual(certificates, "one", "password-1")).protocol is Protocol.SSL


def mutual(certificates: Path, certificate: str, password: str) -> dict[str, str]:
    return {
        "BATON_SECURITY_PROTOCOL": "ssl",
        "BATON_SSL_CA_FILE": str(certificates / "ca.pem"),
        "BATON_SSL_CERTIFICATE_FILE": str(certificates / f"{certificate}.crt"),
        "BATON_SSL_KEY_FILE": str(certificates / "one.key"),
        "BATON_SSL_KEY_PASSWORD": password,
    }


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from-file\n")
    given = load_settings({"BATON_SASL_PASSWORD_FILE": str(file)})
    assert given.sasl_password == "from-file"
    both = {"BATON_SASL_PASSWORD_FILE": str(file), "BATON_SASL_PASSWORD": "by-variable"}
    assert load_settings(both).sasl_password == "by-variable"
    with pytest.raises(ConfigError, match="cannot read"):
        load_settings({"BATON_SASL_PASSWORD_FILE": str(tmp_path / "none")})


def test_a_connection_shows_no_secret_whoever_made_it() -> None:
    shown = repr(Connection("one:1", username="us", password="hunter2", key_password="hunter3"))
    assert "us" in shown
    assert "hunter" not in shown
