"""How learned scores and those of the lexicons become one."""

import numpy as np
import pytest

from detectors import Signal, analyze
from detectors.joining import (
    FOUND_ALONE,
    PLAIN_FROM,
    SIGNALS,
    joined,
)
from detectors.labels import FLAGS, OUTPUTS
from detectors.learned import Judgement
from detectors.message import Message

CHANCES = [number / 20 for number in range(21)]
TEXTS = ["the lift", "what we have talked about all of last week is still as it was"]
"""In which no lexicon finds anything, few words and more."""


def score(text: str, name: str, learned_score: float, told: float) -> float:
    message = Message.of(text)
    assert name not in message.hits
    lexicon = {one: Signal(told if one == name else 0.0, (0, 1)) for one in SIGNALS}
    nothing = np.empty((0, len(OUTPUTS)), np.float32)
    scores = dict.fromkeys(FLAGS, learned_score)
    judgement = Judgement("general", scores, np.empty(0, np.int64), nothing, 0)
    return joined(message, lexicon, judgement)[name].score


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", SIGNALS)
def test_more_evidence_never_lowers_a_score(text: str, name: str) -> None:
    scores = np.array([[score(text, name, one, told) for told in CHANCES] for one in CHANCES])
    assert 0 <= scores.min() <= scores.max() <= 1
    assert (np.diff(scores, axis=0) >= 0).all()
    assert (np.diff(scores, axis=1) >= 0).all()


@pytest.mark.parametrize("name", PLAIN_FROM)
def test_plain_words_are_believed_unless_the_model_all_but_rules_them_out(name: str) -> None:
    plain = PLAIN_FROM[name]
    assert score(TEXTS[1], name, 0.1, plain) >= plain
    assert score(TEXTS[1], name, 0.1, plain - 0.01) < plain
    assert (score(TEXTS[1], name, 0.01, plain) < plain) == (name != "safety")


def test_a_lexicon_counts_less_where_the_model_reads_well_by_itself() -> None:
    danger, anger, fault = (
        score(TEXTS[1], name, 0.2, 0.7) for name in ("safety", "negative", "technical")
    )
    assert 0.2 < danger < anger < fault


@pytest.mark.parametrize("name", FOUND_ALONE)
def test_few_words_say_what_was_learned_and_a_code_says_half_of_it(name: str) -> None:
    assert score(TEXTS[0], name, 0.8, 0) == 0.8
    assert score("y 67 t 45", name, 0.8, 0) == 0.4


@pytest.mark.parametrize("text", ["gas smell", "smoke in here", "he collapsed"])
def test_a_danger_in_few_words_is_heard_though_no_lexicon_knows_it(text: str) -> None:
    assert analyze([text])[0].safety.score >= 0.5


@pytest.mark.parametrize("text", ["cash", "row 12", "authenticator app", "the lift", "his name"])
def test_a_short_answer_calls_nobody(text: str) -> None:
    [signals] = analyze([text])
    assert max(getattr(signals, name).score for name in PLAIN_FROM) < 0.5
