"""What holds for every text."""

from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from detectors import Found, Signal, analyze, similarity
from detectors.masking import mask

PIECES = st.sampled_from(
    [
        "I want to talk to a human",
        "charged twice",
        "are you a bot",
        "reset my password",
        "error 502 at 10:30:01",
        "not happy",
        "but",
        "a@b.de",
        "order 1234-A",
        "\n> ",
        "\n-- \n",
        "confidential",
        "😡",
        "\u200b",
        "パスワード",
        "ﬀ",
        "İ",
        ".",
        " ",
        "'t",
        '"',
    ]
)
ANY_TEXT = st.one_of(
    st.text(),
    st.text(alphabet=st.characters()),
    st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=20).map("".join),
    st.lists(PIECES, max_size=20).map(" ".join),
)


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_any_text_gives_scores_within_bounds_and_spans_within_the_text(text: str) -> None:
    [signals] = analyze([text])
    spans = [signals.complexity_span]
    for value in asdict(signals).values():
        if isinstance(value, Signal):
            assert 0.0 <= value.score <= 1.0
            spans.append(value.span)
    for found in signals.entities:
        assert isinstance(found, Found)
        assert text[slice(*found.span)] == found.value
        spans.append(found.span)
    assert all(0 <= span[0] < span[1] <= len(text) for span in spans if span is not None)
    assert list(signals.gist) == sorted(set(signals.gist))


@settings(deadline=None)
@given(st.lists(ANY_TEXT, max_size=6))
def test_a_batch_equals_its_texts_one_by_one(texts: list[str]) -> None:
    batch = analyze(texts)
    assert batch == [analyze([text])[0] for text in texts]
    assert batch == analyze(texts)


def test_half_a_surrogate_pair_is_read_like_any_sign() -> None:
    assert analyze(["talk to a hum\ud800an"])[0].human_request.score >= 0.5


SAYINGS = [
    ("security", "how do I reset my password"),
    ("security", "someone hacked my account"),
    ("human_request", "let me talk to a person"),
    ("human_request", "give me a real human"),
]
LOOK_ALIKES = str.maketrans("aeopcxy", "аеорсху")


@pytest.mark.parametrize(("name", "text"), SAYINGS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_invisible_signs_and_look_alikes_do_not_lower_a_score(
    name: str, text: str, data: st.DataObject
) -> None:
    hidden = "".join(
        (letter.translate(LOOK_ALIKES) if swap else letter) + sign
        for letter, swap, sign in zip(
            text,
            data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text))),
            data.draw(
                st.lists(
                    st.sampled_from(["", "", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u0301"]),
                    min_size=len(text),
                    max_size=len(text),
                )
            ),
            strict=True,
        )
    )
    plain, disguised = analyze([text, hidden])
    assert getattr(disguised, name).score >= getattr(plain, name).score


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    "10:30:01",
                    "0xff",
                    "192.168.0.1",
                    "/var/log/x",
                    "12 ",
                    "id-77",
                    ",",
                    " ",
                    "<num>",
                    "true",
                    "=",
                    "'",
                    '"',
                    "Jan 3 ",
                    "a.com",
                    "\\x",
                    "..",
                    "kb",
                    "a@b.c",
                    "k=v",
                    "://",
                    "''",
                    ' ""',
                    " ()",
                    ": no",
                    "{",
                    "}",
                ]
            )
        ).map("".join),
        st.from_regex(r"[a-f0-9 :/.,<>_-]{0,60}", fullmatch=True),
    )
)
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


def test_masking_takes_time_in_proportion_to_the_text() -> None:
    for piece in (
        "a",
        "1",
        "a1",
        "[",
        "a/",
        "x.y/",
        "\\a",
        "=",
        '="',
        "='",
        "'",
        '"',
        '"b',
        "=<num>",
        "1:",
        "<num> ",
        "''",
        '"<num>',
        " ()",
        "a={b",
        ": no",
        "`b",
        "{}",
        "{<num>: ",
        "<b object at 0x1",
    ):
        text = piece * (500_000 // len(piece))
        started = thread_time()
        mask(text)
        # Quadratic time would be a minute.
        assert thread_time() - started < 10, piece


@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50)))
def test_similarity_is_symmetric_and_one_only_for_the_same(one: set[int], other: set[int]) -> None:
    a, b = tuple(sorted(one)), tuple(sorted(other))
    assert 0.0 <= similarity(a, b) == similarity(b, a) <= 1.0
    assert (similarity(a, b) == 1.0) == (a == b and bool(a))


HOSTILE = [
    "a",
    "😀",
    "[",
    " ",
    ".",
    "a\u200b",
    "1",
    "a@",
    "\n> ",
    "are you a human ",
    "error: ",
    "'",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_character_of_a_hostile_text_costs_the_same_at_any_length(unit: str) -> None:
    short, long = ((unit * size)[:size] for size in (16 * 1024, 64 * 1024))
    analyze([unit])
    # Four times the text may cost four times; three times more is for a machine that is busy.
    assert _seconds(long) < 12 * _seconds(short) + 0.02


def _seconds(text: str) -> float:
    best = 1e9
    for _ in range(3):
        begun = thread_time()
        analyze([text])
        best = min(best, thread_time() - begun)
    return best
