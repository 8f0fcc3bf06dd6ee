"""What is named in a text, what was tried, by when: found where it is, and not where it is not."""

import pytest

from detectors import analyze


def found(text: str, *kinds: str) -> list[str]:
    return [item.value for item in analyze([text])[0].entities if item.kind in kinds]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("bookings 61188 and now 61342 came wrong", "order", "61342"),
        ("my customer number is 664 201 95", "account", "664 201 95"),
        ("tracking RR 4471 9920 5 DE, where is it", "order", "RR 4471 9920 5 DE"),
        ("crashes since I upgraded to 2024.11", "version", "2024.11"),
        ("phone runs One UI 6.1 and lags", "version", "One UI 6.1"),
        ("my iphone 13 mini is hot", "product", "iphone 13 mini"),
        ("I use an OfficeJet Pro 9015e here", "product", "OfficeJet Pro 9015e"),
        ("ends with PAY_EXPORT_TIMEOUT", "error_code", "PAY_EXPORT_TIMEOUT"),
        ("the display says Er 17", "error_code", "17"),
        ("gives 502 bad gateway", "error_code", "502"),
        ("I paid 64.90 for nothing", "amount", "64.90"),
        ("1.2 million dollars are at stake", "amount", "1.2 million dollars"),
        ("the serial is 20417-88123", "serial", "20417-88123"),
        ("call 0664 882 1199 please", "phone", "0664 882 1199"),
        ("it was on 18.10.2024", "date", "18.10.2024"),
        ("it failed on 03/04/25 and later", "date", "03/04/25"),
        ("it failed on 4/30/26.", "date", "4/30/26"),
        ("since 2026/11/29 it fails", "date", "2026/11/29"),
        ("I was charged 1 234,56 € for it", "amount", "1 234,56 €"),
        ("you took US$ 50 from me", "amount", "US$ 50"),
        ("the statement has -$50 twice", "amount", "-$50"),
    ],
)
def test_a_value_has_the_name_that_the_words_before_it_give(
    text: str, kind: str, value: str
) -> None:
    assert value in found(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "we are open 24/7/365",
        "the path is 10/12/14/16",
        "look at 2026/11/29/log",
        "version 45/12/20 of it",
    ],
)
def test_numbers_with_strokes_that_can_be_no_day_are_no_date(text: str) -> None:
    assert found(text, "date") == []


def test_a_number_before_an_amount_is_not_part_of_it() -> None:
    assert found("I bought 2 100 € vouchers", "amount") == ["100 €"]
    assert found("I paid 300 -$50 of it", "amount")[-1] == "-$50"


@pytest.mark.parametrize(
    "text",
    [
        "my verification code is 448812",
        "the PIN is 4711",
        "it failed 4 times in 20 minutes",
        "it stopped at 67% after 3 h",
        "we open at 10:30 with 14 people",
        "a 12-month contract",
        "the site says 29 for two",
        "I need it before Friday 5 pm",
    ],
)
def test_secrets_counts_times_and_shares_are_not_named(text: str) -> None:
    assert found(text, "order", "reference", "error_code", "account", "version", "product") == []


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("I already restarted the router", ["I already restarted the router"]),
        ("tried incognito. no luck", ["tried incognito"]),
        (
            "synced, rebooted, SIM swapped, wore it on the other arm",
            ["synced", "rebooted", "SIM swapped", "wore it on the other arm"],
        ),
        ("an electrician tightened the terminals", ["an electrician tightened the terminals"]),
        ("We rotated the key and it still fails.", ["We rotated the key and it still fails"]),
        ("How do I restart the router?", []),
        ("I haven't tried it yet", []),
        ("It stopped when you updated the app", []),
        ("the update wiped my alarms", []),
        ("you cancelled my order", []),
        ("I used to like this app", []),
        ("did you reset it?", []),
    ],
)
def test_a_step_that_was_tried_is_quoted_as_it_was_said(text: str, steps: list[str]) -> None:
    assert found(text, "steps_tried") == steps


@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        ("I need it before Friday 5 pm", ["before Friday 5 pm"]),
        ("The flight leaves tomorrow at 6:40 am.", ["flight leaves tomorrow at 6:40 am"]),
        ("wages go out by the end of the month", ["by the end of the month"]),
        ("please answer within 48 hours", ["within 48 hours"]),
        ("the deadline is 30 September", ["deadline is 30 September"]),
        ("It is broken since Monday", []),
        ("I bought it on Saturday", []),
        ("you charged me on 3 May", []),
        ("it was delivered yesterday evening", []),
        ("the app crashed at 40 percent", []),
    ],
)
def test_a_time_that_lies_ahead_is_a_deadline(text: str, deadlines: list[str]) -> None:
    assert found(text, "deadline") == deadlines


def test_what_is_quoted_ends_with_the_marks_of_its_last_letter() -> None:
    assert found("my order is 12345e\u0301\u0302 or so", "order") == ["12345e\u0301\u0302"]
    assert found("restarted the cafe\u0301, it still fails", "steps_tried")[0].endswith("\u0301")
    assert found("my order is 12345\u200b or so", "order") == ["12345"]
