"""One attempt, whatever the receiver does; and how long until the next."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from streams.alerts.backoff import Backoff
from streams.alerts.delivery import Sender, Verdict, patience, verdict_of
from streams.alerts.receivers import Request
from streams.alerts.receivers.slack import SlackChannel
from tests.alerts.samples import CLOSE, recorder

SECRET = "hooks/T0/R0-secret"


@pytest.fixture
def sender() -> Iterator[Sender]:
    made = Sender(60.0, [SECRET])
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[Sender]:
    made = Sender(0.3, [SECRET])
    yield made
    made.close()


def test_an_answer_is_taken_with_its_words_but_no_secret(sender: Sender) -> None:
    with recorder() as server:
        server.answer(200, body=f"ok {SECRET}\n\x1b[31m".encode())
        answer = sender.post(Request(f"{server.url}/{SECRET}", b"{}", {"X-A": "b"}))
    assert (answer.verdict, answer.status, answer.text) == (Verdict.TAKEN, 200, "ok *** ?[31m")
    [arrived] = server.arrived
    assert arrived.headers["Content-Type"] == "application/json"
    assert (arrived.headers["X-A"], arrived.body) == ("b", b"{}")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (202, Verdict.TAKEN),
        (301, Verdict.AGAIN),
        (400, Verdict.REFUSED),
        (401, Verdict.AGAIN),  # another key would be let in
        (404, Verdict.AGAIN),
        (413, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (503, Verdict.AGAIN),
    ],
)
def test_only_what_is_about_the_alert_is_refused_for_good(status: int, verdict: Verdict) -> None:
    assert verdict_of(status) is verdict


@pytest.mark.parametrize("said", ["Cannot POST {}", "no route for {} here", "{} is not active"])
def test_a_secret_url_is_not_shown_by_its_path_or_its_token_either(said: str) -> None:
    token = "xoxb0123456789abcdefghij"
    for path in (f"/services/T0AB12/B0CD34/{token}", f"/hook?key={token}"):
        with recorder() as server:
            server.answer(404, body=said.format(path).encode())
            channel = SlackChannel(server.url + path)
            sender = Sender(60.0, channel.secrets)
            whole = sender.post(Request(server.url + path, b"{}"))
            server.answer(404, body=said.format(token).encode())
            part = sender.post(Request(server.url + path, b"{}"))
            sender.close()
        for answer in (whole, part):
            assert answer.text == said.format("***")


@pytest.mark.parametrize(
    "header",
    [
        "Fri, 99999999999999999999 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:4074300100 GMT",
        "Thu, 01 Jan 2026 00:00:00 +99999999999",
    ],
)
def test_a_time_that_is_none_asks_for_no_patience(header: str) -> None:
    assert patience(header) == 0.0


def test_a_receiver_that_answers_drop_by_drop_is_tried_again(hasty: Sender) -> None:
    over = threading.Event()

    def drop() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                connection.sendall(b"X-Drop: drop\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drop)
        thread.start()
        answer = hasty.post(Request(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}"))
        assert (answer.verdict, answer.text) == (Verdict.AGAIN, "no whole answer in time")
        over.set()
        thread.join()
    with recorder() as server:
        # A busy machine is a slow receiver, too.
        answers = (hasty.post(Request(server.url, b"{}")) for _ in range(100))
        assert any(answer.verdict is Verdict.TAKEN for answer in answers)


def test_a_receiver_that_is_slow_closes_or_is_gone_is_tried_again(hasty: Sender) -> None:
    with recorder() as server:
        server.answer(CLOSE)
        assert hasty.post(Request(server.url, b"{}")).verdict is Verdict.AGAIN
        server.delay = 1.0
        slow = hasty.post(Request(server.url, b"{}"))
        assert (slow.verdict, slow.text) == (Verdict.AGAIN, "ReadTimeout: timed out")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gone = hasty.post(Request(f"http://127.0.0.1:{port}/{SECRET}", b"{}"))
    assert (gone.verdict, gone.status) == (Verdict.AGAIN, None)
    assert "R0-secret" not in gone.text


@pytest.mark.parametrize("status", [307, 308])
def test_no_receiver_sends_an_alert_elsewhere(sender: Sender, status: int) -> None:
    """Such as to the metadata service of a cloud, with the secret in the headers."""
    with recorder() as elsewhere, recorder() as server:
        server.answer(status, Location=f"{elsewhere.url}/latest/meta-data")
        answer = sender.post(Request(server.url, b"{}", {"Authorization": "Bearer t"}))
        assert (answer.verdict, len(server.arrived), elsewhere.arrived) == (Verdict.AGAIN, 1, [])


def test_a_long_answer_is_cut(sender: Sender) -> None:
    with recorder() as server:
        server.answer(400, body=b"x" * 1_000_000)
        answer = sender.post(Request(server.url, b"{}"))
    assert (answer.verdict, len(answer.text)) == (Verdict.REFUSED, 200)


def test_no_request_is_logged_for_its_address_is_a_secret(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with recorder() as server:
        sender.post(Request(f"{server.url}/{SECRET}", b"{}"))
    assert SECRET not in caplog.text


def test_a_receiver_may_ask_for_patience_in_seconds_or_by_date(sender: Sender) -> None:
    with recorder() as server:
        server.answer(429, Retry_After="7")
        assert sender.post(Request(server.url, b"{}")).retry_after == 7
    now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert patience("Mon, 05 Jan 2026 09:01:30 GMT", now) == 90
    assert patience("Mon, 05 Jan 2026 08:00:00 GMT", now) == 0
    assert [patience(text, now) for text in ("", "soon", "-3", "٣", "1e9")] == [0] * 5


def test_waits_double_up_to_a_limit_and_half_of_each_is_chance() -> None:
    backoff = Backoff(first=1, most=60)
    assert [backoff.wait(n, 0, lambda: 0.0) for n in (1, 2, 3, 7, 99)] == [0.5, 1, 2, 30, 30]
    assert [backoff.wait(n, 0, lambda: 1.0) for n in (1, 2, 3, 7, 99)] == [1, 2, 4, 60, 60]
    assert backoff.wait(1, 20, lambda: 0.0) == 20
    assert backoff.wait(1, 1e9, lambda: 0.0) == 3_600
