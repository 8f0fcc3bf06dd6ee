"""The pattern language of the lexicons, and the automaton that finds it."""

import pytest

from detectors.lexicon import Rule, parts
from detectors.matcher import Matcher
from detectors.words import stream


def finds(pattern: str, text: str) -> bool:
    rule = Rule("x", 1.0, parts(pattern, {"person": ["human", "agent"]}))
    return "x" in Matcher([rule]).find(stream(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("charged (twice|two times)", "you charged me"[:11] + " two times"),
        ("talk [to] <person>", "talking human"),
        ("talk [to] <person>", "talk to an agent"),
        ("charge .. twice", "charged my card on monday twice"),
        ("talk to ~ <person>", "talk to a proper human"),
        ("do not work", "doesn't work"),
    ],
)
def test_a_pattern_meets_its_variants(pattern: str, text: str) -> None:
    assert finds(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("man", "human"),
        ("charge .. twice", "I was charged. Twice I called."),
        ("talk to ~ <person>", "talk to my sister about the car of that agent"),
        ("charge .. twice", "twice the charge"),
    ],
)
def test_a_pattern_stops_at_words_sentences_and_gaps(pattern: str, text: str) -> None:
    assert not finds(pattern, text)


def test_an_alternative_of_words_that_are_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="left out"):
        parts("talk (the|to)", {})
    with pytest.raises(ValueError, match="empty"):
        parts("[talk]", {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("charged", "charging"),
        ("cancelled", "cancel"),
        ("planned", "plans"),
        ("hated", "hates"),
        ("can't", "cannot"),
        ("loooogin", "login"),
        ("companies", "company"),
    ],
)
def test_inflections_of_a_word_have_one_form(one: str, other: str) -> None:
    assert stream(one) == stream(other)


@pytest.mark.parametrize(("one", "other"), [("note", "not"), ("hate", "hat"), ("care", "car")])
def test_different_words_keep_different_forms(one: str, other: str) -> None:
    assert stream(one) != stream(other)
