"""Secrets: read where the alerts file says they are, and kept out of what is shown."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from streams.alerts.config import SecretSource
from streams.errors import ConfigError
from streams.settings import Secret

SHORTEST_PART = 12
"""Characters of a part of a secret URL that nobody guesses, and that no other word is."""
_BETWEEN = re.compile("[/?&=#]")


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


def parts_of(url: str) -> tuple[str, ...]:
    """A URL that is a secret, and what of it would give it away: an answer may repeat its path."""
    split = urlsplit(url)
    path = split._replace(scheme="", netloc="").geturl()
    parts = (path, *_BETWEEN.split(path))
    return (url, *(part for part in dict.fromkeys(parts) if len(part) >= SHORTEST_PART))


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret in it replaced; of those that hold one another the longest."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
