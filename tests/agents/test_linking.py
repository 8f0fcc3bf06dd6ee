"""An open anomaly reaches the tickets it touches: from reports to the decisions that name it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from detectors import analyze
from detectors.meaning import meaning
from schemas.codec import Codec
from schemas.records import (
    Anomaly,
    AnomalyLink,
    ConversationMessage,
    Decision,
    PartState,
    ProblemReport,
    Role,
)
from schemas.topics import OPEN_ANOMALIES
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.deciding import Decider
from streams.agents.linking import Linker
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.anomalies import AnomalyPolicy, OpenAnomalies
from streams.core.policy import default_policy
from streams.core.reasons import Code
from streams.history.recorded import RecordedInputs
from streams.history.replaying import Replay
from tests.agents.harness import START, Harness, decoded

REPORTS, ACTIONS = AnomaliesAgent.sources
MINUTE = 60_000
FAILS = "The page only shows: error: no ledger for {} in this region"
NAMES = ("ann", "bo", "cy", "di", "ed", "flo", "gus", "hal", "ida")


class Company:
    """The tickets and the anomalies agent, each with what the other writes for it."""

    def __init__(self, folder: Path) -> None:
        self.open: dict[bytes, Anomaly] = {}
        self.changes = 0
        self.events: list[ConversationMessage] = []
        linker = Linker(lambda: self.changes, self._open)
        self.decider = Decider(default_policy(), incidents=linker)
        self._tickets = Harness(
            TicketsAgent(Codec(), self.decider), folder / "tickets", CONVERSATIONS
        )
        handler = AnomaliesAgent(Codec(), AnomalyPolicy())
        self._anomalies = Harness(handler, folder / "anomalies", REPORTS, ACTIONS)

    def says(self, text: str, ticket: str, second: int) -> list[Any]:
        """What the tickets agent writes for a message; its reports are read at once."""
        message = ConversationMessage(
            message_id=f"{ticket}-{second}",
            ticket_id=ticket,
            role=Role.CUSTOMER,
            text=text,
            sent_at=START + second * 1_000,
            account_id=f"account of {ticket}",
        )
        self.events.append(message)
        outputs = self._tickets.feed(CONVERSATIONS, message)
        for report in decoded(outputs, REPORTS):
            self._take(self._anomalies.feed(REPORTS, report))
        return outputs

    def decides(self, text: str, ticket: str, second: int) -> Decision:
        *_, decision = decoded(self.says(text, ticket, second), "support.decisions")
        assert isinstance(decision, Decision)
        return decision

    def wait(self, minutes: int) -> list[Any]:
        """What time alone leads to among the anomalies."""
        outputs = self._anomalies.tick(REPORTS, START + minutes * MINUTE)
        self._take(outputs)
        return decoded(outputs, "support.anomalies")

    def _open(self) -> Iterator[Anomaly]:
        yield from self.open.values()

    def _take(self, outputs: list[Any]) -> None:
        kept = [output for output in outputs if output.topic == OPEN_ANOMALIES]
        for output, anomaly in zip(kept, decoded(outputs, OPEN_ANOMALIES), strict=True):
            self.changes += 1
            if anomaly is None:
                self.open.pop(output.key, None)
            else:
                self.open[output.key] = anomaly


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def outage(company: Company) -> Anomaly:
    """Five tickets report one failure, each with another name in its error text."""
    for second, name in enumerate(NAMES[:5]):
        company.says(FAILS.format(name), f"T{second}", second)
    [anomaly] = company.open.values()
    return anomaly


def test_a_ticket_whose_problem_is_an_open_incident_is_decided_as_usual_and_names_it(
    company: Company,
) -> None:
    before = company.decides(FAILS.format("zoe"), "T-1", 0)
    anomaly = outage(company)
    decision = company.decides(FAILS.format("zoe"), "T9", 9)
    assert (decision.tier, decision.action) == (before.tier, before.action)
    assert decision.anomaly_id == anomaly.anomaly_id
    [reason] = [one for one in decision.reasons if one.code == Code.ANOMALY_LINK]
    assert (reason.tier, reason.sub_reason) == (0, anomaly.anomaly_id)
    assert decision.used.anomaly_revision == anomaly.revision
    assert before.anomaly_id is None


def test_a_text_with_a_name_that_nobody_has_written_yet_is_known_by_its_form(
    company: Company,
) -> None:
    anomaly = outage(company)
    [signals] = analyze([FAILS.format("a-new-name")])
    assert signals.fingerprint is not None
    assert signals.fingerprint.id not in (*anomaly.fingerprints, *anomaly.aliases)
    assert company.decides(FAILS.format("quinn"), "T9", 9).anomaly_id == anomaly.anomaly_id


def test_the_handoff_carries_the_incident_and_is_at_least_as_pressing_as_the_policy_says(
    company: Company,
) -> None:
    outage(company)
    company.says(FAILS.format("zoe"), "T9", 9)
    [anomaly] = company.open.values()
    outputs = company.says("I want to talk to a person now.", "T9", 20)
    [escalation] = decoded(outputs, "support.escalations.technical")
    assert escalation.priority == 2
    assert escalation.package.anomaly.anomaly_id == anomaly.anomaly_id
    assert Code.ANOMALY_LINK in [reason.code for reason in escalation.reasons]
    [part] = [one for one in escalation.package.parts if one.part == "anomaly"]
    assert (part.state, part.as_of) == (PartState.PRESENT, anomaly.updated_at)


def test_another_problem_and_the_time_after_the_end_name_no_incident(company: Company) -> None:
    outage(company)
    assert company.decides("The printed reports are blank.", "T9", 9).anomaly_id is None
    company.says(FAILS.format("zoe"), "T8", 10)
    company.wait(60)
    assert not company.open
    later = company.decides(FAILS.format("zoe"), "T8", 4_000)
    assert later.anomaly_id is None


def test_the_decisions_alone_give_the_same_decisions_again(company: Company) -> None:
    outage(company)
    decisions = [
        company.decides(FAILS.format(name), f"R{second}", second)
        for second, name in enumerate(NAMES, 20)
    ]
    decider = Decider(
        default_policy(), recorded=RecordedInputs(decisions, lambda _reference: None).of
    )
    replayed = [one for one in Replay(decider, 1).run(company.events) if isinstance(one, Decision)]
    assert [one for one in replayed if one.ticket_id.startswith("R")] == decisions
    assert all(one.anomaly_id for one in decisions)


def test_when_it_is_over_one_record_lists_everyone_who_reported_even_before_it_opened(
    company: Company,
) -> None:
    # Reported once, in other words, minutes before; the part of the product is the same.
    company.says("calendar page stays blank for all of us, it does not load", "early", 0)
    for second in (400, 401, 402, 403):
        company.says("The calendar does not load since this morning.", f"T{second}", second)
    [anomaly] = company.open.values()
    [resolved] = company.wait(90)
    assert resolved.anomaly_id == anomaly.anomaly_id
    tickets = [one.ticket_id for one in resolved.affected]
    assert tickets == ["early", "T400", "T401", "T402", "T403"]
    assert "account of early" in resolved.affected_accounts
    assert len(resolved.affected_accounts) == 5
    assert resolved.reports_cut == 0


def anomaly(**changes: Any) -> Anomaly:
    fields: dict[str, Any] = dict.fromkeys(("since", "updated_at", "window_start", "window_end"), 0)
    fields |= {"anomaly_id": "x", "state": "opened", "revision": 3, "title": "t", "accounts": 4}
    fields |= {"category": "technical", "expected": 0.0, "tail_probability": 0.0}
    return Anomaly(**{**fields, **changes})


def linked(*anomalies: Anomaly, text: str, tenant: str = "default") -> str | None:
    [signals] = analyze([text])
    found = OpenAnomalies(anomalies).link(tenant, signals.category, signals.fingerprint)
    return None if found is None else found.anomaly_id


def test_an_incident_that_names_no_fingerprint_is_about_its_whole_category() -> None:
    whole = anomaly()
    assert linked(whole, text="The printed reports are blank.") == "x"
    assert linked(whole, text="Where do I change my time zone?") is None
    assert linked(whole, text="The printed reports are blank.", tenant="another") is None
    of_problem = anomaly(fingerprints=("1",))
    assert linked(of_problem, text="The printed reports are blank.") is None


def test_an_incident_that_names_the_problem_goes_before_one_of_its_component() -> None:
    text = "The calendar does not load since this morning."
    [signals] = analyze([text])
    assert signals.fingerprint is not None
    component = anomaly(anomaly_id="a", component="calendar", fingerprints=("1",))
    problem = anomaly(anomaly_id="b", fingerprints=(signals.fingerprint.id,), since=5)
    assert linked(component, text=text) == "a"
    assert linked(component, problem, text=text) == "b"


def test_what_no_name_fits_belongs_to_the_incident_that_it_is_nearest_to_in_meaning() -> None:
    text = "we cannot open the appointments view, the screen is empty"
    told = [
        anomaly(anomaly_id=name, component=name, meaning=meaning(words.split()), meaning_version=1)
        for name, words in {
            "calendar": "the calendar view does not open and no appointments are shown",
            "payments": "the card is refused and nobody can pay",
        }.items()
    ]
    [signals] = analyze([text])
    assert signals.fingerprint is not None
    assert signals.fingerprint.component not in ("calendar", "payments")
    told = [replace(one, meaning_version=signals.fingerprint.meaning_version) for one in told]
    assert linked(*told, text=text) == linked(*reversed(told), text=text) == "calendar"
    assert linked(told[1], text=text) is None
    assert linked(*told, text=text, tenant="another") is None
    assert linked(replace(told[0], meaning_version=-1), text=text) is None
    assert linked(replace(told[0], meaning=(200,) * 128), text=text) is None
    of_text = anomaly(anomaly_id="named", fingerprints=(signals.fingerprint.id,))
    assert linked(*told, of_text, text=text) == "named"


def test_a_problem_that_names_nothing_is_of_no_incident_of_a_component() -> None:
    text = "Cables are fine. It still drops, always at eight in the evening."
    [signals] = analyze([text])
    problem = signals.fingerprint
    assert problem is not None
    assert (problem.component, problem.error_text) == (None, None)
    assert linked(anomaly(fingerprints=(problem.id,), component="payments"), text=text) is None
    assert linked(anomaly(fingerprints=(problem.id,)), text=text) == "x"


def test_a_later_message_without_a_problem_keeps_the_incident_while_it_is_open() -> None:
    before = AnomalyLink("x", "t", 0, 4)
    still = OpenAnomalies([anomaly()]).link("default", "general", None, before)
    assert still == replace(before, revision=3, as_of=0)
    assert OpenAnomalies().link("default", "general", None, before) is None


def test_a_report_that_changes_nothing_but_the_names_is_told_to_the_tickets_alone(
    tmp_path: Path,
) -> None:
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)
    parts = ("disk", "queue", "table", "cache", "topic", "index", "socket", "buffer", "port")
    texts = [f"error: no ledger for the {part} in this region" for part in parts]
    found = [signals.fingerprint for signals in analyze(texts)]
    reports = []
    for number, one in enumerate(found):
        assert one is not None
        reports.append(
            ProblemReport(
                report_id=f"r{number}",
                ticket_id=f"T{number}",
                message_id=f"m{number}",
                # The first are known under one name, so that the incident opens before the forms.
                fingerprint=found[0].id if found[0] and number < 3 else one.id,
                fingerprint_version=one.version,
                category="technical",
                occurred_at=START + number * 1_000,
                source_partition=0,
                source_watermark=START + number * 1_000,
                account_id=f"a{number}",
                template=found[0].template if found[0] and number < 3 else one.template,
                error_text=one.error_text,
                component="ledger",
            )
        )
    agent.feed(REPORTS, *reports[:3])
    outputs = agent.feed(REPORTS, *reports[3:4])
    kept = decoded(outputs, OPEN_ANOMALIES)
    assert len(kept) > len(decoded(outputs, "support.anomalies"))
    assert {one.id for one in found[3:4] if one} <= {
        *kept[-1].fingerprints,
        *kept[-1].aliases,
    }
