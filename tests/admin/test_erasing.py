"""What a receipt says."""

from streams.admin.erasing import to_repeat


def test_a_receipt_says_that_what_no_agent_has_taken_up_is_to_be_erased_again() -> None:
    [advice] = to_repeat(2)
    assert "has not taken up 2 of them: they are not erased yet" in advice
    assert "(--ticket, for they are nobody's by then) when the agent" in advice
    assert not [*to_repeat(0)]
