"""What can stop the engine.

EngineError       exit code
├── Fenced            75   another worker owns these partitions now
├── StateMismatch     76   state and committed offsets disagree: going on could lose records
├── TopicMismatch     72   a topic is missing, partition counts differ, or a changelog forgets
├── NewerRelease      73   a newer release wrote what would be gone on from
├── StoreFailed       74   the local store cannot be read or written (disk full, permissions)
├── BrokerFailed      69   the broker did not do its part of a checkpoint or a restore
├── AccessDenied      77   the broker does not let us in, or not do what we must
├── AgentFailed       70   the agent's own code raised outside of a record's handling
└── TooManyFailures   71   record after record failed: the fault is not in the data

The engine is crash-only: each of these ends the process with its `exit_code`, what was not
committed dies with it, and a restart restores the last checkpoint. Every message says what to do;
`remedy` says it of all of a kind.
"""


class EngineError(Exception):
    """Base of everything that stops the engine."""

    exit_code: int
    remedy: str


class Fenced(EngineError):
    """Another worker owns our partitions: what we hold must not be written."""

    exit_code = 75
    remedy = "start it again: it joins the group anew"


class StateMismatch(EngineError):
    """State and committed offsets of a partition disagree."""

    exit_code = 76
    remedy = "do what the line says; starting it again does not help"


class TopicMismatch(EngineError):
    """Topics are not as the engine needs them."""

    exit_code = 72
    remedy = "`baton topics apply`; for other partition counts `baton topics repartition`"


class NewerRelease(EngineError):
    """A newer release wrote a state or a record of Baton's own, which this one would spoil."""

    exit_code = 73
    remedy = "run the newer release; nothing is lost until then"


class StoreFailed(EngineError):
    """The local store cannot be read or written."""

    exit_code = 74
    remedy = "free the disk, or delete the store's folder; start it again"


class BrokerFailed(EngineError):
    """The broker did not do its part of a checkpoint or a restore in time."""

    exit_code = 69
    remedy = "see whether the broker is up; start it again"


class AccessDenied(EngineError):
    """The broker does not accept user or certificate, or what is asked of it."""

    exit_code = 77
    remedy = "allow what the line names: `baton topics acls`"


class AgentFailed(EngineError):
    """The agent raised outside of the handling of a record."""

    exit_code = 70
    remedy = "a fault of Baton's: report the traceback; start it again"


class TooManyFailures(EngineError):
    """Too many records in a row could not be handled."""

    exit_code = 71
    remedy = "mend what all records need and the line names; start it again"


class Aborted(Exception):
    """The partitions were taken away during their restore: no failure, the next will come."""
