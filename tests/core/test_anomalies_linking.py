"""Which of several open anomalies a problem belongs to, as far as their records say."""

import pytest

from detectors import Fingerprint
from detectors.masking import chunks
from schemas.records import Anomaly, AnomalyLink, AnomalyState
from streams.core.anomalies import OpenAnomalies
from streams.core.anomalies.grouping import forms
from tests.core.test_anomalies_kinship import says


def anomaly(name: str, **changes: object) -> Anomaly:
    plain: dict[str, object] = dict.fromkeys(
        ("since", "updated_at", "window_start", "window_end"), 0
    )
    plain |= {"state": AnomalyState.OPENED, "revision": 1, "title": "a title", "accounts": 4}
    plain |= {"category": "technical", "expected": 0.0, "tail_probability": 0.0}
    return Anomaly(anomaly_id=name, **{**plain, **changes})  # type: ignore[arg-type]


def problem(**changes: object) -> Fingerprint:
    plain: dict[str, object] = {"id": "problem", "version": 2, "template": "a <num> b"}
    return Fingerprint(**{**plain, **changes})  # type: ignore[arg-type]


def linked(
    found: Fingerprint | None, *anomalies: Anomaly, before: AnomalyLink | None = None
) -> str | None:
    link = OpenAnomalies(anomalies).link("default", "technical", found, before)
    return None if link is None else link.anomaly_id


NEAR = {"meaning": says(0), "meaning_version": 1}


@pytest.mark.parametrize("words", ["meaning", "also_means"])
def test_a_ticket_keeps_its_anomaly_unless_a_name_says_otherwise(words: str) -> None:
    had, near = anomaly("had", component="mail"), anomaly("near", component="login", **NEAR)
    before = AnomalyLink("had", "a title", 0, 4)
    means = problem(component="login-page", **{words: says(0), "meaning_version": 1})
    assert linked(means, had, near) == "near"
    assert linked(means, had, near, before=before) == "had"
    named = anomaly("named", component="login-page", fingerprints=("problem",))
    assert linked(means, had, near, named, before=before) == "named"


def test_a_problem_of_a_part_belongs_to_the_anomaly_that_names_it_whatever_part_that_is_of() -> (
    None
):
    of_mail = anomaly("mail", component="mail", fingerprints=("problem",))
    assert linked(problem(component="login"), of_mail) == "mail"
    assert linked(problem(error_text="a 7 b"), of_mail) == "mail"
    assert linked(problem(), of_mail) is None


@pytest.mark.parametrize(
    ("found", "of_component", "of_problem", "of_both", "of_neither"),
    [(problem(id="another"), False, False, False, True)]
    + [(problem(id="another", component="mail"), True, False, True, True)],
)
def test_only_what_names_neither_problem_nor_component_is_about_its_whole_category(
    found: Fingerprint, *, of_component: bool, of_problem: bool, of_both: bool, of_neither: bool
) -> None:
    one = ("problem",)
    assert (linked(found, anomaly("x", component="mail")) == "x") is of_component
    assert (linked(found, anomaly("x", fingerprints=one)) == "x") is of_problem
    assert (linked(found, anomaly("x", component="mail", fingerprints=one)) == "x") is of_both
    assert (linked(found, anomaly("x")) == "x") is of_neither
    elsewhere = anomaly("x", category="billing")
    assert linked(found, elsewhere) is None


def test_of_several_that_fit_a_problem_belongs_to_the_one_that_began_first() -> None:
    later = anomaly("a", fingerprints=("problem",), since=2)
    first = anomaly("b", fingerprints=("problem",), since=1)
    assert linked(problem(), later, first) == linked(problem(), first, later) == "b"
    same = anomaly("c", fingerprints=("problem",), since=1)
    assert linked(problem(), same, first) == "b"


def test_an_error_belongs_to_the_anomaly_that_names_it_otherwise_or_names_a_form_of_it() -> None:
    text = "no ledger for the disk in this region"
    found = problem(template=text, error_text=text)
    alias = anomaly("alias", fingerprints=("older",), aliases=("problem",))
    of_form = anomaly("form", fingerprints=("older",), aliases=forms(chunks(text))[3:4])
    assert linked(found, alias) == "alias"
    assert linked(found, of_form) == "form"
    assert linked(problem(template=text, component="mail"), of_form) is None


def test_a_link_says_how_many_accounts_the_anomaly_had_at_its_most() -> None:
    for accounts, peak, told in ((4, 9, 9), (4, None, 4)):
        one = anomaly("x", accounts=accounts, peak_accounts=peak, updated_at=7, revision=3, since=2)
        link = OpenAnomalies([one]).link("default", "technical", problem())
        assert link == AnomalyLink("x", "a title", 2, told, revision=3, as_of=7)
