"""Who writes must not matter."""

from detectors.training.renamed import NAMES, renamed
from tests.eval.fairness import PEOPLE

TEXTS = ["where is my parcel", "how do i pay", "a word " * 40]


def test_a_short_text_gets_a_name_and_keeps_its_words() -> None:
    names = set(NAMES.read_text(encoding="utf-8").split())
    for number, text in renamed(TEXTS, 2, seed=1):
        assert TEXTS[number] in text
        assert any(name in text for name in names)


def test_a_long_text_is_left_alone() -> None:
    assert {number for number, _ in renamed(TEXTS, 2, seed=1)} == {0, 1}


def test_the_same_seed_gives_the_same_texts() -> None:
    assert list(renamed(TEXTS, 2, seed=3)) == list(renamed(TEXTS, 2, seed=3))


def test_fairness_is_measured_with_names_that_were_not_learned() -> None:
    assert set(NAMES.read_text(encoding="utf-8").split()).isdisjoint(PEOPLE)
