"""What is published, what is in force, and where a rollback leads."""

import pytest
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import PolicyEntry, PolicyVersion
from schemas.topics import key_of
from streams.core.policy import Policy, PolicyError, default_policy, load_policy
from streams.core.policy.load import whole
from streams.core.policy.modes import Stopped
from streams.core.policy.shipped import shipped_text
from streams.core.policy.yaml_text import write_yaml
from streams.errors import InputError
from streams.policies.shelf import Change, Shelf, meanwhile
from streams.reading import Seen

DEFAULT = shipped_text("default")


def put(shelf: Shelf, records: list[PolicyVersion]) -> list[str]:
    """Publish; the keys in their order."""
    for record in records:
        shelf.records[key_of(record)] = record
    return [key_of(record) for record in records]


def version(number: int, more: str | None = None) -> str:
    own = f"retention: {{stub: {40 + number}d}}"
    return f"based_on: default\nname: default\nversion: {number}\n{own if more is None else more}"


@pytest.fixture
def shelf() -> Shelf:
    """Versions 1 (as shipped), 2 and 3, each in force from its number on."""
    made = Shelf()
    for number in (2, 3):
        put(made, made.publication(version(number), DEFAULT, Change(number, number)))
    return made


def test_what_was_in_force_before_is_published_first_and_the_pointer_comes_last() -> None:
    shelf = Shelf()
    change = Change(5, 9, "ann", "a try")
    keys = put(shelf, shelf.publication(version(2), DEFAULT, change))
    assert keys == ["default@1", "default@2", "default"]
    pointer = shelf.pointer("default")
    assert pointer is not None
    assert (pointer.entry, pointer.version, pointer.previous) == (PolicyEntry.POINTER, 2, 1)
    assert (pointer.effective_from, pointer.author_id, pointer.comment) == (9, "ann", "a try")
    assert [shelf.in_force("default", now) for now in (8, 9)] == [1, 2]


def test_what_is_published_is_whole_whatever_it_was_based_on(shelf: Shelf) -> None:
    body = shelf.body("default@3")
    assert "based_on" not in body
    assert load_policy(body).routes == default_policy().routes


def test_a_version_never_changes_but_may_be_put_in_force_again(shelf: Shelf) -> None:
    with pytest.raises(InputError, match=r"default@2 is published and never changes.*version: 4"):
        shelf.publication(version(2, "language: de"), DEFAULT, Change(9, 9))
    again = shelf.publication(version(2), DEFAULT, Change(9, 9))
    assert put(shelf, again) == ["default@2", "default"]
    assert shelf.in_force("default", 9) == 2


def test_a_number_that_workers_have_another_policy_under_is_refused() -> None:
    with pytest.raises(InputError, match=r"default@1 is what workers are set to.*version: 2"):
        Shelf().publication(version(1, "language: de"), DEFAULT, Change(9, 9))


def test_what_cannot_be_used_is_not_published(shelf: Shelf) -> None:
    with pytest.raises(PolicyError, match=r"triggers\.safety\.tier"):
        shelf.publication(version(4, "triggers: {safety: {tier: 1}}"), DEFAULT, Change(9, 9))


def test_each_rollback_leads_further_back(shelf: Shelf) -> None:
    for expected in (2, 1):
        put(shelf, shelf.rollback("default", None, DEFAULT, Change(9, 9)))
        assert shelf.in_force("default", 9) == expected
    with pytest.raises(InputError, match="no earlier version"):
        shelf.rollback("default", None, DEFAULT, Change(9, 9))


def test_a_rollback_goes_past_what_was_taken_back_before(shelf: Shelf) -> None:
    put(shelf, shelf.rollback("default", None, DEFAULT, Change(7, 7)))
    put(shelf, shelf.publication(version(4), DEFAULT, Change(8, 8)))
    put(shelf, shelf.rollback("default", None, DEFAULT, Change(9, 9)))
    assert shelf.in_force("default", 9) == 2


def switch(shelf: Shelf, now: int, **stopped: object) -> None:
    """As `stop-ai` and `resume-ai` do."""
    values, number = shelf.amended("default", DEFAULT, now)
    text = write_yaml(values | {"version": number, "stopped": stopped})
    put(shelf, shelf.publication(text, DEFAULT, Change(now, now)))


def rolled_back(shelf: Shelf, now: int, to: int | None = None) -> Policy:
    put(shelf, shelf.rollback("default", to, DEFAULT, Change(now, now)))
    return load_policy(shelf.text_in_force("default", DEFAULT, now))


def days(policy: Policy) -> int:
    return policy.retention.stub // 86_400_000


def test_a_rollback_after_the_ai_was_resumed_does_not_stop_it_again(shelf: Shelf) -> None:
    switch(shelf, 5, everywhere=True)
    switch(shelf, 6)
    policy = rolled_back(shelf, 7)
    assert (policy.version, days(policy), policy.stopped) == (2, 42, Stopped())
    policy = rolled_back(shelf, 8, to=4)
    assert (policy.version, days(policy), policy.stopped) == (6, 43, Stopped())


