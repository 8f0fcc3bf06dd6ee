"""Text and numbers in, signals out. No Kafka, no clock; reads only its own lexicons and model."""

from detectors.pipeline import MODEL_VERSION
from detectors.reader import Reader
from detectors.repetition import similarity
from detectors.signals import Fingerprint, Found, Signal, Signals, Span
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
