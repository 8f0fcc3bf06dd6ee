"""The policies that are shipped, by name."""

from functools import cache
from importlib.resources import files
from typing import Final

SHIPPED: Final = ("default", "seed")


@cache
def shipped_text(name: str) -> str:
    """The file of a shipped policy."""
    return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
