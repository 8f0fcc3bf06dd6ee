"""`baton anomalies` on a broker: what is open, and the on-call person's answers."""

import json

import pytest
from msgspec.structs import replace

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AffectedTicket,
    Anomaly,
    AnomalyAction,
    AnomalyActionKind,
    AnomalyState,
)
from schemas.topics import OPEN_ANOMALIES
from streams.cli.anomalies.ground import ACTIONS_TOPIC, ANOMALIES_TOPIC
from streams.cli.main import WRONG_USAGE
from streams.engine import wall_clock
from streams.errors import InputError
from streams.history.playing import Player
from streams.reading import Follower
from tests.cli.test_commands import baton
from tests.conftest import Broker

START = 1_767_603_600_000
HOUR = 3_600_000
YEAR_2099 = 4_070_908_800_000
LOGIN = Anomaly(
    anomaly_id="anomaly-login",
    state=AnomalyState.UPDATED,
    revision=2,
    title="Login fails with 502\x1b[2J",
    category="technical",
    since=START,
    updated_at=START + HOUR,
    window_start=START,
    window_end=START + HOUR,
    accounts=12,
    expected=0.2,
    tail_probability=1e-9,
    tenant="globex",
    large_accounts=("acme", "initech"),
    sample_tickets=(AffectedTicket("T1", START), AffectedTicket("T2", START)),
    severity="critical",
    runbook="https://runbooks.example/login",
    acknowledged_by="kim",
    known_issue=True,
    peak_accounts=43,
)
EXPORT = replace(
    LOGIN,
    anomaly_id="anomaly-export",
    title="Export is empty",
    since=START + HOUR,
    tenant="default",
    large_accounts=(),
    sample_tickets=(),
    severity="warning",
    runbook=None,
    acknowledged_by=None,
    known_issue=False,
)
GONE = replace(EXPORT, anomaly_id="anomaly-gone")
LATELY = replace(EXPORT, anomaly_id="anomaly-lately", state=AnomalyState.RESOLVED)

KINDS = {
    "acknowledge": AnomalyActionKind.ACKNOWLEDGE,
    "mute": AnomalyActionKind.MUTE,
    "false-alarm": AnomalyActionKind.FALSE_ALARM,
    "known": AnomalyActionKind.KNOWN_ISSUE,
}
WRONG = {
    "acknowledge anomaly-none": "there is no anomaly anomaly-none; `baton anomalies`",
    "acknowledge anomaly-lately": "anomaly-lately ended at",
    "known anomaly-gone": "anomaly-gone ended at 2026-01-05 11:00Z",
    "mute anomaly-merged": "anomaly-merged was merged into anomaly-login at",
    f"known --by {'x' * 257}": "actor_id has 257 characters",
    "mute --until 2100-01-01": "AnomalyAction.until is 4102444800000",
}


