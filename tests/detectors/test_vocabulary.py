"""What is looked up for a whole batch is what each text has by itself."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from detectors.features import grams
from detectors.message import Message
from detectors.vocabulary import Vocabulary

KNOWN: Final = ["app", "app crash", "crash", "crash app", "zip", "zip app"]
TEXTS: Final = st.lists(st.sampled_from(["app", "crash", "zip", "zzz"]), max_size=9)


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_the_numbers_of_a_text_are_those_of_its_known_words_and_pairs(
    texts: list[list[str]],
) -> None:
    seen = Vocabulary(KNOWN).seen(texts)
    has = [grams(Message.of(" ".join(text))) for text in texts]
    wanted = [sorted({KNOWN.index(one) for one in some if one in KNOWN}) for some in has]
    assert [seen.numbers[own].tolist() for own in seen.slices()] == wanted
    assert seen.unknown.tolist() == [text.count("zzz") for text in texts]


def test_a_pair_does_not_reach_from_one_text_into_the_next() -> None:
    seen = Vocabulary(KNOWN).seen([["zip"], ["app"]])
    assert [seen.numbers[own].tolist() for own in seen.slices()] == [[4], [0]]
