"""Which policy applies to a record, given what has been published."""

import pytest

from schemas.records import PolicyEntry, PolicyVersion
from streams.agents.published import PublishedPolicy
from streams.core.policy import default_policy

NOW = 1_767_603_600_000


class Topic:
    """What lies on the topic, by key."""

    def __init__(self) -> None:
        self.records: dict[str, PolicyVersion] = {}
        self.policy = PublishedPolicy(self.records.get, default_policy())

    def version(self, number: int, body: str = "") -> None:
        body = body or f"based_on: default\nname: default\nversion: {number}"
        self.records[f"default@{number}"] = PolicyVersion(
            "default", number, PolicyEntry.VERSION, NOW, body=body
        )

    def point(self, number: int, since: int | None, previous: int | None) -> None:
        self.records["default"] = PolicyVersion(
            "default", number, PolicyEntry.POINTER, NOW, effective_from=since, previous=previous
        )

    def at(self, now: int) -> str:
        return self.policy.at(now).reference


@pytest.fixture
def topic() -> Topic:
    return Topic()


def test_without_a_pointer_the_policy_that_is_set_applies(topic: Topic) -> None:
    topic.version(2)
    assert topic.at(NOW) == "default@1"


def test_a_version_applies_to_records_from_its_time_on_in_whatever_order_they_come(
    topic: Topic,
) -> None:
    topic.version(2)
    topic.version(3)
    topic.point(3, NOW + 10, 2)
    times = (NOW + 10, NOW + 9, NOW + 11, NOW)
    assert [topic.at(now) for now in times] == ["default@3", "default@2", "default@3", "default@2"]


def test_a_rollback_applies_from_its_own_time_on(topic: Topic) -> None:
    topic.version(2)
    topic.point(2, NOW, 1)
    assert topic.at(NOW) == "default@2"
    topic.point(1, NOW + 5, 2)
    assert [topic.at(NOW + 4), topic.at(NOW + 5)] == ["default@2", "default@1"]


def test_a_pointer_without_a_time_applies_at_once(topic: Topic) -> None:
    topic.version(2)
    topic.point(2, None, None)
    assert topic.at(0) == "default@2"


def test_the_same_version_is_the_same_policy_whose_plan_is_made_once(topic: Topic) -> None:
    topic.version(2)
    topic.point(2, NOW, 1)
    before = topic.policy.at(NOW)
    topic.point(2, NOW + 1, 1)
    assert topic.policy.at(NOW + 1) is before


@pytest.mark.logs_errors
@pytest.mark.parametrize("body", ["name: [", "based_on: default\nname: default\nversion: 3\nx: 1"])
def test_a_version_that_cannot_be_read_changes_nothing(topic: Topic, body: str) -> None:
    topic.version(2)
    topic.point(2, NOW, 1)
    assert topic.at(NOW) == "default@2"
    topic.version(3, body)
    topic.point(3, NOW, 2)
    assert topic.at(NOW) == "default@2"
    topic.point(9, NOW, 2)
    assert topic.at(NOW) == "default@2"


def test_when_the_pointer_is_deleted_the_policy_that_is_set_applies_again(topic: Topic) -> None:
    topic.version(2)
    topic.point(2, NOW, 1)
    assert topic.at(NOW) == "default@2"
    del topic.records["default"]
    assert topic.at(NOW) == "default@1"


def test_what_is_published_goes_before_a_file_of_the_same_number(topic: Topic) -> None:
    topic.version(1, "based_on: default\nname: default\nversion: 1\nlanguage: de")
    topic.point(1, NOW, None)
    assert topic.policy.at(NOW).language == "de"


@pytest.mark.logs_errors
def test_a_worker_that_starts_holds_what_held_before_a_version_that_cannot_be_read(
    topic: Topic,
) -> None:
    topic.version(2)
    topic.version(3, "name: [")
    topic.point(3, NOW, 2)
    assert [topic.at(NOW - 1), topic.at(NOW)] == ["default@2", "default@2"]
