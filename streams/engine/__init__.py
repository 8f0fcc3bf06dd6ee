"""A stream-processing engine for Faust: micro-batches with state, exactly once.

It knows nothing of what it processes. An agent is an ordinary Faust agent over `Engine.channel`;
see `Engine`, `Batch` and `errors`.
"""

from streams.engine.access import Contact, Grant, needed
from streams.engine.app import make_app, run
from streams.engine.batch import Batch, Headers, Output, OutputTooLarge, SourceRecord
from streams.engine.config import Clock, EngineConfig, Guarantee, wall_clock
from streams.engine.connection import Connection, Mechanism, Protocol
from streams.engine.engine import Engine
from streams.engine.errors import (
    AccessDenied,
    AgentFailed,
    BrokerFailed,
    EngineError,
    Fenced,
    StateMismatch,
    StoreFailed,
    TooManyFailures,
    TopicMismatch,
)
from streams.engine.processing import Handler, Processor
from streams.engine.replica import Replica
from streams.engine.timers import Timer

__all__ = [
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
    "Output",
    "OutputTooLarge",
    "Processor",
    "Protocol",
    "Replica",
    "SourceRecord",
    "StateMismatch",
    "StoreFailed",
    "Timer",
    "TooManyFailures",
    "TopicMismatch",
    "make_app",
    "needed",
    "run",
    "wall_clock",
]
