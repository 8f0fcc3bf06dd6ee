"""The checks of the agents that see across tickets are not blind: what is lost or doubled shows."""

from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from schemas.codec import Codec
from schemas.records import AccountHealth, HealthLevel, Millis, ProblemReport, Record
from schemas.topics import partition_of
from streams.core.anomalies.varying import VALUES
from tests.chaos import activities, outages
from tests.chaos.across import PARTITIONS, Load
from tests.chaos.alone import Alone
from tests.chaos.verdict import Verdict
from tests.engine.records import source_record

REPORTS = 5_000
MANY_REPORTS = 20_000
"""Enough for outages that open by one of their texts, before these are known to be one problem."""


def run(load: Load, given: Sequence[tuple[Millis, Record]]) -> list[Record]:
    """What the agent by itself writes."""
    codec = Codec()
    partitions = [Alone(load.handler(codec), number, PARTITIONS) for number in range(PARTITIONS)]
    for offset, (at, record) in enumerate(given):
        encoded = codec.encode(record)
        number = partition_of(encoded.key, PARTITIONS)
        source = source_record(offset, at, encoded.key, encoded.value, encoded.topic, number)
        partitions[number].run([source])
    return [
        codec.decode(one.topic, one.value)
        for partition in partitions
        for one in partition.written
        if one.topic == load.written and one.value is not None
    ]


def verdict_of(load: Load, given: Sequence[Record], written: Sequence[Record]) -> Verdict:
    verdict = Verdict(messages=len(given))
    load.check(verdict, given, written)
    return verdict


@pytest.fixture(scope="module")
def reports() -> list[tuple[Millis, ProblemReport]]:
    return list(islice(outages.reports(), REPORTS))


def planted(reports: Sequence[tuple[Millis, ProblemReport]]) -> Iterator[int]:
    """Places of the first planted outage's reports."""
    of_outage = [place for place, (_, one) in enumerate(reports) if "/outage/" in one.ticket_id]
    name = reports[of_outage[0]][1].ticket_id.rpartition("/")[0]
    return (place for place in of_outage if reports[place][1].ticket_id.startswith(f"{name}/"))


def test_the_error_texts_of_a_planted_outage_are_many_that_have_to_be_put_together(
    reports: list[tuple[Millis, ProblemReport]],
) -> None:
    texts = {reports[place][1].fingerprint for place in planted(reports)}
    assert len(texts) > VALUES


def test_every_planted_outage_is_one_incident_with_all_its_tickets() -> None:
    reports = list(islice(outages.reports(), MANY_REPORTS))
    written = run(outages.LOAD, reports)
    verdict = verdict_of(outages.LOAD, [one for _, one in reports], written)
    assert verdict.exact, verdict.examples


def test_a_report_that_the_agent_never_got_is_missed(
    reports: list[tuple[Millis, ProblemReport]],
) -> None:
    ticket = reports[next(planted(reports))][1].ticket_id
    written = run(outages.LOAD, [one for one in reports if one[1].ticket_id != ticket])
    assert verdict_of(outages.LOAD, [one for _, one in reports], written).wrong > 0


def test_a_record_that_was_written_twice_is_seen(
    reports: list[tuple[Millis, ProblemReport]],
) -> None:
    written = run(outages.LOAD, reports)
    given = [one for _, one in reports]
    assert not verdict_of(outages.LOAD, given, [written[0], *written]).exact
    assert not verdict_of(outages.LOAD, given, written[1:]).exact


def test_an_account_that_soured_unnoticed_is_seen_and_so_is_one_that_did_not_sour() -> None:
    given = list(islice(activities.activities(), REPORTS))
    events, written = [one for _, one in given], run(activities.LOAD, given)
    assert verdict_of(activities.LOAD, events, written).exact
    healths = [one for one in written if isinstance(one, AccountHealth)]
    at_risk = next(one for one in healths if one.level is HealthLevel.AT_RISK)
    others = [one for one in healths if one.account_id != at_risk.account_id]
    assert verdict_of(activities.LOAD, events, others).lost == 1
    relabelled = [one for one in events if "/sour/" not in one.ticket_id]
    assert verdict_of(activities.LOAD, relabelled, written).wrong > 0
