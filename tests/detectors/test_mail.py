"""What a mail carries does not speak, and nothing that its author wrote is lost with it."""

import re
from collections import Counter
from pathlib import Path
from time import thread_time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import analyze
from detectors.mail import own_words, taken_apart
from detectors.pasted import without_pasted


class Mail(msgspec.Struct):
    kind: str
    text: str
    own: str


HALVES = ("dev", "held_back")
MAILS = {
    half: [
        msgspec.json.decode(line, type=Mail)
        for line in (Path(__file__).parent / f"mails/{half}.jsonl").read_bytes().splitlines()
    ]
    for half in HALVES
}
FIRES = 0.5


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


@pytest.mark.parametrize("half", HALVES)
def test_nothing_that_a_customer_wrote_is_taken_for_carried(half: str) -> None:
    # But for one who quotes somebody else with the sign of a reply.
    own = {mail.text: mail.own for mail in MAILS[half] if not mail.own.startswith("> ")}
    lost = {text: words(said) - words(own_words(text)) for text, said in own.items()}
    assert not {text: some for text, some in lost.items() if some}


@pytest.mark.parametrize("half", HALVES)
def test_most_of_what_a_mail_carries_is_blanked(half: str) -> None:
    kept = carried = 0
    for mail in MAILS[half]:
        extra = words(mail.text) - words(mail.own)
        carried += extra.total()
        kept += (words(own_words(mail.text)) - words(mail.own)).total()
    assert kept < 0.25 * carried


@pytest.mark.parametrize(
    "disclaimer",
    [
        "This e-mail and its attachments are confidential. If you are not the intended recipient,"
        " any disclosure is prohibited and may be unlawful.",
        "The contents of this message may be legally privileged. We cannot accept liability for"
        " viruses. Any contract is subject to our written terms.",
        "CONFIDENTIALITY NOTICE: this communication is for the named recipient only.\nIf you have"
        " received it in error please notify me and delete it.",
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat"
        " sind, informieren Sie bitte den Absender und vernichten Sie diese Mail.",
        "PUBLIC RECORDS NOTICE: our state has a broad public records law. Communications to or from"
        " this office are public records and may be disclosed to third parties upon request.",
        "Under the General Data Protection Regulation (GDPR) we protect any personal data. See our"
        " privacy policy.",
    ],
)
@pytest.mark.parametrize("said", ["How do I add a user?", "Where is my parcel? It is late."])
@pytest.mark.parametrize("between", ["\n\n", "\n\nRegards\nTom\n\n", "\r\n\r\n-- \r\nTom\r\n"])
def test_a_disclaimer_is_no_legal_matter(said: str, between: str, disclaimer: str) -> None:
    [found] = analyze([said + between + disclaimer])
    assert found.legal_compliance.score < FIRES
    assert own_words(said + between + disclaimer).startswith(said)


@pytest.mark.parametrize(
    "notice",
    [
        "Subject access requests: dpo@harbour.example",
        "A list of members is open to inspection. Service of proceedings is not accepted.",
        "WIRE FRAUD ALERT: our bank details have not changed. Call us on a known number.",
        "Equal opportunity employer: we do not discriminate on the basis of race or sex.",
        "This is an attempt to collect a debt. What you say will be used for that purpose.",
        "Modern slavery statement | Whistleblowing | Gender pay gap report",
    ],
)
@pytest.mark.parametrize(
    "signature", ["Kind regards\nJo Pell\n\n", "Thanks\nJo Pell\nBuyer, +44 20 7946 0991\n\n"]
)
def test_a_notice_below_a_name_is_not_said(signature: str, notice: str) -> None:
    said = f"How do I add a user?\n\n{signature}"
    assert not own_words(said + notice)[len(said) :].strip()


@pytest.mark.parametrize(
    "head",
    [
        "On Tue, 4 Mar 2025 at 09:12, Help <help@a.example> wrote:",
        "On Tue, 4 Mar 2025 at 09:12, Help\n<help@a.example>\nwrote:",
        "Am 04.03.2025 um 09:12 schrieb Help:",
        "Le mar. 4 mars 2025 à 09:12, Aide <aide@a.example> a écrit :",
        "El mar, 4 mar 2025 a las 9:12, Ayuda (<a@a.example>) escribió:",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "-----Ursprüngliche Nachricht-----",
        "*From:* Help <help@a.example>\n*Sent:* Tuesday, 4 March 2025\n*Subject:* RE: log-in",
        "Von: Help\nGesendet: Dienstag, 4. März 2025 09:12\nAn: Tom\nBetreff: AW: Frage",
        "##- Please type your reply above this line -##",
    ],
)
def test_what_stands_below_the_head_of_an_earlier_mail_is_not_said_now(head: str) -> None:
    text = f"Yes, that is fine.\n\n{head}\n\nYour account was hacked and we will sue them."
    assert own_words(text).split() == ["Yes,", "that", "is", "fine."]
    assert (quoted := taken_apart(text).unquoted) is not None
    assert "hacked" in quoted


