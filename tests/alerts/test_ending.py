"""How `baton alerts` ends."""

import threading
import time

import pytest

from streams.alerts import service
from streams.alerts.config import AlertsConfig
from streams.alerts.service import Service, Worker
from streams.settings import Settings
from tests.patience import PATIENCE


def test_receivers_that_do_not_answer_hold_up_the_end_together_no_longer_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, answered = threading.Event(), threading.Event()
    monkeypatch.setattr(service, "check_topics", lambda _settings: None)
    monkeypatch.setattr(service, "GRACE", 0.5)
    made = Service(Settings(), AlertsConfig(receivers=(), routes=()), stop)
    made._workers = [Worker(str(number), lambda: hang(answered)) for number in range(100)]
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    made.run()
    assert time.monotonic() - began < 25, "a hundred times as long is 50"
    answered.set()


def hang(answered: threading.Event) -> None:
    """Wait for an answer that does not come."""
    answered.wait(PATIENCE)
