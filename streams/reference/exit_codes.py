"""The codes that commands and workers end with, from the errors that declare them."""

from collections.abc import Iterator

from streams import errors
from streams.cli.main import INTERRUPTED, WRONG_USAGE
from streams.engine import errors as engine_errors
from streams.errors import BatonError

Ending = type[BatonError] | type[engine_errors.EngineError]

INTRO = """Whatever ends says why in one line on standard error. The codes are those of
`sysexits.h` where it has one that fits. A supervisor starts a worker again whatever it ends with;
the last column says what it takes until that helps. `baton worker` with several agents ends with
the code of the first that did, with 128 and the signal's number when it was killed; told to
end, with 0 or the code of one that could not end well.
"""


def endings() -> tuple[Ending, ...]:
    """Every error that has an exit code of its own."""
    return (*_under(BatonError), *_under(engine_errors.EngineError))


def exit_codes_page() -> str:
    """The table, by code."""
    rows = [
        (
            0,
            "",
            "It has done what it was told to, or was told to end: by SIGTERM, and `worker`, "
            "`alerts` and `demo` by Ctrl-C.",
            "",
        ),
        (WRONG_USAGE, "", "The command was given wrong options or arguments.", "see `--help`"),
        (INTERRUPTED, "", "Ctrl-C, in any other command.", ""),
        (
            BatonError.exit_code,
            "",
            "Anything else; a traceback is a fault of Baton's.",
            "as it says",
        ),
        *{
            (one.exit_code, f"`{one.__name__}`", (one.__doc__ or "").strip(), one.remedy)
            for one in endings()
        },
    ]
    lines = (
        f"| {code} | {name} | {about} | {remedy} |\n" for code, name, about, remedy in sorted(rows)
    )
    return INTRO + "\n| code | error | meaning | what to do |\n|---|---|---|---|\n" + "".join(lines)


def _under(error: Ending) -> Iterator[Ending]:
    for child in error.__subclasses__():
        if child.__module__ in (errors.__name__, engine_errors.__name__):
            yield child
            yield from _under(child)