@pytest.fixture
def broker(embedded: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Two anomalies that are open, one of them muted, and three that are over, one since now."""
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    for name, count in ((OPEN_ANOMALIES, 1), (ANOMALIES_TOPIC, 2), (ACTIONS_TOPIC, 4)):
        embedded.create(name, count)
    player = Player(embedded.connection, Codec())
    for one in (EXPORT, replace(LOGIN, accounts=3, revision=1), GONE, LOGIN):
        player.send(one, 0)
        encoded = Codec().encode(one)
        player.produce(OPEN_ANOMALIES, encoded.key, encoded.value, encoded.headers)
    player.send(Tombstone(OPEN_ANOMALIES, GONE.anomaly_id), 0)
    player.send(replace(GONE, state=AnomalyState.RESOLVED, updated_at=START + 2 * HOUR), 0)
    player.send(replace(LATELY, updated_at=wall_clock()), 0)
    merged = replace(
        GONE, anomaly_id="anomaly-merged", state=AnomalyState.MERGED, merged_into=LOGIN.anomaly_id
    )
    player.send(merged, 0)
    for number, until in enumerate((None, YEAR_2099 + HOUR, YEAR_2099)):
        mute = AnomalyAction(
            f"a{number}",
            LOGIN.anomaly_id,
            AnomalyActionKind.MUTE,
            START,
            LOGIN.tenant,
            "lee",
            until,
        )
        player.send(mute, 0)
    player.flush()
    return embedded


def answers(broker: Broker) -> list[tuple[str, AnomalyAction]]:
    """The answers on the topic since the fixture's, with their keys."""
    with Follower(broker.connection, Codec(), (ACTIONS_TOPIC,), from_start=True) as follower:
        found = [(seen.key, seen.record) for seen in follower.to_end()]
    return [(key, one) for key, one in found if isinstance(one, AnomalyAction) and one.note]


def test_what_is_open_is_listed_from_the_oldest_on_with_what_was_answered(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = baton(capfd, "anomalies")
    assert (code, lines) == (
        0,
        [
            "anomaly-login: critical (known issue), Login fails with 502 [2J",
            "  43 accounts since 2026-01-05 09:00Z",
            "  tenant: globex",
            "  acknowledged by kim",
            "  muted until 2099-01-01 00:00Z by lee",
            "  large accounts: acme, initech",
            "  tickets: T1, T2",
            "  runbook: https://runbooks.example/login",
            "anomaly-export: warning, Export is empty",
            "  43 accounts since 2026-01-05 10:00Z",
        ],
    )
    _, lines, _ = baton(capfd, "anomalies", "--json")
    assert [json.loads(line)["revision"] for line in lines] == [2, 2]


def test_an_answer_is_written_under_the_tenant_of_each_anomaly(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    ids = (LOGIN.anomaly_id, EXPORT.anomaly_id)
    for command, kind in KINDS.items():
        code, lines, _ = baton(capfd, "anomalies", command, *ids, "--by", "lee", "--note", command)
        assert code == 0
        assert [line.split(":")[0] for line in lines] == list(ids)
        told = {
            (key, one.anomaly_id, one.kind, one.actor_id)
            for key, one in answers(broker)
            if one.note == command
        }
        assert told == {("globex", ids[0], kind, "lee"), ("default", ids[1], kind, "lee")}


def test_an_answer_is_told_to_machines_wherever_the_command_line_asks_for_that(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    ids = [EXPORT.anomaly_id, LOGIN.anomaly_id]
    for arguments in (("--json", "acknowledge", *ids), ("acknowledge", *ids, "--json")):
        code, lines, _ = baton(capfd, "anomalies", *arguments)
        assert (code, [json.loads(line)["anomaly_id"] for line in lines]) == (0, ids)


def test_a_mute_ends_in_an_hour_unless_told_otherwise_and_now_ends_it(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    for one in (EXPORT, LATELY):
        code, [line], _ = baton(capfd, "anomalies", "mute", one.anomaly_id, "--json")
        written = json.loads(line)
        assert (code, written["kind"], written["anomaly_id"]) == (0, "mute", one.anomaly_id)
        assert written["occurred_at"] < written["until"] <= written["occurred_at"] + HOUR
    assert "  muted until 2099-01-01 00:00Z by lee" in baton(capfd, "anomalies")[1]
    baton(capfd, "anomalies", "mute", LOGIN.anomaly_id, "--until", "now", "--by", "kim")
    assert not [line for line in baton(capfd, "anomalies")[1] if "muted" in line and "2099" in line]


def test_what_cannot_be_answered_is_said_and_nothing_is_written(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    for arguments, told in WRONG.items():
        command, *rest = arguments.split()
        code, lines, error = baton(
            capfd, "anomalies", command, EXPORT.anomaly_id, *rest, "--note", "ours"
        )
        assert (code, lines) == (InputError.exit_code, [])
        assert told in error
    assert not answers(broker)


@pytest.mark.parametrize("arguments", [("acknowledge",), ("mute", "x", "--until", "2020-01-01")])
def test_an_answer_to_nothing_or_until_a_time_past_is_wrong_usage(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, _, _ = baton(capfd, "anomalies", *arguments)
    assert code == WRONG_USAGE


def test_where_nothing_is_open_that_is_said(
    embedded: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    for name in (OPEN_ANOMALIES, ACTIONS_TOPIC):
        embedded.create(name, 1)
    assert baton(capfd, "anomalies") == (0, [], "no anomaly is open\n")
