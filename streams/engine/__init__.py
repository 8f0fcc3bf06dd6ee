"""A stream-processing engine for Faust: micro-batches with state, exactly once.

It knows nothing of what it processes. An agent is an ordinary Faust agent over `Engine.channel`;
see `Engine`, `Batch` and `errors`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from streams.engine.access import Contact, Grant, needed
from streams.engine.batch import Batch, OutputTooLarge
from streams.engine.config import Clock, EngineConfig, Guarantee, wall_clock
from streams.engine.connection import Connection, Mechanism, Protocol
from streams.engine.errors import (
    AccessDenied,
    AgentFailed,
    BrokerFailed,
    EngineError,
    Fenced,
    NewerRelease,
    StateMismatch,
    StoreFailed,
    TooManyFailures,
    TopicMismatch,
)
from streams.engine.observer import Observer
from streams.engine.processing import Handler, Processor
from streams.engine.record import Headers, Output, SourceRecord
from streams.engine.repartition import SourceKey, check_at_rest, repartition
from streams.engine.replica import Replica
from streams.engine.timers import Timer
from streams.engine.to_end import read_to_end
from streams.engine.topics import DURABLE, REPLICAS
from streams.engine.windows import Panes, Result, Watermarks, Windows

if TYPE_CHECKING:
    from streams.engine.app import make_app, run
    from streams.engine.engine import Engine

__all__ = [
    "DURABLE",
    "REPLICAS",
    "AccessDenied",
    "AgentFailed",
    "Batch",
    "BrokerFailed",
    "Clock",
    "Connection",
    "Contact",
    "Engine",
    "EngineConfig",
    "EngineError",
    "Fenced",
    "Grant",
    "Guarantee",
    "Handler",
    "Headers",
    "Mechanism",
    "NewerRelease",
    "Observer",
    "Output",
    "OutputTooLarge",
    "Panes",
    "Processor",
    "Protocol",
    "Replica",
    "Result",
    "SourceKey",
    "SourceRecord",
    "StateMismatch",
    "StoreFailed",
    "Timer",
    "TooManyFailures",
    "TopicMismatch",
    "Watermarks",
    "Windows",
    "check_at_rest",
    "make_app",
    "needed",
    "read_to_end",
    "repartition",
    "run",
    "wall_clock",
]

_WITH_FAUST = {"Engine": "engine", "make_app": "app", "run": "app"}


def __getattr__(name: str) -> Any:
    """What brings Faust comes when it is asked for: half a second that only a worker needs."""
    if name not in _WITH_FAUST:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WITH_FAUST[name]}"), name)
