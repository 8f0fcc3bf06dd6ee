"""From settings to the connection that every client is made from."""

import re
import ssl

from confluent_kafka.admin import AdminClient

from streams.engine import Connection, Contact
from streams.errors import AccessDenied, BrokerError, ConfigError
from streams.settings import PREFIX, Settings

_LEGAL_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,100}")

_PASSWORD = ("sasl_username", "sasl_password")
_OWN_CERTIFICATE = ("ssl_certificate_file", "ssl_key_file")
_FILES = ("ssl_ca_file", *_OWN_CERTIFICATE)


def connection_of(settings: Settings) -> Connection:
    """How brokers are reached. Raises `ConfigError` naming the settings that do not fit."""
    if not _LEGAL_PREFIX.fullmatch(settings.topic_prefix):
        raise ConfigError(
            f"{_variable('topic_prefix')}: a topic's name has letters, digits, '.', '_' and '-' "
            f"only, got {settings.topic_prefix[:120]!r}"
        )
    _check_completeness(settings)
    connection = Connection(
        bootstrap=settings.bootstrap_servers,
        topic_prefix=settings.topic_prefix,
        protocol=settings.security_protocol,
        mechanism=settings.sasl_mechanism,
        username=settings.sasl_username,
        password=settings.sasl_password,
        ca_file=settings.ssl_ca_file,
        certificate_file=settings.ssl_certificate_file,
        key_file=settings.ssl_key_file,
        key_password=settings.ssl_key_password,
    )
    if connection.protocol.encrypted:
        _check_files(settings, connection)
    return connection


def _check_completeness(settings: Settings) -> None:
    protocol = settings.security_protocol
    named = f"{_variable('security_protocol')} is {protocol}"
    for name in _PASSWORD:
        if protocol.with_password and not getattr(settings, name):
            raise ConfigError(f"{named}: set {_variable(name)} too")
        if not protocol.with_password and getattr(settings, name):
            raise ConfigError(f"{_variable(name)} is set, but {named}: sasl_ssl would use it")
    for name in _FILES:
        if not protocol.encrypted and getattr(settings, name):
            raise ConfigError(
                f"{_variable(name)} is set, but {named}: ssl or sasl_ssl would use it"
            )
    certificate, key = _OWN_CERTIFICATE
    for one, other in ((certificate, key), (key, certificate)):
        if getattr(settings, one) and not getattr(settings, other):
            raise ConfigError(f"{_variable(one)} is set: set {_variable(other)} too")


def _check_files(settings: Settings, connection: Connection) -> None:
    for name in _FILES:
        path = getattr(settings, name)
        try:
            if path:
                open(path, "rb").close()
        except OSError as error:
            raise ConfigError(f"{_variable(name)}: cannot read {path}: {error.strerror}") from error
    try:
        connection.ssl_context()
    except (OSError, ValueError) as error:  # OpenSSL takes no password of more than 1,023 bytes
        if settings.ssl_key_file:
            _check_key_password(settings)
        given = [_variable(name) for name in _FILES if getattr(settings, name)]
        raise ConfigError(
            f"{', '.join(given)}: not PEM files that fit together and to "
            f"{_variable('ssl_key_password')} ({getattr(error, 'strerror', None) or error})"
        ) from error


def _check_key_password(settings: Settings) -> None:
    """OpenSSL says the same to a wrong password as to what is no PEM, but it asks only for a key's.

    It is given one whatever is set, for else it would ask on the terminal.
    """
    asked: list[bool] = []

    def password() -> str:
        asked.append(True)
        return settings.ssl_key_password

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(settings.ssl_certificate_file, settings.ssl_key_file, password)
    except (ssl.SSLError, ValueError) as error:
        if asked and getattr(error, "reason", "") != "KEY_VALUES_MISMATCH":
            what = "does not open it" if settings.ssl_key_password else "is not set"
            raise ConfigError(
                f"{_variable('ssl_key_file')}: {settings.ssl_key_file} is encrypted, and "
                f"{_variable('ssl_key_password')} {what}"
            ) from error


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def reach(connection: Connection) -> None:
    """See whether a broker answers and lets us in. Raises `BrokerError`, `AccessDenied`."""
    contact = Reach(connection)
    contact.metadata(AdminClient(contact.settings))


class Reach(Contact):
    """A contact whose errors are those of commands."""

    denied = AccessDenied
    failed = BrokerError
