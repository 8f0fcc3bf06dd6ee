"""A stack trace is known by what was thrown, whatever its frames are."""

import time

import pytest

from detectors import analyze
from detectors.fingerprint import LONGEST
from detectors.traces import thrown


def ids(texts: list[str]) -> set[str]:
    found = [signals.fingerprint for signals in analyze(texts)]
    assert None not in found, dict(zip(texts, found, strict=True))
    return {one.id for one in found if one is not None}


JAVA = [
    "the export crashes:\njava.lang.NullPointerException\n"
    "\tat com.shop.Export.run(Export.java:88)\n\tat com.shop.Main.main(Main.java:12)",
    'Exception in thread "worker-3" java.lang.NullPointerException\n'
    "\tat com.shop.Report.draw(Report.java:17)\n\t... 12 more",
    "java.lang.NullPointerException at com.shop.Cart.sum(Cart.java:7) at com.Main.main(M.java:1)",
    "FATAL EXCEPTION: main\nProcess: com.shop.app, PID: 1234\njava.lang.NullPointerException\n"
    "\tat com.shop.Report.draw(Report.java:17)",
]
DOTNET = [
    "System.NullReferenceException at Shop.Web.Cart.Total() in C:\\src\\Cart.cs:line 42",
    "System.NullReferenceException\n   at Shop.Web.Order.Sum() in /src/Order.cs:line 7",
]
DOTNET_WITH_MESSAGE = [
    "Unhandled exception. System.NullReferenceException: Object reference not set to an instance"
    " of an object.\n   at Shop.Web.Cart.Total() in /src/Cart.cs:line 42",
    "Unhandled Exception: System.NullReferenceException: Object reference not set to an instance"
    " of an object. at Shop.Web.Order.Sum() in C:\\a\\Order.cs:line 7",
]
PYTHON = [
    'Traceback (most recent call last):\n  File "/app/run.py", line 12, in main\n    go(x)\n'
    '  File "/app/lib.py", line 99, in go\n    raise SyncError(x)\nshop.SyncError: no such account',
    'Traceback (most recent call last):\n  File "/srv/b.py", line 3, in f\n    post(x)\n'
    "shop.SyncError: no such account\nPlease help, error: it happens every day",
    'it says Traceback (most recent call last): File "/app/x.py", line 3, in f post(x)'
    " shop.SyncError: no such account",
    'Traceback (most recent call last):\n  File "/a.py", line 4, in get\n    s.get(u)\n'
    "requests.exceptions.ReadTimeout: read timed out\n\n"
    "During handling of the above exception, another exception occurred:\n\n"
    'Traceback (most recent call last):\n  File "/b.py", line 9, in main\n    raise SyncError(x)\n'
    "shop.SyncError: no such account",
]
PYTHON_WITHOUT_MESSAGE = [
    'Traceback (most recent call last):\n  File "/a.py", line 4, in f\n    next(x)\nStopIteration',
    'Traceback (most recent call last):\n  File "/b.py", line 9, in g\n    f()\nStopIteration\n',
]
JAVASCRIPT = [
    "Uncaught TypeError: Cannot read properties of undefined (reading 'total')\n"
    "    at Cart.render (https://x.io/static/main.8f3a.js:2:10233)\n    at commit (app.js:1:55)",
    "TypeError: Cannot read properties of undefined (reading 'sum')"
    " at new Order (https://x.io/main.77aa.js:9:1) at async run (a.js:1:1)",
    "Uncaught (in promise) Error: TypeError: Cannot read properties of undefined (reading 'x')"
    " at https://x.io/main.77aa.js:9:1",
    "TypeError: Cannot read properties of undefined (reading 'x')\nrender@https://x.io/a.js:9:1\n",
]
GO = [
    "panic: runtime error: invalid memory address or nil pointer dereference\n"
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f4a2]\n\n"
    "goroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:5 +0x1d\nexit status 2",
    "panic: runtime error: invalid memory address or nil pointer dereference"
    " [signal SIGSEGV: segmentation violation code=0x1] goroutine 7 [running]: main.f()",
]
RUST = [
    "thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 5',"
    " src/main.rs:4:5\nnote: run with `RUST_BACKTRACE=1`",
    "thread 'tokio-runtime-worker' panicked at src/lib.rs:88:9:\n"
    "index out of bounds: the len is 7 but the index is 9\nstack backtrace:\n   0: begin_unwind",
]
RUBY = [
    "cart.rb:12:in `total': undefined method `price' for nil:NilClass (NoMethodError)\n"
    "\tfrom app/cart.rb:5:in `block'",
    "order.rb:7:in `sum': undefined method `price' for nil:NilClass (NoMethodError)",
]
NATIVE = [
    "Segmentation fault (core dumped)",
    "./sync: line 3: 12345 Segmentation fault      (core dumped) ./sync --all",
    "the app stops with SIGSEGV",
]
CPP = [
    "terminate called after throwing an instance of 'std::out_of_range'\n"
    "  what():  vector::_M_range_check: __n (which is 5) >= this->size() (which is 3)\n"
    "Aborted (core dumped)",
    "terminate called after throwing an instance of 'std::out_of_range'\n"
    "  what():  vector::_M_range_check: __n (which is 9) >= this->size() (which is 9)",
]
APPLE = [
    "*** Terminating app due to uncaught exception 'NSInvalidArgumentException', reason:"
    " '-[Cart total]: unrecognized selector sent to instance 0x600'\n*** First throw call stack:",
    "uncaught exception 'NSInvalidArgumentException', reason:"
    " '-[Cart total]: unrecognized selector sent to instance 0x77f'",
]
PHP = [
    "PHP Fatal error:  Uncaught TypeError: total(): Argument #1 must be of type int in"
    " /var/www/x.php:33\nStack trace:\n#0 /var/www/y.php(3): total()",
    "TypeError: total(): Argument #1 must be of type int in /srv/z.php:9",
]
ALL = [
    *(JAVA, DOTNET, DOTNET_WITH_MESSAGE, PYTHON, PYTHON_WITHOUT_MESSAGE, JAVASCRIPT, GO, RUST),
    *(RUBY, NATIVE, CPP, APPLE, PHP),
]


