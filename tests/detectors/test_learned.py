"""The trained part: every text alone, evidence in the text, nothing that hostile text can grow."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import analyze
from detectors.features import READ, Pieces, grams
from detectors.joining import SIGNALS
from detectors.labels import CATEGORIES
from detectors.learned import MODEL, NotTheModel, learned, load
from detectors.message import Message
from tests.eval.ours import ordinary

SOME: Final = (
    "I was charged twice for the same order, please give the money back",
    "someone got into my account and changed the e-mail address",
    "how do I export the report as a spreadsheet",
    "the app closes by itself as soon as I open the camera",
    "ok",
    "\U0001f621\U0001f621",
    "((((((((",
)


def test_a_text_gets_the_same_signals_in_a_large_batch_as_alone() -> None:
    texts = [example.text for example in ordinary()[:300]]
    assert analyze(texts) == [analyze([text])[0] for text in texts]


@given(st.text(max_size=200))
def test_scores_are_probabilities_and_spans_lie_in_the_text(text: str) -> None:
    (signals,) = analyze([text])
    assert signals.category in CATEGORIES
    for flag in SIGNALS:
        signal = getattr(signals, flag)
        assert 0 <= signal.score <= 1
        if signal.span is not None:
            start, end = signal.span
            assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (SOME[0], "billing_dispute"),
        (SOME[1], "security"),
        (SOME[3], "technical"),
    ],
)
def test_what_is_plain_fires_and_names_what_it_saw(text: str, flag: str) -> None:
    (signals,) = analyze([text])
    signal = getattr(signals, flag)
    assert signal.score >= 0.5
    assert signal.span is not None


def test_a_how_to_question_fires_nothing() -> None:
    (signals,) = analyze([SOME[2]])
    assert signals.category == "how_to"
    assert all(getattr(signals, flag).score < 0.5 for flag in SIGNALS)


def test_of_a_long_text_only_the_beginning_is_looked_at() -> None:
    message = Message.of("word " * 50_000)
    assert len(grams(message)) == 2 * READ - 1
    features = learned().features
    assert (features.mean(message.words) == features.mean(message.words[:READ])).all()
    other = [*message.words[:READ], *(["other"] * 50_000)]
    assert (features.mean(message.words) == features.mean(other)).all()


def test_a_word_nobody_knows_is_read_by_its_pieces() -> None:
    pieces = Pieces({"over": 0, "##charg": 1, "##ed": 2, "x": 3})
    assert pieces.of(["overcharged"]).tolist() == [0, 1, 2]
    assert pieces.of(["qqq", "overcharged"]).tolist() == [0, 1, 2]
    assert pieces.of(["qqq"]).tolist() == []


def test_an_empty_batch_is_judged() -> None:
    assert learned().judge([], []) == []


def test_a_text_in_words_it_has_never_met_is_unfamiliar_and_an_ordinary_one_is_not() -> None:
    strange = "cristae morphology regressed while lysosomal titration contradicts proteasome assays"
    assert analyze([strange])[0].unfamiliar.score >= 0.5
    texts = [example.text for example in ordinary()]
    assert max(signals.unfamiliar.score for signals in analyze(texts)) < 0.5


def test_a_few_strange_words_are_no_sign_of_anything() -> None:
    assert analyze(["Oyelaran-Whitcombe, Quillfeather"])[0].unfamiliar.score == 0


@pytest.mark.parametrize("lost", ["V", "V scales", "vectors scales", "P", "G"])
def test_a_model_of_another_version_is_named_and_what_to_do(tmp_path: Path, lost: str) -> None:
    with np.load(MODEL, allow_pickle=False) as stored:
        np.savez(tmp_path / "model.npz", **{one: stored[one] for one in stored if one != lost})
    with pytest.raises(NotTheModel, match=rf"model\.npz .*{lost}.*make model"):
        load(tmp_path / "model.npz")


@pytest.mark.parametrize("size", [0, 1_000, 100_000])
def test_a_model_that_is_cut_is_named(tmp_path: Path, size: int) -> None:
    (tmp_path / "model.npz").write_bytes(MODEL.read_bytes()[:size])
    with pytest.raises(NotTheModel, match=r"model\.npz is not the model"):
        load(tmp_path / "model.npz")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotTheModel, match=r"model\.npz is not the model.*make model"):
        load(tmp_path / "model.npz")
