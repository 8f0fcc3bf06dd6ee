"""The training text is as its README says."""

from collections import Counter
from pathlib import Path

import pytest

from detectors.labels import CATEGORIES, FLAGS
from detectors.training.examples import TEXT, Example, read_examples, training_examples
from tests.eval.ours import BLIND


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return training_examples()


def test_no_text_occurs_twice(examples: list[Example]) -> None:
    counts = Counter(" ".join(one.text.lower().split()) for one in examples)
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_has_at_least_500_examples(examples: list[Example], flag: str) -> None:
    assert sum(flag in one.flags for one in examples) >= 500


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_at_least_500_examples(examples: list[Example], category: str) -> None:
    assert sum(one.category == category for one in examples) >= 500


def test_nothing_of_the_blind_set_is_trained_on(examples: list[Example]) -> None:
    trained = {" ".join(one.text.lower().split()) for one in examples}
    blind = {
        " ".join(one.text.lower().split())
        for path in BLIND.rglob("*.tsv")
        for one in read_examples(path)
        if len(one.text.split()) > 3
    }
    assert blind & trained == set()


def test_a_line_that_is_no_example_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.tsv"
    path.write_text("how_to\thow?\nnonsense\twhat?\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.tsv, line 2"):
        list(read_examples(path))


def test_every_file_of_text_is_read() -> None:
    assert {path.suffix for path in TEXT.iterdir()} == {".tsv"}