@pytest.mark.parametrize(
    "text",
    [
        "I want to change it.\nFrom: Berlin\nTo: Paris\nDate: 14 March",
        "Hello,\nOn 3 February I wrote:\nmy account is hacked.",
        "Thanks\n\nOne more thing: somebody logged in from Brazil, that was not me.",
        "Regards\nTom\n\nPS: I will sue you for this.",
        "Kind regards\nTom Pell\n\nP.S. Please use this address from now on.",
        "Thanks,\nBob\n\nThe contract says thirty days, and the refund has not come.",
        "Dear team,\n\nWe ask for the processing agreement under Article 28 GDPR before the"
        " contract is signed.",
        "Best\nEva\nOrder 7719203",
        "Hello,\n\nThis email violates the law: it is an unauthorised disclosure of personal data.",
        "Hello,\n\nThese emails are unlawful spam.",
        "Dear sirs,\nUnder clause 9 of the contract we hereby give notice of termination."
        " Governed by the laws of Ireland.\nYours faithfully\nNordhaus",
        "Dear sir or madam,\n\nunder the General Data Protection Regulation the controller"
        " must inform the data subject in a month. That of 3 May was not.\n\nYours\nPaula",
        "Hi,\n\nThe disclaimer says no liability is accepted. Does that hold for my parcel?",
    ],
)
def test_own_words_that_look_carried_stay(text: str) -> None:
    assert words(own_words(text)) == words(text)


def test_answers_between_quoted_lines_stay() -> None:
    head = "On 3 May, Ann <a@b.example> wrote:"
    text = f"See below.\n{head}\n> Which one?\nThe red one\n> Since when?\nMay"
    assert own_words(text).split() == ["See", "below.", "The", "red", "one", "May"]


def test_a_mail_that_is_nothing_but_carried_is_read_as_it_is() -> None:
    for text in (
        "> I want to talk to a human",
        "Sent from my iPhone",
        "This e-mail is confidential.",
    ):
        assert own_words(text) == text


LOG = (
    "\n2025-02-11 08:14:22 ERROR sync: password authentication failed\n"
    "2025-02-11 08:14:23 FATAL sync: account hacked, status 502\n"
)


def test_a_pasted_log_counts_for_the_problem_alone() -> None:
    said = "What does the log of the nightly job say?"
    own, whole = analyze([said, said + "\n" + LOG])
    assert whole.security.score < FIRES
    assert whole.security.score == pytest.approx(own.security.score, abs=0.01)
    assert whole.fingerprint is not None
    assert analyze([LOG])[0].fingerprint is not None


def test_a_sentence_with_a_time_is_no_log() -> None:
    assert without_pasted("10:00:01 I saw it burn\n10:00:02 I want a human\nplease help me") is None


PIECES = st.sampled_from(
    [
        "> a\n",
        "On 3.4. b@c wrote:\n",
        "-- \n",
        "Regards\n",
        "\r\n",
        "\n\n",
        "From: a@b\nTo: c\n",
        "This e-mail is confidential. ",
        "Tel. +49 123 4567\n",
        "Is it mine? ",
        "10:00:01 ERROR x\n",
        "İ",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=4)).map("".join))
def test_what_is_blanked_leaves_everything_else_in_its_place(text: str) -> None:
    for read in (*taken_apart(text), without_pasted(text)):
        if read is not None:
            assert len(read) == len(text)
            assert all(new in (old, " ") for new, old in zip(read, text, strict=True))


@pytest.mark.parametrize(
    "unit",
    ["a\n", "> a\n", "on 3 a@b\n", "x wrote: \n", "this e-mail is confidential\n\n", "-", "a=b\n",
     "with many ", "from: a@b\nto: b\n"],
)  # fmt: skip
def test_taking_a_mail_apart_takes_time_in_proportion_to_it(unit: str) -> None:
    text = "hello there\n" + unit * (64 * 1024 // len(unit))
    begun = thread_time()
    for read in (taken_apart, without_pasted):
        read(text)
    # Quadratic time would be minutes.
    assert thread_time() - begun < 20
