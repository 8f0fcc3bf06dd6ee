"""What a shelf of error texts remembers as it fills, and which words of few texts vary."""

from collections.abc import Iterable
from hashlib import blake2b

import pytest

from detectors.masking import chunks
from streams.core.anomalies import Placed, Shelf, place, shelf, shelf_number
from streams.core.anomalies.shelf import Half
from streams.core.anomalies.varying import BETWEEN, MOST_WORDS, VALUES

PARTS = ("disk", "queue", "table", "cache", "topic", "index", "socket", "buffer")
"""Common words, of which more values are needed."""
FEW = 8
"""Texts in half a small shelf."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(shelf, "MOST_TEXTS", FEW)
    return Shelf()


def name(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def put(where: Shelf, text: str) -> Placed:
    return place(where, name(text), chunks(text))


def group(where: Shelf, text: str) -> int:
    """What a text goes by, placed once more."""
    return where.leader(int(put(where, text).group, 16))


def groups(lines: Iterable[str]) -> int:
    """How many groups texts are, of one length."""
    where, lines = Shelf(), list(lines)
    for line in lines:
        put(where, line)
    return len({group(where, line) for line in lines})


def fill(where: Shelf, first: int = 0, count: int = FEW) -> None:
    """Texts of six words that have nothing in common."""
    for number in range(first, first + count):
        put(where, " ".join(f"{word}{number:x}" for word in "abcdef"))


# Room.


def test_half_a_shelf_holds_no_more_texts_than_it_may(small: Shelf) -> None:
    for number in range(3 * FEW):
        fill(small, number, 1)
        assert len(small.young.leaders) <= FEW


def test_a_shelf_stays_small_though_many_groups_are_met_again(small: Shelf) -> None:
    def line(number: int, value: str) -> str:
        return f"the a{number:x} of b{number:x} is {value}"

    names = [f"v{value:x}" for value in range(VALUES)]
    for number in range(3 * FEW):
        for value in names:
            put(small, line(number, value))
        for number_again in range(number):
            put(small, line(number_again, "w1"))
            assert len(small.young.leaders) <= FEW + 2


def test_that_a_word_varies_is_still_known_when_its_texts_were_not_met_for_long(
    small: Shelf,
) -> None:
    lines = [f"the door of u{value:x} is locked" for value in range(VALUES)]
    for line in lines:
        put(small, line)
    fill(small)
    assert not {int(name(line), 16) for line in lines} & small.young.leaders.keys()
    assert put(small, "the door of u9 is locked").group == name(lines[0])


def test_what_a_group_goes_by_is_kept_as_long_as_its_values_are_met(small: Shelf) -> None:
    lines = [f"the door of u{value:x} is locked" for value in range(VALUES)]
    for line in lines:
        put(small, line)
    for number in range(5 * FEW):
        fill(small, number, 1)
        put(small, f"the door of u{number + VALUES:x} is locked")
        kept = {**small.old.leaders, **small.young.leaders}
        assert kept[int(name(lines[0]), 16)] == (int(name(lines[0]), 16), 1)


def test_a_value_of_a_word_that_is_known_to_vary_teaches_a_shelf_nothing() -> None:
    where = Shelf()
    told = [put(where, f"the door of u{value:x} is locked").learned for value in range(VALUES + 2)]
    assert told == [True] * VALUES + [False] * 2


def test_names_take_no_room_where_one_of_them_was_masked() -> None:
    where = Shelf()
    for value in ("<num>", *PARTS):
        put(where, f"no mail for user {value} today")
    assert len(where.young.leaders) == 2


def test_a_text_alone_says_nothing_of_what_varies_in_it() -> None:
    where = Shelf()
    alone = put(where, "lost the link to <name> again")
    other = put(where, "lost the link to backup again")
    assert (alone.forms, len(other.forms)) == ((), 1)
    assert (other.group, other.merged) == (alone.group, (name("lost the link to backup again"),))


def test_two_groups_in_which_names_vary_stay_two() -> None:
    doors = [f"lost the link to {value} again" for value in ("<name>", "backup")]
    keys = [f"wrong new code for {value} given" for value in ("<name>", "backup")]
    assert groups([*doors, *keys]) == 2


def test_texts_longer_than_what_is_compared_stand_on_one_shelf() -> None:
    said = " ".join(f"word{number}" for number in range(MOST_WORDS))
    one, other = (chunks(f"{said}{' more' * count}") for count in (3, 9))
    assert shelf_number(one) == shelf_number(other) == MOST_WORDS


def test_what_varies_in_either_of_two_groups_varies_in_both_once_they_are_one() -> None:
    leaders = {1: (1, 0), 2: (2, 1)}
    where = Shelf(Half(leaders, opened={1: 0b0010}), Half(opened={1: 0b0100, 2: 0b1000}))
    assert where.opened(1) == 0b0110
    assert where.merge([1, 2]) == {2}
    assert (where.leader(2), where.opened(1)) == (1, 0b1110)


def test_a_text_that_is_met_again_is_known_by_all_its_pieces_for_longer() -> None:
    where = Shelf(old=Half({1: (1, 0)}, sums={1: [3, 4]}))
    where.keep(1)
    assert (where.young.leaders, where.young.sums) == ({1: (1, 0)}, {1: [3, 4]})


# Words.


@pytest.mark.parametrize(
    "lines",
    [
        ["user root host alpha", "user admin host beta"],
        [f"user {'( ' * (BETWEEN - 1)}{who} is over quota" for who in ("root", "admin")],
        [f"class com.acme.{what}" for what in ("basket", "parcel")],
        [f"copied {one} towards {two}" for one in PARTS[:4] for two in PARTS[4:5]]
        + [f"copied {one} towards {two}" for one in PARTS[:1] for two in PARTS[5:]]
        + ["copied buffer towards disk"],
        [f"sent {one} away" for one in ("cart/eu", "stock(disk)", "page.table", "mail(host)")],
        [f"{one} is full now" for one in ("cart/eu", "stock(disk)", "page.table", "mail(host)")],
    ],
)
def test_a_text_need_say_no_more_than_two_words_beside_what_varies(lines: list[str]) -> None:
    assert groups(lines) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["<num> is gone", "disk is gone"],
        ["user 'root' 'disk'", "user 'admin' 'queue'"],
        [f"{one} is full" for one in ("cart/eu", "stock(disk)", "page.table", "mail(host)")],
        [f"user {'( ' * BETWEEN}{who} is over quota" for who in ("root", "admin")],
        ["#disk is lost on this host", "#queue is lost on this host"],
        ["took cache(<num>) from disk", "took queue/eu from disk"],
        ["orderservice is gone for now", "stockreport is gone for now"],
        ["call orderservice now", "call stockreport now"],
        [
            "user root calls orderservice here for us",
            "user admin calls stockreport here for us",
        ],
        [
            f"load gave {thrown} for all of us"
            for thrown in ("io.readexception", "db::lockerror", "a/keyerror", "os(diskexception)")
        ],
    ],
)
def test_what_may_be_another_problem_stays_one(lines: list[str]) -> None:
    assert groups(lines) == len(lines)
