"""What can stop the engine.

EngineError
├── Fenced            another worker owns these partitions now; a restart joins the group again
├── StateMismatch     state and committed offsets disagree; going on could lose or repeat records
├── TopicMismatch     a topic is missing, the partition counts of co-partitioned topics differ, or a
│                     changelog would be forgotten
├── StoreFailed       the local store cannot be read or written (disk full, permissions)
├── AccessDenied      the broker does not let us in, or not do what we must
├── BrokerFailed      the broker did not take or give what a checkpoint or a restore needs
├── AgentFailed       the agent's own code raised outside of a record's handling
└── TooManyFailures   record after record could not be handled: the fault is not in the data

The engine is crash-only: each of these ends the process with its `exit_code`, what was not
committed dies with it, and a restart restores the last checkpoint. Every message says what to do.
"""


class EngineError(Exception):
    """Base of everything that stops the engine."""

    exit_code = 70


class Fenced(EngineError):
    """Another worker owns our partitions: what we hold must not be written."""

    exit_code = 75


class StateMismatch(EngineError):
    """State and committed offsets of a partition disagree."""

    exit_code = 78


class TopicMismatch(EngineError):
    """Topics are not as the engine needs them."""

    exit_code = 78


class StoreFailed(EngineError):
    """The local store cannot be read or written."""

    exit_code = 74


class BrokerFailed(EngineError):
    """The broker did not do its part of a checkpoint or a restore in time."""

    exit_code = 69


class AccessDenied(EngineError):
    """The broker does not accept user, certificate, or what we ask of it."""

    exit_code = 77


class AgentFailed(EngineError):
    """The agent raised outside of the handling of a record."""


class TooManyFailures(EngineError):
    """Too many records in a row could not be handled."""


class Aborted(Exception):
    """The partitions were taken away during their restore: no failure, the next will come."""
