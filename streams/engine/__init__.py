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
    NewerRelease,
    StateMismatch,
    StoreFailed,
    TooManyFailures,
    TopicMismatch,
)
from streams.engine.observer import Observer
from streams.engine.processing import Handler, Processor
from streams.engine.repartition import SourceKey, repartition
from streams.engine.replica import Replica
from streams.engine.timers import Timer
from streams.engine.to_end import read_to_end
from streams.engine.topics import DURABLE, REPLICAS
from streams.engine.windows import Panes, Result, Watermarks, Windows

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
    "make_app",
    "needed",
    "read_to_end",
    "repartition",
    "run",
    "wall_clock",
]
