"""Error texts that differ in a varying word are grouped, on shelves that stay small."""

import random
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Fingerprint, analyze
from detectors.fingerprint import error_fingerprint
from detectors.masking import chunks
from streams.core.anomalies import Groups
from streams.core.anomalies.grouping import place
from streams.core.anomalies.shelf import MOST_TEXTS, Shelf, decode_shelf, encode_shelf
from streams.core.anomalies.varying import COMMON_VALUES, VALUES

PARTS = ("disk", "queue", "table", "cache", "topic", "index", "socket", "buffer")
"""Common words: names would be masked before they are grouped."""
LINES = st.lists(
    st.builds(
        "{} for {} on port {}".format,
        st.sampled_from(("login failed", "password changed", "session opened")),
        st.sampled_from(PARTS),
        st.integers(1, 99),
    ),
    max_size=60,
)


TWO_VARYING = [f"the size of {one} on the {two} is wrong again" for one in PARTS for two in PARTS]


def groups_of(lines: Iterable[str]) -> list[str]:
    groups = Groups()
    found = [groups.place(error_fingerprint(line)).group for line in lines]
    return [groups.leader(group) for group in found]


def test_a_word_with_many_values_varies() -> None:
    assert len(set(groups_of(f"the size of {part} is wrong again" for part in PARTS))) == 1


CORNER = [f"the size of {one} on the disk is wrong again" for one in PARTS[:4]] + [
    f"the size of disk on the {two} is wrong again" for two in PARTS[:4]
]
"""Lines that show each of two words to vary where the other stays."""


@pytest.mark.parametrize("place_of_other", [0, 4, 8])
def test_words_that_vary_each_by_itself_vary_together(place_of_other: int) -> None:
    other = "the size of buffer on the socket is wrong again"
    lines = [*CORNER[:place_of_other], other, *CORNER[place_of_other:]]
    assert len(set(groups_of(lines))) == 1


def test_words_that_vary_together_leave_what_is_said_beside_them() -> None:
    other = "the age of buffer on the socket is wrong again"
    assert len(set(groups_of([*CORNER, other]))) == 2


@pytest.mark.parametrize(
    "lines",
    [
        ["the call to OrderService took 7 ms", "the call to StockReport took 9 ms"],
        [
            f"{one}: the disk is full of logs"
            for one in ("cart/eu", "stock(3)", "page.tmp", "[mail]")
        ],
        ["made it with {level=7, user=ann}", "made it with {state=on, id=8, level=3}"],
        ["results: {id: 7, name: x7}", "results: {id: 9, name: x9}, {id: 8, name: x8}"],
    ],
)
def test_names_of_parts_first_values_and_lists_of_any_length_vary(lines: list[str]) -> None:
    assert len(set(groups_of(lines))) == 1


def test_a_word_with_few_values_does_not() -> None:
    states = ("up", "down", "flapping")
    assert len(set(groups_of(f"the link is {state} at this end" for state in states))) == 3


def test_of_common_words_more_values_do() -> None:
    states = ("open", "closed", "hidden", "empty")
    lines = [f"the page now is: {state}" for state in states]
    assert len(set(groups_of(lines[:VALUES]))) == VALUES
    assert len(set(groups_of(lines))) == 1


def test_behind_a_word_that_names_follow_two_do() -> None:
    assert len(set(groups_of(f"no mail for user {part} today" for part in PARTS[:2]))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["no converter for class com.acme.Basket", "no converter for class com.acme.Parcel"],
        ["out of memory: killed process 71 (ledger)", "out of memory: killed process 7 (quota)"],
        ["user: root is over quota", "user: admin is over quota"],
        [f"the {name} service is gone" for name in ("Spooler", "Search", "Mail", "Print")],
        ["locked by root until now", "locked by admin until now", "locked by guest until now"],
        ["user root on host alpha is idle", "user admin on host beta is idle"],
        ["controller A is too hot now", "controller B is too hot now"],
        ["(root) CMD (/bin/a)", "(admin) CMD (/bin/b)", "(guest) CMD (/bin/c)"],
        ['backup job "Mail archive" is late', 'backup job "Nightly SQL" is late'],
        ["call to '7712' is lost", "call to 'sales' is lost"],
        ["channel SIP/sales-3f0a rings", "channel IAX2/berlin-77c1 rings"],
        ["workflow invoice waits for ink", "workflow contract waits for ink"],
        [
            'File "/app/cart/views.py", line 17, in get',
            'File "/app/quota/tasks.py", line 3, in render_all',
        ],
    ],
)
def test_what_other_words_call_a_name_varies(lines: list[str]) -> None:
    assert len(set(groups_of(lines))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["lost the link to walnut again", "lost the link to backup again"],
        ["wrong password for m7 given", "wrong password for backup given"],
        ["[cart] removed walnut", "[cart] removed delivery"],
        ["walnut has been sent away for good", "backup has been sent away for good"],
        ["wrong password for walnut given", "wrong password for [*alarm*]/backup given"],
        ["read <a71> from walnut today", "read 12:7 from cache(backup) today"],
    ],
)
def test_where_one_text_has_a_name_a_common_word_is_one_too(lines: list[str]) -> None:
    assert len(set(groups_of(lines))) == 1
    assert len(set(groups_of(reversed(lines)))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["node 7 (started) as a replica", "node 7 (stopped) as a replica"],
        ["the user logged into this shop", "the user locked into this shop"],
        ["process 7: permission is denied", "process 7: memory is denied"],
        ["the unit w7 is attached", "the unit was attached"],
        ["VM 7 started (lifecycle event)", "VM 7 paused (lifecycle event)"],
        ['10.0.0.1 "GET /a/b" took 7', '10.0.0.1 "POST /a/b" took 7'],
        ["the session is for client WindowsUpdateAgent", "the session is for client kestrel"],
        [f"java.lang.{name}Exception" for name in ("NullPointer", "IllegalState", "Io", "Cast")],
        [f"save failed with: {name}Error" for name in ("Type", "Value", "Key", "Index", "Import")],
    ],
)
def test_what_goes_on_with_the_sentence_and_what_was_thrown_does_not(lines: list[str]) -> None:
    assert len(set(groups_of(lines))) == len(lines)


