"""Public corpora, read from `../shared/data`: for measuring only, never for training.

Their labels are not ours. A mapping says which of their classes a signal has to find; classes that
people would judge differently are left out on both sides.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.eval.corpus import Corpus, Sample

DATA = Path(__file__).parents[3] / "shared" / "data"


class Classes(NamedTuple):
    """The classes that a signal has to find, and those that are left out."""

    wanted: frozenset[str]
    left_out: frozenset[str] = frozenset()


def _of(wanted: str, left_out: str = "") -> Classes:
    return Classes(frozenset(wanted.split()), frozenset(left_out.split()))


BANKING77: Mapping[str, Classes] = {
    "security": _of(
        "lost_or_stolen_card lost_or_stolen_phone compromised_card passcode_forgotten pin_blocked",
        "change_pin card_payment_not_recognised cash_withdrawal_not_recognised verify_my_identity "
        "direct_debit_payment_not_recognised why_verify_identity unable_to_verify_identity "
        "card_swallowed terminate_account",
    ),
    "billing_dispute": _of(
        "extra_charge_on_statement card_payment_fee_charged transfer_fee_charged request_refund "
        "cash_withdrawal_charge transaction_charged_twice card_payment_not_recognised "
        "cash_withdrawal_not_recognised direct_debit_payment_not_recognised "
        "wrong_amount_of_cash_received Refund_not_showing_up card_payment_wrong_exchange_rate "
        "wrong_exchange_rate_for_cash_withdrawal",
        "balance_not_updated_after_cheque_or_cash_deposit balance_not_updated_after_bank_transfer "
        "top_up_by_bank_transfer_charge top_up_by_card_charge exchange_charge top_up_reverted "
        "transfer_not_received_by_recipient reverted_card_payment? compromised_card "
        "pending_card_payment pending_cash_withdrawal pending_transfer pending_top_up "
        "declined_transfer declined_card_payment declined_cash_withdrawal cancel_transfer",
    ),
    "technical": _of(
        "card_not_working contactless_not_working virtual_card_not_working",
        "top_up_failed failed_transfer declined_card_payment declined_cash_withdrawal "
        "declined_transfer apple_pay_or_google_pay card_acceptance pending_card_payment "
        "balance_not_updated_after_cheque_or_cash_deposit balance_not_updated_after_bank_transfer "
        "transfer_not_received_by_recipient top_up_reverted reverted_card_payment? "
        "unable_to_verify_identity beneficiary_not_allowed pending_transfer pending_top_up "
        "pending_cash_withdrawal card_swallowed pin_blocked activate_my_card",
    ),
}
CLINC150: Mapping[str, Classes] = {
    "security": _of(
        "report_fraud report_lost_card account_blocked",
        "pin_change freeze_account transactions card_declined find_phone share_location",
    ),
    "human_request": _of(""),
}
BITEXT: Mapping[str, Classes] = {
    "security": _of("recover_password", "delete_account registration_problems switch_account"),
    "billing_dispute": _of(
        "get_refund", "track_refund complaint payment_issue cancel_order check_cancellation_fee"
    ),
    "human_request": _of("contact_human_agent", "contact_customer_service complaint"),
    "technical": _of("registration_problems payment_issue", "complaint recover_password"),
}
NEGATIVE = frozenset({"anger", "annoyance", "disappointment", "disgust"})
UNCERTAIN = frozenset(
    {"disapproval", "sadness", "fear", "embarrassment", "remorse", "grief", "confusion"}
)


def public_corpora() -> Iterator[Corpus]:
    """Every signal on every corpus that has it."""
    banking = _rows("banking77_test.csv", "text", "category")
    with (DATA / "intents" / "clinc150.json").open(encoding="utf-8") as file:
        clinc = [(text, intent) for text, intent in json.load(file)["test"]]
    bitext = _rows("bitext_test.csv", "utterance", "intent")
    for name, rows, mappings in (
        ("banking77", banking, BANKING77),
        ("clinc150", clinc, CLINC150),
        ("bitext", bitext, BITEXT),
    ):
        for signal, mapping in mappings.items():
            yield Corpus(name, signal, list(_mapped(rows, mapping)))
    yield Corpus("rasa", "human_request", list(_rasa()))
    yield Corpus("goemotions", "negative", list(_emotions()))


def _rows(file: str, text: str, label: str) -> list[tuple[str, str]]:
    with (DATA / "intents" / file).open(encoding="utf-8", newline="") as lines:
        return [(row[text], row[label]) for row in csv.DictReader(lines)]


def _mapped(rows: Iterable[tuple[str, str]], mapping: Classes) -> Iterator[Sample]:
    for text, label in rows:
        if label not in mapping.left_out:
            yield Sample(text, label in mapping.wanted)


def _rasa() -> Iterator[Sample]:
    for path in sorted((DATA / "human_request").glob("*.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("- "):
                intent = line.removeprefix("- intent: ") if "intent:" in line else ""
            elif intent and (found := re.match(r"\s+- (.+)", line)):
                text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", found.group(1))
                yield Sample(text, intent == "human_handoff")


def _emotions() -> Iterator[Sample]:
    folder = DATA / "emotion"
    names = (folder / "labels.txt").read_text(encoding="utf-8").split()
    for line in (folder / "test.tsv").read_text(encoding="utf-8").splitlines():
        text, labels, _ = line.split("\t")
        found = {names[int(label)] for label in labels.split(",")}
        if found & NEGATIVE or not found & UNCERTAIN:
            yield Sample(text, bool(found & NEGATIVE))
