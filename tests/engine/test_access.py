"""A broker that does not answer at first is asked again."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.engine import access
from streams.engine.access import describe_groups
from streams.engine.connection import REQUEST_TIMEOUT


class Admin:
    """Fails with these errors, then answers."""

    def __init__(self, *errors: int) -> None:
        self.errors = list(errors)
        self.waits: list[float] = []

    def describe_consumer_groups(
        self, groups: list[str], *, request_timeout: float, **settings: Any
    ) -> dict[str, Future[str]]:
        self.waits.append(request_timeout)
        answer: Future[str] = Future()
        if self.errors:
            answer.set_exception(KafkaException(KafkaError(self.errors.pop(0))))
        else:
            answer.set_result("known")
        return dict.fromkeys(groups, answer)


def test_a_group_is_asked_for_again_with_more_patience() -> None:
    admin: Any = Admin(KafkaError._TIMED_OUT, KafkaError.NOT_COORDINATOR)
    assert describe_groups(admin, ["g"])["g"].result() == "known"
    first, second, third = admin.waits
    assert first < second < third


def test_patience_has_a_bound_however_often_a_broker_says_not_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    admin: Any = Admin(*[KafkaError.COORDINATOR_NOT_AVAILABLE] * 20)
    assert describe_groups(admin, ["g"])["g"].result() == "known"
    assert max(admin.waits) == REQUEST_TIMEOUT


def test_what_the_broker_refuses_is_not_asked_for_again() -> None:
    admin: Any = Admin(KafkaError.GROUP_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException):
        describe_groups(admin, ["g"])["g"].result()
    assert len(admin.waits) == 1


def test_there_is_an_end_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REQUEST_TIMEOUT", 0.3)
    admin: Any = Admin(*[KafkaError._TIMED_OUT] * 100)
    with pytest.raises(KafkaException):
        describe_groups(admin, ["g"])["g"].result()
    assert 1 < len(admin.waits) < 10
