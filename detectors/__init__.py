"""Text and numbers in, signals out. No Kafka, no clock; reads only its own lexicons and model."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from detectors.signals import Fingerprint, Found, Signal, Signals, Span

if TYPE_CHECKING:
    from detectors.pipeline import MODEL_VERSION
    from detectors.reader import Reader
    from detectors.repetition import similarity
    from detectors.whole import analyze

__all__ = [
    "MODEL_VERSION",
    "Fingerprint",
    "Found",
    "Reader",
    "Signal",
    "Signals",
    "Span",
    "analyze",
    "similarity",
]

_READING = {
    "MODEL_VERSION": "pipeline",
    "Reader": "reader",
    "analyze": "whole",
    "similarity": "repetition",
}


def __getattr__(name: str) -> Any:
    """What reads texts comes when it is asked for: who only knows what signals are reads none."""
    if name not in _READING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_READING[name]}"), name)
