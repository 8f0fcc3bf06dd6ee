"""Every error a user can meet.

BatonError                     exit code
├── InputError                 65   a file or a record given by the user cannot be read
├── ConfigError                78   a setting is missing or wrong
└── BrokerError                69   the broker does not do its part
    └── TopicsDiffer            2   topics are not as they should be (`baton topics plan`)

A command prints the message as one line on standard error and ends with the code; the message says
what to do. Wrong usage ends with 64, Ctrl-C with 130, anything unforeseen with 1. The engine has a
tree of its own (`streams.engine.errors`), with exit codes too.
"""


class BatonError(Exception):
    """Base of what a command reports instead of a traceback."""

    exit_code = 1


class InputError(BatonError):
    """A file or a record given by the user cannot be read."""

    exit_code = 65


class ConfigError(BatonError):
    """A setting is missing or wrong."""

    exit_code = 78


class BrokerError(BatonError):
    """The broker cannot be reached, or refuses."""

    exit_code = 69

    @classmethod
    def unreachable(cls, bootstrap: str, reason: str) -> "BrokerError":
        """No broker answers there."""
        return cls(
            f"no Kafka broker answers at {bootstrap} ({reason}). Is it running? "
            "BATON_BOOTSTRAP_SERVERS says where it is; deploy/kafka/start starts one"
        )


class TopicsDiffer(BrokerError):
    """Topics on the broker are not as declared."""

    exit_code = 2