def test_a_text_of_two_words_is_never_merged() -> None:
    assert len(set(groups_of(f"{part} failed" for part in PARTS))) == len(PARTS)


def test_a_group_goes_by_its_oldest_text() -> None:
    lines = [f"the size of {part} is wrong again" for part in PARTS]
    assert groups_of(lines)[-1] == error_fingerprint(lines[0]).id


def test_a_merge_names_the_groups_that_became_aliases() -> None:
    groups = Groups()
    lines = [f"the size of {part} is wrong again" for part in PARTS[:COMMON_VALUES]]
    placed = [groups.place(error_fingerprint(line)) for line in lines]
    first, *others = (error_fingerprint(line).id for line in lines)
    assert [one.merged for one in placed[:-1]] == [()] * (COMMON_VALUES - 1)
    assert (placed[-1].group, set(placed[-1].merged)) == (first, set(others))


def test_a_problem_without_an_error_text_is_its_own_group() -> None:
    groups = Groups()
    for number in range(10):
        found = Fingerprint(f"{number:016x}", 2, f"part {number}: it is slow today")
        assert groups.place(found).group == found.id


def test_problems_told_in_other_words_are_in_the_group_of_their_meaning() -> None:
    texts = (
        "is login down? my password is right but it just reloads",
        "the login form never finishes loading for any of us",
    )
    other = "uploaded files come out with zero bytes"
    groups = Groups()
    found = [signals.fingerprint for signals in analyze([*texts, other])]
    one, same, another = (groups.place(problem).group for problem in found if problem is not None)
    assert one == same != another


@given(LINES)
def test_equal_lines_are_in_one_group(lines: list[str]) -> None:
    group = dict(zip(lines, groups_of(lines), strict=True))
    assert groups_of(lines) == [group[line] for line in lines]


@given(LINES, st.integers())
def test_the_order_of_lines_does_not_change_what_is_together(lines: list[str], seed: int) -> None:
    shuffled = random.Random(seed).sample(lines, len(lines))
    together = dict(zip(lines, groups_of(lines), strict=True))
    after = dict(zip(shuffled, groups_of(shuffled), strict=True))
    for one in together:
        for other in together:
            assert (together[one] == together[other]) == (after[one] == after[other])


@given(LINES)
def test_a_shelf_is_read_back_as_it_was(lines: list[str]) -> None:
    shelf = Shelf()
    for line in lines:
        found = error_fingerprint(line)
        place(shelf, found.id, chunks(found.template))
        assert decode_shelf(encode_shelf(shelf)) == shelf


@given(st.lists(st.sampled_from(TWO_VARYING), max_size=60))
def test_a_shelf_that_learned_nothing_is_as_it_was(lines: list[str]) -> None:
    shelf = Shelf()
    for line in lines:
        before, found = encode_shelf(shelf), error_fingerprint(line)
        if not place(shelf, found.id, chunks(found.template)).learned:
            assert encode_shelf(shelf) == before


def test_a_shelf_that_the_version_before_wrote_is_read() -> None:
    shelf = decode_shelf(b"\x01" + msgspec.msgpack.encode([[{7: [7, 0]}, {}], [{}, {}], 1, 0]))
    assert shelf.young.leaders == {7: (7, 0)}
    assert shelf.young.wide == {}


def test_a_shelf_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 03"):
        decode_shelf(b"\x03" + encode_shelf(Shelf())[1:])


def test_a_shelf_stays_small_and_counts_what_it_forgot() -> None:
    shelf, many = Shelf(), 10 * MOST_TEXTS
    for number in range(many):
        place(shelf, f"{number:016x}", chunks(" ".join(f"{part}{number:x}" for part in "abcde")))
    kept = len(shelf.young.leaders) + len(shelf.old.leaders)
    assert kept <= 2 * MOST_TEXTS + 2
    assert shelf.evicted == many - kept
    assert len(encode_shelf(shelf)) < 2 * MOST_TEXTS * 200


def test_a_shelf_of_long_texts_fits_into_a_record() -> None:
    shelf, chance = Shelf(), random.Random(7)
    for number in range(3 * MOST_TEXTS):
        words = ("".join(chance.sample(PARTS, 3)) for _ in range(70))
        place(shelf, f"{number:016x}", chunks(" ".join(words)))
    assert len(encode_shelf(shelf)) < 900_000


def test_values_of_a_varying_word_take_no_room() -> None:
    shelf = Shelf()
    for number in range(10 * MOST_TEXTS):
        place(shelf, f"{number:016x}", chunks(f"the door u{number:x} is locked"))
    assert (len(shelf.young.leaders), shelf.evicted) == (VALUES, 0)


def test_what_is_met_again_is_kept() -> None:
    shelf, loved = Shelf(), chunks("disk of the ledger full")
    for number in range(10 * MOST_TEXTS):
        other = chunks(" ".join(f"{part}{number:x}" for part in "abcde"))
        place(shelf, f"{number + 1:016x}", other)
        place(shelf, f"{0:016x}", loved)
    assert 0 in {**shelf.young.leaders, **shelf.old.leaders}


def test_an_id_of_another_form_is_its_own_group() -> None:
    shelf = Shelf()
    assert place(shelf, "no hash", chunks("some text of four")).group == "no hash"
    assert shelf == Shelf()
