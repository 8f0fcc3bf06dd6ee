"""How long a test waits for what must come."""

from typing import Final

PATIENCE: Final = 300.0
"""Seconds after which what is waited for will not come. It ends what hangs, and measures nothing: a
busy machine takes long over everything."""
