"""From an alerts file to what it says, or to a sentence that says what to write instead."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from streams.alerts.config import (
    Alertmanager,
    AlertsConfig,
    Kind,
    PagerDuty,
    SecretSource,
    Severity,
    Webhook,
)
from streams.core.policy.duration import Duration
from streams.core.policy.yaml_text import read_yaml
from streams.errors import ConfigError

_PATH: Final = re.compile(r"(?P<what>.*) - at `(?:key in )?\$\.?(?P<path>.*)`", re.DOTALL)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LONGEST_TIMEOUT: Final = 60_000
"""Milliseconds: while it waits for an answer, a forwarder gives its group no sign of life."""
_SECRETS: Final = ("url", "routing_key", "secret", "bearer_token")
_TYPES: Final = ("alertmanager", "pagerduty", "slack", "webhook")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def load_alerts(path: Path) -> AlertsConfig:
    """Read an alerts file (YAML). Raises `ConfigError` that begins with the file and the path."""
    try:
        raw = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text in UTF-8") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {_unreadable(error)}") from None
    try:
        config = msgspec.convert(raw, AlertsConfig, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_with_path(str(error))}") from None
    for complaint in complaints(config):
        raise ConfigError(f"{path}: {complaint}")
    return config


def complaints(config: AlertsConfig) -> Iterator[str]:
    """What types cannot say: each is a path and what is wrong with it."""
    names = [receiver.name for receiver in config.receivers]
    for place, receiver in enumerate(config.receivers):
        path = f"receivers[{place}]"
        if not _NAME.fullmatch(receiver.name):
            yield f"{path}.name: expected up to 40 small letters, digits and '-'"
        elif names.count(receiver.name) > 1:
            yield f"{path}.name: expected every name once"
        if receiver.timeout > LONGEST_TIMEOUT:
            yield f"{path}.timeout: expected at most 60s"
        for name in receiver.__struct_fields__:
            yield from _complaints_of_value(f"{path}.{name}", getattr(receiver, name))
        if isinstance(receiver, (Alertmanager, PagerDuty, Webhook)):
            yield from _complaints_of_url(f"{path}.url", receiver.url)
        if isinstance(receiver, Alertmanager):
            for label in receiver.labels:
                if not _LABEL.fullmatch(label):
                    yield f"{path}.labels: {label!r} is no name of a label in Alertmanager"
    yield from _complaints_of_routes(config, names)
    for group in ("components", "categories"):
        for key, url in getattr(config.runbooks, group).items():
            yield from _complaints_of_url(f"runbooks.{group}.{key}", url)


def _complaints_of_routes(config: AlertsConfig, names: list[str]) -> Iterator[str]:
    if not names:
        yield "receivers: expected at least one"
    routed = set[str]()
    for place, route in enumerate(config.routes):
        routed.update(route.receivers)
        for name in route.receivers:
            if name not in names:
                yield f"routes[{place}].receivers: there is no receiver {name!r}"
        if not route.receivers:
            yield f"routes[{place}].receivers: expected at least one"
        if Kind.TEST in route.kinds:
            yield f"routes[{place}].kinds: a test goes to every receiver, without a route"
    for name in names:
        if name not in routed:
            yield f"routes: none leads to the receiver {name!r}"


def _complaints_of_value(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, SecretSource):
        return
    if (value.env is None) == (value.file is None):
        yield f"{path}: expected {{env: NAME}} or {{file: PATH}}"
    elif value.env is not None and not _VARIABLE.fullmatch(value.env):
        yield f"{path}.env: expected the name of a variable, not its value"
    elif value.file is not None and not value.file.strip():
        yield f"{path}.file: expected a path"


def _complaints_of_url(path: str, url: str | SecretSource) -> Iterator[str]:
    if isinstance(url, str) and (complaint := url_complaint(url)):
        yield f"{path}: {complaint}"


def url_complaint(url: str) -> str:
    """What is wrong with a URL, without showing it; empty where nothing is."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not url.isprintable() or " " in url:
        return "expected a URL that begins with http:// or https://"
    if parts.username is not None or parts.password is not None:
        return "a URL must not hold a user or password"
    return ""


def _decode(kind: type, value: object) -> Any:
    if kind is Duration:
        return Duration.parse(value)
    raise NotImplementedError(kind)


def _unreadable(error: ValueError) -> str:
    """Of a place in the file only where it is: what stands there may be a secret."""
    mark = getattr(error.__cause__, "problem_mark", None)
    if mark is None:
        return str(error)
    return f"not readable as YAML at line {mark.line + 1}, column {mark.column + 1}"


def _with_path(message: str) -> str:
    found = _PATH.fullmatch(message)
    path, what = (found["path"], found["what"]) if found else ("", message)
    return f"{path or 'alerts file'}: {what[:1].lower()}{what[1:]}{_instead(path, what)}"


def _instead(path: str, what: str) -> str:
    """What to write, where the type's own words leave that open."""
    if what.startswith("Expected `object`, got `str`") and path.endswith(_SECRETS):
        return ": write {env: NAME} or {file: PATH}, no secret is in this file"
    if what.startswith("Invalid value") and path.endswith(".type"):
        return f", expected one of {', '.join(_TYPES)}"
    if what.startswith("Invalid enum value"):
        known = [one for one in Kind if one is not Kind.TEST] if ".kinds" in path else [*Severity]
        return f", expected one of {', '.join(known)}"
    return ""
