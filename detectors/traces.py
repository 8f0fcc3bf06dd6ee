"""What was thrown: the exception that a stack trace is about, without its frames.

Frames differ with version, build and way through the program where the failure is one.
"""

import re
from typing import Final

from detectors.naming import counts

_FRAME: Final = (
    r"at (?:async |new |void )?[\w.$<>\[\]/`~+ -]{1,200}\(|at [^\s:]{0,300}:\d+|at https?://"
    r"|[\w.$/<]{0,120}@(?:https?|file|webpack|app)[^\s]{0,300}:\d+|from [^\s:]{1,300}:\d+:in "
    r"|file \"[^\"\n]{1,300}\", line \d|stack ?trace:|goroutine \d{1,9} \[|\[signal |caused by:"
    r"|\.\.\. \d{1,4} (?:more|common)|--->"
)
_FRAMES: Final = re.compile(rf"\s(?:{_FRAME})")
_EXCEPTION: Final = re.compile(
    r"(?<![\w.$\\])([\w.$\\]{0,120}(?:exception|error|panic|fault))"
    rf"(?:: ?([^\n]{{1,200}})|(?=:?[ \t]{{0,8}}(?:\Z|\r?\n|[ \t](?:{_FRAME}))))"
)
_BARE: Final = frozenset({"exception", "error", "panic", "fault"})
_ALONE: Final = re.compile(r"(?:\A|[\n\]:>]|kernel)[ \t]*\Z")
"""What stands before a fault or panic that is nobody's."""
_MENTIONED: Final = re.compile(r"(?:[\w.$\\]*[.$\\])?(?:\w+exception|(?!terror)\w\w+error)")
"""A name that needs no message to be that of an exception."""
_UNCAUGHT: Final = re.compile(r" {0,3}(?:(?:uncaught|unhandled|fatal) )?(?:\(in promise\) )?")
_ITS_CODE: Final = re.compile(
    r"[a-z]{0,6}[-_]?\d[\da-fx]{0,15}(?=\s*(?:\Z|[\n.,;:!?)-]"
    r"|(?:on|when|while|after|at|in|for|during|since|every|and|if)\b))"
)
_CRASHES: Final = {
    "segmentation fault": "segmentation fault",
    "segmentation violation": "segmentation fault",
    "segfault": "segmentation fault",
    "sigsegv": "segmentation fault",
    "general protection fault": "general protection fault",
    "bus error": "bus error",
    "illegal instruction": "illegal instruction",
    "floating point exception": "floating point exception",
    "stack smashing detected": "stack smashing detected",
}
_CRASH: Final = re.compile(rf"\b(?:{'|'.join(_CRASHES)})\b")
_PYTHON: Final = "traceback (most recent call last)"
_PYTHON_FRAME: Final = re.compile(r"file \"[^\"\n]{1,300}\", line \d{1,7}(?:, in [\w.<>]{1,120})?")
_PYTHON_END: Final = re.compile(r"\n([a-z_][\w.]{0,120}(?:: [^\n]{1,200})?)[ \t\r]*(?=\n|\Z)")
_TOLD: Final = re.compile(
    r"panicked at (?:'(?P<rust>[^\n]{1,200}?)', |[^\s:]{1,300}:\d+:\d+:?\s+(?P<newer>[^\n]{1,200}))"
    r"|throwing an instance of '(?P<thrown>[\w:]{1,120})'(?:\s+what\(\): +(?P<what>[^\n]{1,200}))?"
    r"|exception '(?P<named>\w{1,120})', reason: '(?P<why>[^'\n]{1,200})"
    r"|:in [`'][^'\n]{1,120}': (?P<said>[^\n]{1,200}?) \((?P<ruby>[\w:]{1,120})\)"
)
_HINTS: Final = ("exception", "error", "traceback (", "panicked at", *_CRASHES)


def may_be_thrown(text: str) -> bool:
    """Whether a normalised text may name an error, whatever else it says."""
    return any(hint in text for hint in _HINTS)


def thrown(text: str) -> str | None:
    """The exception in a normalised text, with its message and without its frames."""
    if _PYTHON in text and (last := _last_line(text)):
        return last
    if told := _TOLD.search(text):
        return ": ".join(part.strip() for part in told.groups() if part) or None
    exception, crash = _exception(text), _CRASH.search(text)
    if crash and (exception is None or crash.start() < exception[0]):
        return _CRASHES[crash.group()]
    return exception and exception[1]


def _last_line(text: str) -> str | None:
    """What stands below the frames of the last traceback."""
    frames = list(_PYTHON_FRAME.finditer(text, text.rindex(_PYTHON)))
    if not frames:
        return None
    below = frames[-1].end()
    if found := _PYTHON_END.search(text, below):
        return _without_frames(found[1])
    # Pasted in one line, the code of the last frame stands before it.
    exception = _exception(text[below:])
    return exception and exception[1]


def _exception(text: str) -> tuple[int, str] | None:
    """Where the first exception stands, and what it says; a bare word alone names none."""
    first: tuple[int, str] | None = None
    for found in _EXCEPTION.finditer(text):
        name, message = found.groups()
        if name in {"fault", "panic"} and not _ALONE.search(
            text[max(0, found.start() - 12) : found.start()]
        ):
            continue
        if message is None:
            if _MENTIONED.fullmatch(name):
                return found.start(), name
        elif name not in _BARE:
            return found.start(), _without_frames(found.group())
        elif inner := _EXCEPTION.match(message, _opening(message)):
            return found.start(), _without_frames(message[inner.start() :])
        elif " " not in message.strip():
            first = first or (found.start(), found.group())
        elif not is_code(message):
            return first or (found.start(), _without_frames(found.group()))
    return first


def _opening(message: str) -> int:
    found = _UNCAUGHT.match(message)
    return found.end() if found else 0


def is_code(message: str) -> bool:
    """Whether an error's message begins with its code, which names it better than the rest."""
    found = _ITS_CODE.match(message)
    return found is not None and not counts(message, found.end())


def _without_frames(text: str) -> str:
    return _FRAMES.split(text, maxsplit=1)[0].rstrip()
