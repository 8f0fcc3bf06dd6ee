"""Secrets: read where the alerts file says they are, and kept out of what is shown."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from streams.alerts.config import SecretSource
from streams.errors import ConfigError
from streams.settings import Secret


def read_secret(
    source: SecretSource, where: str, environment: Mapping[str, str] | None = None
) -> Secret:
    """The secret, without the end of its line. Raises `ConfigError` that begins with `where`."""
    environment = os.environ if environment is None else environment
    if source.env is not None:
        found, place = environment.get(source.env, ""), f"the variable {source.env}"
    else:
        place = f"the file {source.file}"
        try:
            found = Path(source.file or "").read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{where}: cannot read {place}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise ConfigError(f"{where}: {place} is not text in UTF-8") from None
    secret = found.strip()
    if not secret:
        raise ConfigError(f"{where}: {place} is empty or not set")
    if not (secret.isascii() and secret.isprintable()):
        raise ConfigError(f"{where}: {place} holds more than one line of plain characters")
    return Secret(secret)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret in it replaced."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text
