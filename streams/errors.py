"""Every error a user can meet.

BatonError                     exit code
├── InputError                 65   a file or a record given by the user cannot be read
├── ConfigError                78   a setting is missing or wrong
└── BrokerError                69   the broker does not do its part
    ├── AccessDenied           77   the broker does not let us in, or not do what we ask
    └── TopicsDiffer            2   topics are not as they should be (`baton topics plan`)

A command prints the message as one line on standard error and ends with the code; the message says
what to do. Wrong usage ends with 64, Ctrl-C with 130, anything unforeseen with 1. The engine has a
tree of its own (`streams.engine.errors`); `docs/exit-codes.md` has the codes of both.
"""


class BatonError(Exception):
    """Base of what a command reports instead of a traceback."""

    exit_code = 1
    remedy = ""


class InputError(BatonError):
    """A file or a record given by the user cannot be read."""

    exit_code = 65
    remedy = "mend the file or record that the line names"


class ConfigError(BatonError):
    """A setting is missing or wrong."""

    exit_code = 78
    remedy = "set what the line names"


class BrokerError(BatonError):
    """The broker cannot be reached, or refuses."""

    exit_code = 69
    remedy = "see whether the broker is up; try again"


class AccessDenied(BrokerError):
    """The broker does not accept user or certificate, or what is asked of it."""

    exit_code = 77
    remedy = "allow what the line names: `baton topics acls`"


class TopicsDiffer(BrokerError):
    """Topics on the broker are not as declared."""

    exit_code = 2
    remedy = "`baton topics apply`"
