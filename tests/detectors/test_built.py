"""How a text is built, in numbers."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.built import BUILT, built
from detectors.message import Message


def test_a_longer_text_with_more_conditions_links_and_questions_has_larger_numbers() -> None:
    short = built(Message.of("Export fails."))
    long = built(
        Message.of("Since the update the export fails with Okta on the VPN. Only when? Why?")
    )
    assert all(one < other for one, other in zip(short, long, strict=True))


@given(st.text())
def test_whatever_is_written_each_number_is_from_0_to_1(text: str) -> None:
    numbers = built(Message.of(text))
    assert len(numbers) == BUILT
    assert all(0 <= one <= 1 for one in numbers)