@pytest.mark.parametrize("traces", ALL)
def test_traces_of_one_exception_with_other_frames_have_one_fingerprint(traces: list[str]) -> None:
    assert len(ids(traces)) == 1, [thrown(text.lower()) for text in traces]


def test_traces_of_other_exceptions_have_others() -> None:
    assert len(ids([traces[0] for traces in ALL])) == len(ALL)


@pytest.mark.parametrize(
    "text",
    [
        "what is a NullPointerException?",
        "the terror",
        "it is your fault: you broke it",
        "don't panic: it works again",
        "the segments of the report are at fault",
    ],
)
def test_words_that_sound_like_an_exception_are_none(text: str) -> None:
    assert thrown(text.lower()) is None


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("Error: EC-0412 on the printer", "error ec-0412"),
        ("Error: 0x80070005 when saving", "error 0x80070005"),
        ("Error: 12 records could not be saved", "error: <num> records could not be saved"),
        ("error: timeout", "error: timeout"),
        ("the export ends with a TimeoutException", "timeoutexception"),
    ],
)
def test_an_error_is_known_by_its_code_else_by_its_words(text: str, template: str) -> None:
    found = analyze([text])[0].fingerprint
    assert found is not None
    assert found.template == template


@pytest.mark.parametrize(
    "piece",
    [
        "java.lang.Error ",
        "error: ",
        "a.",
        "at a(",
        'file "x", line 1\n',
        "panicked at 'x",
        "exception 'x', reason: '",
        ":in `x': y ",
        "traceback (most recent call last)",
    ],
)
def test_hostile_traces_take_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "traceback (most recent call last)" + piece * (size // len(piece))
        return min(_seconds(text) for _ in range(5))

    assert cost(32 * LONGEST) < 24 * cost(4 * LONGEST) + 0.001, "8 times the text"


def _seconds(text: str) -> float:
    started = time.process_time()
    thrown(text)
    return time.process_time() - started
