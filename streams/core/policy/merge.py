"""A policy that says only where it differs from another."""

from typing import Any, Final

BASED_ON: Final = "based_on"


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The base with the changes in place: mappings merge key by key, all else is replaced."""
    result = dict(base)
    for key, value in changes.items():
        if key == BASED_ON:
            continue
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = merged(old, value)
        result[key] = value
    return result