def test_a_rollback_while_the_ai_is_stopped_does_not_resume_it(shelf: Shelf) -> None:
    switch(shelf, 5, everywhere=True)
    policy = rolled_back(shelf, 6)
    assert (policy.version, days(policy), policy.stopped.everywhere) == (5, 42, True)
    comments = [one.comment for one in shelf.versions("default") if one.version == 5]
    assert comments == ["default@2, with the AI on and off as it was"]
    policy = rolled_back(shelf, 7)
    assert (policy.reference, policy.stopped.everywhere) == ("default@6", True)
    assert policy.retention == default_policy().retention
    with pytest.raises(InputError, match="no earlier version"):
        rolled_back(shelf, 8)


def test_a_rollback_says_when_the_version_does_not_know_where_the_ai_is_off(shelf: Shelf) -> None:
    values, number = shelf.amended("default", DEFAULT, 5)
    gold = values["segments"][-1] | {"name": "gold", "tiers": ["gold"]}
    values["segments"] = [gold, *values["segments"]]
    text = write_yaml(values | {"version": number, "stopped": {"segments": ["gold"]}})
    put(shelf, shelf.publication(text, DEFAULT, Change(5, 5)))
    with pytest.raises(InputError, match=r"default@3 does not know.*stopped\.segments.*resume-ai"):
        rolled_back(shelf, 6)


@pytest.mark.parametrize(
    ("off", "file", "may"),
    [
        ({"everywhere": True}, "", False),
        ({"everywhere": True}, "stopped: {categories: [billing]}", False),
        ({"everywhere": True}, "stopped: {everywhere: true}", True),
        ({"categories": ["billing"]}, "", False),
        ({"categories": ["billing"]}, "stopped: {categories: [legal, billing]}", True),
        ({"categories": ["billing"]}, "stopped: {everywhere: true}", True),
        ({}, "", True),
    ],
)
def test_a_file_does_not_switch_the_ai_on_that_was_switched_off(
    shelf: Shelf, off: dict[str, object], file: str, may: bool
) -> None:
    switch(shelf, 5, **off)
    new = load_policy(version(9, file))
    if may:
        shelf.check_stopped(new, DEFAULT, 6)
    else:
        with pytest.raises(InputError, match=r"default@9 would switch the AI on.*resume-ai"):
            shelf.check_stopped(new, DEFAULT, 6)


@pytest.mark.parametrize("body", ["- no mapping", "name: default\nstopped: 5\n", "{"])
def test_a_rollback_to_what_cannot_be_used_is_refused(shelf: Shelf, body: str) -> None:
    shelf.records["default@2"] = replace(shelf.records["default@2"], body=body)
    with pytest.raises(InputError, match="default@2 cannot be used"):
        rolled_back(shelf, 5)


def test_a_rollback_ends_a_version_that_is_to_come(shelf: Shelf) -> None:
    alike = write_yaml(whole(version(3)) | {"version": 4, "stopped": {"everywhere": True}})
    put(shelf, shelf.publication(alike, DEFAULT, Change(7, 100)))
    put(shelf, shelf.rollback("default", None, DEFAULT, Change(8, 8)))
    assert [shelf.in_force("default", now) for now in (8, 1_000)] == [3, 3]


def test_an_amendment_starts_from_what_is_in_force_and_takes_a_free_number(shelf: Shelf) -> None:
    put(shelf, shelf.publication(version(9, "language: de"), DEFAULT, Change(7, 100)))
    values, number = shelf.amended("default", DEFAULT, 8)
    assert (values["version"], values["language"], number) == (3, "en", 10)
    values, number = Shelf().amended("default", DEFAULT, 8)
    assert (values["version"], number) == (1, 2)


def test_a_version_in_force_that_cannot_be_used_is_no_obstacle_to_the_next(shelf: Shelf) -> None:
    broken = PolicyVersion("default", 4, PolicyEntry.VERSION, 5, body="? [x]")
    pointer = PolicyVersion("default", 4, PolicyEntry.POINTER, 5, effective_from=5, previous=3)
    put(shelf, [broken, pointer])
    assert shelf.text_in_force("default", DEFAULT, 9) == shelf.body("default@3")
    assert Shelf(shelf.records | {"default@3": broken}).text_in_force("default", "x", 9) == "x"
    values, number = shelf.amended("default", DEFAULT, 9)
    assert (values["version"], number) == (3, 5)
    put(shelf, shelf.publication(version(5), DEFAULT, Change(9, 9)))
    assert shelf.in_force("default", 9) == 5


def test_a_version_that_is_to_come_is_known_until_it_holds(shelf: Shelf) -> None:
    put(shelf, shelf.publication(version(4), DEFAULT, Change(7, 100)))
    assert [shelf.to_come("default", now) for now in (99, 100)] == [4, None]
    assert Shelf().to_come("default", 9) is None


def test_of_two_who_publish_at_once_the_second_finds_the_first_ones() -> None:
    """Both rest on what was there before, and take the same number."""
    shelf, codec, now = Shelf(ends={0: 1}), Codec(), 1_767_603_600_000
    first, second = (
        shelf.publication(version(2, text), DEFAULT, Change(now, now, who))
        for who, text in (("ann", "language: de"), ("bob", "language: fr"))
    )
    other = replace(first[0], name="other")
    seen = []
    for offset, record in enumerate((second[0], *first, other, *second)):
        made = codec.encode(record)
        read = codec.decode(made.topic, made.value or b"", made.headers, now)
        seen.append(Seen(made.topic, 0, offset, now, key_of(record), read))
    assert [one.author_id for one in meanwhile(shelf, second, seen)] == ["ann"] * 3
    assert meanwhile(shelf, first, seen[:4]) == []
