"""The commands as a user types them."""

import gzip
import json
from pathlib import Path

import click
import msgspec
import pytest
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.records import (
    AccountProfile,
    ConversationMessage,
    DeadLetter,
    Decision,
    Header,
    Role,
)
from streams.agents.inbox import KEPT_BYTES
from streams.agents.text import shorten
from streams.cli.main import WRONG_USAGE, main
from streams.cli.main import baton as cli
from streams.cli.tail import SHOWN
from streams.core.policy.shipped import shipped_text
from streams.errors import BrokerError, InputError
from streams.history.files import read_history
from streams.history.playing import Player
from streams.policies.shelf import Change, Shelf
from streams.settings import CONFIG_VARIABLE
from tests.chaos.reading import read
from tests.conftest import Broker

TURNS = [
    {"conversation": 7, "text": "Where is my parcel?"},
    {"conversation": 7, "text": "You charged me twice, I want my money back!"},
]


@pytest.fixture(autouse=True)
def defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "turns.jsonl"
    path.write_text("".join(json.dumps(turn) + "\n" for turn in TURNS))
    return path


def baton(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    """Exit code, lines on standard output, standard error."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    shown = capfd.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, shown.out.splitlines(), shown.err


def test_analyze_gives_each_text_its_signals_in_order(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(
        '{"text": "I was charged twice"}\n{"text": "How do I export a list?", "x": 1}\n'
    )
    code, lines, _ = baton(capfd, "analyze", str(path))
    first, second = map(json.loads, lines)
    assert code == 0
    assert "billing_dispute" in first["fired"]
    assert second["fired"] == []
    wanted = {"negative", "billing", "billing_dispute", "security", "legal_compliance", "technical"}
    assert wanted | {"human_request", "complexity", "fingerprint", "fired"} <= first.keys()
    assert all(0 <= first[name] <= 1 for name in wanted)


@pytest.mark.parametrize("line", ["{", '{"text": 3}', '{"words": ""}', "[]", '"text"'])
def test_analyze_names_the_line_that_it_cannot_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: str
) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(f'{{"text": "hi"}}\n{line}\n')
    code, lines, error = baton(capfd, "analyze", str(path))
    assert code == InputError.exit_code
    assert "line 2" in error
    assert len(lines) == 1


def test_analyze_passes_over_empty_lines(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "hi"}\n\n{"text": "ho"}\n\n')
    code, lines, _ = baton(capfd, "analyze", str(path))
    assert (code, len(lines)) == (0, 2)


def test_analyze_reads_of_a_very_long_text_what_a_worker_reads(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts.jsonl"
    text = "You charged me twice. " + "x" * 5_000_000
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in (text, shorten(text)[0])))
    code, [whole, ends], _ = baton(capfd, "analyze", str(path))
    assert (code, whole) == (0, ends)
    assert "billing_dispute" in json.loads(whole)["fired"]


def test_what_an_error_quotes_cannot_command_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("timestamp,value\n1,\x1b[2J\n")
    code, _, error = baton(capfd, "spikes", str(path))
    assert code == InputError.exit_code
    assert "\x1b" not in error
    assert "line 2" in error


def test_replay_decides_a_packed_file_like_a_plain_one(
    history: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "turns.jsonl.gz"
    packed.write_bytes(gzip.compress(history.read_bytes()))
    _, plain, _ = baton(capfd, "replay", str(history))
    code, lines, _ = baton(capfd, "replay", str(packed))
    assert (code, lines) == (0, plain)
    assert [json.loads(line)["subject_id"] for line in lines] == ["7-0", "7-1"]
    _, [summary], _ = baton(capfd, "replay", str(history), "--summary")
    assert json.loads(summary)["escalations"] == {"billing": 1}


def test_replay_without_ai_answers_lets_the_timers_speak(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "turns.jsonl"
    turns = [{"conversation": 1, "text": f"and shelf {number}?"} for number in range(6)]
    path.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    _, [summary], _ = baton(capfd, "replay", str(path), "--no-ai", "--summary")
    assert json.loads(summary)["causes"] == {"message": 6}
    turns[-1]["time"] = 1_767_603_600_000 + 3_600_000
    path.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    _, [summary], _ = baton(capfd, "replay", str(path), "--no-ai", "--summary")
    assert json.loads(summary)["causes"]["timer"] > 0


def test_explain_tells_each_decision_of_a_ticket_with_the_words_it_rests_on(
    history: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = baton(capfd, "explain", "7", "--file", str(history))
    assert code == 0
    assert lines[0] == "7: 2 decisions under default@1"
    assert any('message  "Where is my parcel?"' in line for line in lines)
    assert any("handoff to billing (tier 2)" in line for line in lines)
    assert any("billing (billing_dispute)" in line and "charged me twice" in line for line in lines)
    assert any("without billing" in line.lower() for line in lines)
    code, told, _ = baton(capfd, "explain", "7", "--file", str(history), "--json")
    _, decided, _ = baton(capfd, "replay", str(history))
    assert [json.loads(line)["decision"] for line in told] == [json.loads(one) for one in decided]
    assert json.loads(told[1])["fired"][0]["quote"] == "charged me twice"


def test_explain_quotes_an_edited_message_as_it_was_when_it_was_decided(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = ("Where is my parcel?", "You charged me twice", "You charged me twice, I want a refund")
    path = tmp_path / "edited.jsonl"
    lines = (
        f'{{"message_id": "m1", "ticket_id": "T1", "role": "customer", "text": "{text}",'
        f' "sent_at": {1_767_603_600_000 + number}}}\n'
        for number, text in enumerate(texts)
    )
    path.write_text("".join(lines))
    code, told, _ = baton(capfd, "explain", "T1", "--file", str(path), "--json")
    decisions = [json.loads(line) for line in told]
    assert code == 0
    assert [one["said"] for one in decisions] == list(texts)
    assert "charged me twice" in [fired["quote"] for fired in decisions[1]["fired"]]


def test_explain_keeps_what_a_terminal_would_obey_out_of_its_text(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "turns.jsonl"
    path.write_text(json.dumps({"conversation": "x\x1b[2J", "text": "hi\x1b[31m\u202e there"}))
    code, lines, _ = baton(capfd, "explain", "x\x1b[2J", "--file", str(path))
    assert code == 0
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_explain_reads_the_brokers_topics_where_no_file_is_given(
    embedded: Broker, history: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.topics(support_conversations=3, support_decisions=3, support_decisions_shadow=3)
    embedded.topics(support_policies=1)
    _, lines, _ = baton(capfd, "replay", str(history))
    player = Player(embedded.connection, Codec())
    for event in read_history(history):
        player.send(event, 1_767_603_600_000)
    for line in lines:
        player.send(msgspec.json.decode(line, type=Decision), 1_767_603_600_000)
    player.flush()
    _, wanted, _ = baton(capfd, "explain", "7", "--file", str(history))
    assert baton(capfd, "explain", "7")[:2] == (0, wanted)
    code, _, error = baton(capfd, "explain", "8")
    assert code == InputError.exit_code
    assert "no decision on ticket 8" in error


def test_explain_holds_what_nearly_fired_against_the_version_that_the_decision_names(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, policies = tmp_path / "turns.jsonl", tmp_path / "policies.jsonl"
    path.write_text(json.dumps({"conversation": "7", "text": "This is a bit annoying"}))
    shelf = Shelf().publication(
        "based_on: default\nname: default\nversion: 2\n"
        "triggers: {negative_sentiment: {tier: 1, threshold: 0.99}}",
        shipped_text("default"),
        Change(1, 1),
    )
    policies.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in shelf))
    options = ("explain", "7", "--file", str(path), "--policies", str(policies), "--json")
    _, [line, *_], _ = baton(capfd, *options)
    told = json.loads(line)
    assert told["decision"]["used"]["policy"] == "default@2"
    near = [one for one in told["near"] if one["code"] == "negative_sentiment"]
    assert [one["tier"] for one in near] == [1]


def test_replay_reads_what_tail_tells_of_the_topics_at_the_brokers_times(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, at = tmp_path / "tail.jsonl", 1_767_603_700_000
    message = ConversationMessage("m1", "T1", Role.CUSTOMER, "hello", at - 90_000)
    place = {"topic": "support.conversations", "partition": 0, "key": "T1", "timestamp": at}
    said = place | {"offset": 0, "record": json.loads(msgspec.json.encode(message))}
    unreadable = place | {"offset": 1, "record": None, "problem": "no JSON"}
    path.write_text(f"{json.dumps(said)}\n{json.dumps(unreadable)}\n")
    code, [line], _ = baton(capfd, "replay", str(path))
    assert (code, json.loads(line)["decided_at"]) == (0, at)


@pytest.mark.parametrize("name", ["explain", "replay"])
def test_the_example_of_a_command_on_a_file_works_from_a_clone(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    example = str(command.epilog).partition("Example: baton ")[2]
    code, lines, _ = baton(capfd, *example.partition(" | ")[0].split())
    assert code == 0
    assert lines


def test_explain_says_that_a_file_does_not_know_the_ticket(
    history: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, error = baton(capfd, "explain", "T-1", "--file", str(history))
    assert code == InputError.exit_code
    assert f"no decision on ticket T-1 in {history}" in error


@pytest.mark.parametrize("command", ["play", "replay"])
def test_a_history_with_a_bad_line_is_refused_with_its_number(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str, embedded: Broker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    path = tmp_path / "turns.jsonl"
    path.write_text('{"conversation": 1, "text": "hi"}\n{"conversation": 1}\n')
    code, _, error = baton(capfd, command, str(path))
    assert code == InputError.exit_code
    assert "line 2" in error


def test_what_is_played_is_seen_by_tail(
    embedded: Broker, history: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.create("support.conversations", 2)
    code, [said], note = baton(capfd, "play", str(history), "--speed", "max")
    assert (code, said) == (0, f"played 4 events of {history}")
    assert "a worker for it runs with BATON_CLOCK=records" in note
    tail = ("tail", "conversations", "--from-start", "--until-end")
    code, lines, _ = baton(capfd, *tail, "--json")
    ids = [seen["record"]["message_id"] for seen in map(json.loads, lines)]
    assert code == 0
    assert ids == [
        "7-0",
        "7-0-ai",
        "7-1",
        "7-1-ai",
    ]
    _, lines, _ = baton(capfd, *tail)
    assert any("customer" in line and "charged me twice" in line for line in lines)


def test_dead_letters_are_listed_and_shown_with_their_bytes(
    embedded: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.create("support.dead-letters", 1)
    code, _, error = baton(capfd, "dead-letters", "replay", "--code", "not_decodable")
    assert code == InputError.exit_code
    assert "no dead letter has the code not_decodable, there is none at all" in error
    letter = DeadLetter(
        "support.conversations/3/41", "support.conversations", 3, 41, "not_decodable",
        "Not JSON.", 1_767_603_600_000, "tickets", key=b"T1", value=b"\x80[bold]hello",
        headers=(Header("\x1b[2Jfrom", b"here"),), ticket_id="T\x1b]0;owned\x071",
    )  # fmt: skip
    player = Player(embedded.connection, Codec())
    player.send(letter, 1_767_603_600_000)
    player.flush()
    code, lines, _ = baton(capfd, "dead-letters", "list")
    assert code == 0
    assert any(letter.dead_letter_id in line and "not_decodable" in line for line in lines)
    _, [line], _ = baton(capfd, "dead-letters", "list", "--json")
    assert json.loads(line)["offset"] == 41
    code, lines, _ = baton(capfd, "dead-letters", "show", letter.dead_letter_id)
    assert code == 0
    assert any("Not JSON." in line for line in lines)
    assert "\x1b" not in "".join(lines)
    code, _, error = baton(capfd, "dead-letters", "show", "support.conversations/0/0")
    assert code == InputError.exit_code
    assert "baton dead-letters list" in error
    code, _, error = baton(capfd, "dead-letters", "replay", "--code", "not_decodible")
    assert code == InputError.exit_code
    assert "no dead letter has the code not_decodible, only not_decodable" in error


def test_dead_letters_are_listed_by_their_times_with_whole_ids(
    embedded: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    monkeypatch.setenv("COLUMNS", "60")
    embedded.create("support.dead-letters", 1)
    player = Player(embedded.connection, Codec())
    for offset, at in ((7, 1_767_690_000_000), (41, 1_767_603_600_000)):
        place = f"support.conversations/3/{offset}"
        player.send(
            DeadLetter(
                place, "support.conversations", 3, offset, "not_decodable", "No [/b] JSON." * 9, at,
                "tickets",
            ),
            at,
        )  # fmt: skip
    player.flush()
    _, [_, first, second], _ = baton(capfd, "dead-letters", "list")
    assert first.startswith("support.conversations/3/41  2026-01-05 09:00:00Z")
    assert second.startswith("support.conversations/3/7 ")
    assert "No [/b] JSON." in first


def test_dead_letters_go_back_to_their_topic_whole(
    embedded: Broker,
    unique: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    for topic in ("support.dead-letters", unique):
        embedded.create(topic, 1)
    player, long = Player(embedded.connection, Codec()), b"x" * (KEPT_BYTES + 5)
    player.produce(unique, b"T1", long, [("h", b"1")])
    letters = [
        DeadLetter(
            f"{unique}/0/{offset}", unique, 0, offset, code, "Wrong.", 1_767_603_600_000,
            "tickets", key=b"T1", value=value, headers=(Header("h", b"1"),),
        )
        for offset, code, value in ((0, unique, long[:KEPT_BYTES]), (7, "other", b"short"))
    ]  # fmt: skip
    for letter in letters:
        player.send(letter, 0)
    player.flush()
    assert baton(capfd, "dead-letters", "replay")[0] == WRONG_USAGE
    assert baton(capfd, "dead-letters", "replay", "no/0/0")[0] == InputError.exit_code
    code, lines, _ = baton(capfd, "dead-letters", "replay", "--dry-run", f"{unique}/0/7")
    assert (code, lines) == (0, [f"{unique}/0/7"])
    code, lines, _ = baton(capfd, "dead-letters", "replay", "--code", unique)
    assert (code, lines) == (0, [f"{unique}/0/0"])
    _, found = read(embedded.bootstrap, unique, "read_uncommitted")
    assert (found.key(), found.value()) == (b"T1", long)
    assert found.headers() == [("h", b"1"), ("baton-replayed", f"{unique}/0/0".encode())]


def test_a_dead_letter_does_not_replace_what_was_written_under_its_key_since(
    embedded: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    topic = "support.account-health"
    for name in ("support.dead-letters", topic):
        embedded.create(name, 1)
    player = Player(embedded.connection, Codec())
    for value in (b"at risk", b"well again"):
        player.produce(topic, b"acme", value, [])
    old, latest = [
        DeadLetter(
            f"{topic}/0/{offset}/pager", topic, 0, offset, "undelivered", "Not taken.",
            1_767_603_600_000, "alerts", key=b"acme", value=b"at risk",
        )
        for offset in (0, 1)
    ]  # fmt: skip
    for letter in (old, latest):
        player.send(letter, 0)
    player.flush()
    code, lines, error = baton(capfd, "dead-letters", "replay", "--all", "--dry-run")
    assert (code, lines) == (InputError.exit_code, [latest.dead_letter_id])
    assert f"1 would replace what was written under their keys since: {old.dead_letter_id}" in error


@pytest.mark.parametrize(
    ("topic", "kind", "hint"),
    [
        ("decisions", BrokerError, "`baton topics apply` makes it"),
        ("decisons", InputError, "did you mean decisions?"),
        ("nonsense", InputError, "expected one of conversations, accounts, decisions"),
        ("escalations.bil", InputError, "did you mean escalations.billing? (`baton topics apply`"),
    ],
    ids=["not made yet", "mistyped", "nothing like it", "no such route"],
)
def test_a_topic_that_is_not_there_is_told_with_what_helps(
    embedded: Broker,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    topic: str,
    kind: type[BrokerError | InputError],
    hint: str,
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.create("support.escalations.billing", 1)
    code, _, error = baton(capfd, "tail", topic, "--until-end")
    assert code == kind.exit_code
    assert f"there is no topic support.{topic}; {hint}" in error


def test_tail_by_itself_follows_every_route_that_the_broker_has(
    embedded: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a published policy may have it."""
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.create_all([*SHOWN, "support.escalations.elsewhere"], 1)
    producer = Producer({"bootstrap.servers": embedded.bootstrap})
    producer.produce("support.escalations.elsewhere", b"{", b"T1")
    assert producer.flush(10) == 0
    code, [line], _ = baton(capfd, "tail", "--from-start", "--until-end")
    assert code == 0
    assert "unreadable support.escalations.elsewhere" in line


def test_a_record_that_cannot_be_read_does_not_stop_tail(
    embedded: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    embedded.create("support.decisions", 1)
    producer = Producer({"bootstrap.servers": embedded.bootstrap})
    producer.produce("support.decisions", b"[red]{", b"T1")
    assert producer.flush(10) == 0
    code, [line], _ = baton(capfd, "tail", "decisions", "--from-start", "--until-end")
    assert code == 0
    assert "unreadable" in line


@pytest.mark.parametrize(
    "command",
    [
        ("tail", "decisions"),
        ("dead-letters", "list"),
        ("explain", "T1"),
        ("play", "deploy/demo/conversations.jsonl"),
        ("worker", "--agents", "tickets"),
    ],
)
def test_without_a_broker_a_command_says_so_in_a_line(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("BATON_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("streams.engine.access.ANSWER_TIMEOUT", 1.0)
    code, _, error = baton(capfd, *command)
    assert code == BrokerError.exit_code
    assert "answers at 127.0.0.1:1" in error.splitlines()[-1]
    assert "Traceback" not in error


def test_fingerprint_gives_each_line_its_group_and_lists_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "app.log"
    names = ("ann", "bo", "cy", "di", "ed", "flo")
    path.write_text("disk 7 is full\n" + "".join(f"no account for {n} here\n" for n in names))
    code, lines, error = baton(capfd, "fingerprint", str(path))
    full, *missing = lines
    assert (code, error, len(missing), len(set(missing))) == (0, "", len(names), 1)
    _, listed, _ = baton(capfd, "fingerprint", "--templates", str(path))
    assert listed == [
        f"6\t{missing[0]}\tno account for <*> here",
        f"1\t{full}\tdisk <num> is full",
    ]


def test_fingerprint_reads_customers_messages_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "chats.txt"
    path.write_text("checkout gives 502\nthanks a lot\nwe get bad gateway when we pay\n")
    _, (one, nothing, other), _ = baton(capfd, "fingerprint", "--messages", str(path))
    assert (one, nothing) == (other, "-")


def test_replay_decides_each_message_under_the_policy_of_its_time(
    tmp_path: Path, history: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    since = 1_767_603_600_000 + 10_000
    shelf = Shelf().publication(
        "based_on: default\nname: default\nversion: 2", shipped_text("default"), Change(1, since)
    )
    policies = tmp_path / "policies.jsonl"
    policies.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in shelf))
    code, lines, _ = baton(capfd, "replay", str(history), "--policies", str(policies))
    assert code == 0
    made = [json.loads(line) for line in lines]
    assert {one["used"]["policy"] for one in made if one["decided_at"] < since} == {"default@1"}
    assert {one["used"]["policy"] for one in made if one["decided_at"] >= since} == {"default@2"}


def test_replay_takes_accounts_from_what_was_decided(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    message = ConversationMessage(
        "m1", "T1", Role.CUSTOMER, "hello", 1_767_603_600_000, account_id="a"
    )
    talk, accounts, made = (tmp_path / name for name in ("talk", "accounts", "made"))
    talk.write_bytes(msgspec.json.encode(message))
    accounts.write_bytes(msgspec.json.encode(AccountProfile("a", 1_767_603_600_000, vip=True)))
    _, lines, _ = baton(capfd, "replay", str(talk), "--accounts", str(accounts))
    assert [json.loads(line)["action"] for line in lines] == ["review"]
    made.write_text("\n".join(lines))
    assert baton(capfd, "replay", str(talk), "--decisions", str(made))[:2] == (0, lines)
    _, [without], _ = baton(capfd, "replay", str(talk))
    assert json.loads(without)["action"] == "reply"


def test_policy_check_tells_everything_that_is_wrong_and_exits_with_65(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text(
        "based_on: default\nname: ours\nversion: 1\n"
        "triggers: {urgncy: {tier: 2}, safety: {tier: 1}, ai_no_answer: {after: {chat: 4}}}\n"
    )
    code, lines, told = baton(capfd, "policy", "check", str(path))
    assert (code, lines, len(told.splitlines())) == (InputError.exit_code, [], 2)
    assert 'triggers.ai_no_answer.after.chat: expected a duration such as "4h", got 4' in told
    code, lines, _ = baton(capfd, "policy", "check", "--json", str(path))
    assert (code, len(json.loads(lines[0])["complaints"])) == (InputError.exit_code, 2)
    code, lines, _ = baton(capfd, "policy", "check", "seed")
    assert (code, lines) == (0, ["seed can be used: it is seed@1"])
    assert baton(capfd, "policy", "check", str(tmp_path / "none"))[0] == InputError.exit_code


def test_policy_diff_tells_in_words_what_changes(capfd: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = baton(capfd, "policy", "diff", "default", "seed")
    assert code == 0
    assert "High stakes account alone now goes to a person (was checked by a person)" in lines
    code, [line], _ = baton(capfd, "policy", "diff", "default", "seed", "--json")
    assert (code, json.loads(line)["differences"]) == (0, lines)


def test_policy_show_prints_a_whole_policy_that_can_be_used(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = baton(capfd, "policy", "show", "seed")
    assert code == 0
    path = tmp_path / "whole.yaml"
    path.write_text("\n".join(lines))
    assert baton(capfd, "policy", "diff", "seed", str(path))[1] == [
        "Nothing changes in what is decided."
    ]
