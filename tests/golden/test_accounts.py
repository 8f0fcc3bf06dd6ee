"""Each account's history ends as a lead of customer success expects."""

import pytest

from tests.golden.accounts import History, histories, main, play

HISTORIES = histories()
FEWEST = 20


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_an_account_is_flagged_when_it_should_be_and_not_otherwise(history: History) -> None:
    assert not play(history).faults(history)


def test_there_are_twenty_accounts_and_most_are_never_at_risk() -> None:
    assert len({history.name for history in HISTORIES}) >= FEWEST
    assert sum(history.at_risk == "never" for history in HISTORIES) > len(HISTORIES) / 2


def test_what_is_other_than_expected_is_named() -> None:
    calm, *_ = HISTORIES
    assert calm.name == "calm"
    wrong = History(calm.name, calm.about, calm.tickets, (3, 9), "watch", priority=1)
    assert play(wrong).faults(wrong) == [
        "at risk on day None, expected (3, 9)",
        "ends healthy, expected watch",
        "0 suggestions",
        "priority set(), expected 1",
    ]


def test_the_share_that_is_right_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    *_, last = capsys.readouterr().out.splitlines()
    assert last == f"{len(HISTORIES)} of {len(HISTORIES)} accounts as expected (100%)"
