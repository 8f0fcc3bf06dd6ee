"""The model that is shipped is the one that training makes."""

from detectors.training.examples import linked_examples, training_examples
from detectors.training.inputs import MADE_FROM, digest


def test_the_model_was_made_from_the_text_and_lexicons_that_are_here() -> None:
    examples = [*training_examples(), *linked_examples()]
    assert MADE_FROM.read_text(encoding="utf-8").strip() == digest(examples), "run `make model`"


def test_another_label_is_another_model() -> None:
    some = training_examples()[:20]
    other = [some[0]._replace(flags=frozenset({"praise"})), *some[1:]]
    assert digest(some) != digest(other)
