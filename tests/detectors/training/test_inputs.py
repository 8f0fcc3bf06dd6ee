"""The model that is shipped is the one that training makes."""

from detectors.learned import learned
from detectors.pipeline import read_in_english
from detectors.training.cut import as_learned
from detectors.training.examples import linked_examples, training_examples
from detectors.training.inputs import MADE_FROM, digest
from detectors.training.vocabulary import known_grams


def test_the_model_was_made_from_the_text_and_lexicons_that_are_here() -> None:
    examples = [*training_examples(), *linked_examples()]
    assert MADE_FROM.read_text(encoding="utf-8").strip() == digest(examples), "run `make model`"


def test_the_model_knows_the_n_grams_that_are_read_in_all_of_its_text_today() -> None:
    examples = [*training_examples(), *linked_examples()]
    messages = [read_in_english(as_learned(one.text)).message for one in examples]
    assert set(learned().features.grams) ^ set(known_grams(messages)) == set(), "run `make model`"


def test_another_label_is_another_model() -> None:
    some = training_examples()[:20]
    other = [some[0]._replace(flags=frozenset({"praise"})), *some[1:]]
    assert digest(some) != digest(other)
