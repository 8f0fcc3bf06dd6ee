"""Which policy applies to a record, given what has been published."""

import pytest

from schemas.codec import Codec
from schemas.records import PolicyEntry, PolicyVersion
from schemas.topics import key_of
from streams.agents.published import PublishedPolicy
from streams.core.policy import default_policy
from streams.core.policy.shipped import shipped_text
from streams.policies.shelf import Change, Shelf

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


def test_a_backlog_over_three_publications_is_decided_by_the_version_of_each_time(
    topic: Topic,
) -> None:
    shelf, day = Shelf(), 86_400_000
    for number, day_of in ((2, 1), (3, 2), (4, 3)):
        change = Change(NOW + day_of * day, NOW + day_of * day)
        text = f"based_on: default\nname: default\nversion: {number}"
        for record in shelf.publication(text, shipped_text("default"), change):
            shelf.records[key_of(record)] = record
    topic.records |= shelf.records
    hours = [NOW + half * day // 2 for half in (7, 5, 3, 1)]
    expected = [f"default@{number}" for number in (4, 3, 2, 1)]
    assert [topic.at(now) for now in hours] == expected
    # A version that was to come and was cancelled holds at no time; a rollback is a term, too.
    for at, since in ((4, 9), (5, 5)):
        change = Change(NOW + at * day, NOW + since * day)
        for record in shelf.rollback(
            "default", 2 if at == 4 else 3, shipped_text("default"), change
        ):
            shelf.records[key_of(record)] = record
    topic.records |= shelf.records
    assert [topic.at(now) for now in hours] == expected
    assert topic.at(NOW + 9 * day) == "default@3"


def test_a_pointer_names_no_version_that_no_conversation_is_left_of(topic: Topic) -> None:
    shelf, day = Shelf(), 86_400_000
    for number in range(2, 30):
        at = NOW + number * 5 * day
        text = f"based_on: default\nname: default\nversion: {number}"
        for record in shelf.publication(text, shipped_text("default"), Change(at, at)):
            shelf.records[key_of(record)] = record
    pointer = shelf.records["default"]
    assert [term.version for term in pointer.earlier] == [28, 27, 26, 25, 24, 23]


def test_a_workers_codec_reads_what_the_first_publication_writes() -> None:
    for record in Shelf().publication(
        "based_on: default\nname: default\nversion: 2", shipped_text("default"), Change(NOW, NOW)
    ):
        encoded = Codec().encode(record)
        assert Codec().decode(encoded.topic, encoded.value) == record


def test_a_pointer_that_knows_only_one_earlier_version_is_still_read(topic: Topic) -> None:
    topic.version(2)
    topic.version(3)
    topic.point(3, NOW, 2)
    assert [topic.at(NOW), topic.at(0)] == ["default@3", "default@2"]
