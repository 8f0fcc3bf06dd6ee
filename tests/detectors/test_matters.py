"""Which matter of security or money a message is about."""

import pytest

from detectors.matters import matters
from detectors.message import Message


def kinds(text: str) -> list[str]:
    return [matter.kind for matter in matters(Message.of(text))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my account got hacked and the mail address is another", "takeover"),
        ("someone logged into my profile last night", "unauthorised_access"),
        ("our api key was committed to github", "credentials"),
        ("I lost my phone on the ferry", "lost_or_stolen"),
        ("Can people at your company read my notes?", "privacy"),
        ("I am locked out", "lockout"),
        ("please remove 2fa from my login", "mfa_reset"),
        ("forgot my password again", "password_reset"),
        ("how do i reset my password", "password_how_to"),
        ("How do I turn on two-factor authentication?", "mfa_how_to"),
        ("Where do I find your privacy policy?", "privacy_how_to"),
        ("could you resend me the receipt", "invoice_copy"),
        ("where can I see how much data I used this month", "usage"),
        ("has my payment arrived", "payment_status"),
        ("How much is the pro plan per seat?", "price_question"),
        ("do you take cash on delivery?", "price_question"),
    ],
)
def test_the_first_is_the_gravest(text: str, kind: str) -> None:
    assert kinds(text)[:1] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "The lamp blinks twice",
        "Where do I add a colleague?",
        "has my payment arrived? you took it twice",
        "a copy of the invoice, it is wrong",
        "What is this fee on my statement?",
    ],
)
def test_what_says_more_or_something_else_is_none_of_them(text: str) -> None:
    assert not kinds(text)


def test_the_evidence_is_where_it_stands() -> None:
    text = "Hi, I think I am locked out. And somebody has my password!"
    spans = [
        text[start:end] for _, (start, end) in ((m.kind, m.span) for m in matters(Message.of(text)))
    ]
    assert spans == ["somebody has my password", "locked out"]
