"""The second stage: only what is in doubt, of each message alone, and never required."""

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from weakref import ref

import numpy as np
import pytest

from detectors import Reader
from detectors.arrays import Floats
from detectors.encoder import BEGINNING, DIGESTS, ENCODER, LONGEST, Encoder
from detectors.exported import Exported, with_learned
from detectors.labels import CATEGORIES, OUTPUTS
from detectors.learned import Judgement
from detectors.message import Message
from detectors.second_stage import MOST_LOOKS, SECOND, SecondStage, in_doubt
from detectors.training.network import squashed
from detectors.training.teacher import thoughts
from detectors.training.transformer import transformer
from streams.errors import ConfigError
from streams.readers import reader_of
from streams.settings import Settings
from tests.eval.ours import ordinary

FOLDER = Path("build/encoder")
NOTHING = np.array([], np.int64), np.zeros((0, len(OUTPUTS)), np.float32)
HEAD = {"H": np.eye(384, dtype=np.float32), "h": np.zeros(384, np.float32)}
PIECES = ["[CLS]", "ref", "##und", "un", "##box", "##ing", "[SEP]"]
TEXTS = [example.text for example in ordinary()[:200]]


class Stub(SecondStage):
    """Logits that depend on the text alone, and a list of what was looked at."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def look(self, text: str) -> Floats:
        self.seen.append(text)
        return np.random.default_rng(len(text)).standard_normal(len(OUTPUTS), np.float32)


def test_only_messages_in_doubt_are_looked_at_again() -> None:
    stub = Stub()
    first, second = Reader().read(TEXTS), Reader(stub).read(TEXTS)
    changed = sum(one != other for one, other in zip(first, second, strict=True))
    assert 0 < changed <= len(stub.seen) < len(TEXTS) / 2


def test_a_message_is_judged_alike_in_any_batch() -> None:
    reader = Reader(Stub())
    assert reader.read(TEXTS) == [reader.read([text])[0] for text in TEXTS]


def test_what_is_in_doubt_gets_the_mean_of_both_and_the_category_of_the_second() -> None:
    logits = np.linspace(3, -3, len(OUTPUTS), dtype=np.float32)
    stub = Stub()
    stub.look = lambda text: logits  # type: ignore[method-assign]
    flags = OUTPUTS[len(CATEGORIES) :]
    first = Judgement("general", dict.fromkeys(flags, 0.5), *NOTHING, 0)
    [both] = stub.judge([Message.of("?")], [first], [0])
    means = (0.5 + 1 / (1 + np.exp(-logits[len(CATEGORIES) :]))) / 2
    assert [both.scores[flag] for flag in flags] == pytest.approx(means.tolist(), abs=1e-4)
    assert both.category == CATEGORIES[0] != first.category


def test_a_look_is_at_the_text_without_its_disguises() -> None:
    first = Judgement("general", dict.fromkeys(OUTPUTS[len(CATEGORIES) :], 0.5), *NOTHING, 0)
    stub = Stub()
    stub.judge([Message.of("My p@sswоrd\ud800, p\u200blease")], [first], [0])
    assert stub.seen == ["my password, please"]


def test_a_long_text_is_looked_at_a_few_times_first_as_a_whole_and_alike_in_any_batch() -> None:
    long = "!?" * 2_000
    stub = Stub()
    alone = Reader(stub).read([long])
    assert [len(text) for text in stub.seen[:2]] == [len(long), 240]
    assert len(stub.seen) == MOST_LOOKS
    assert Reader(Stub()).read([*TEXTS, long, long])[-2:] == alone * 2


def test_a_sure_judgement_is_in_no_doubt() -> None:
    sure = dict.fromkeys(OUTPUTS, 0.9)
    assert not in_doubt(Judgement("general", sure, *NOTHING, 0))
    assert in_doubt(Judgement("general", {**sure, "security": 0.5}, *NOTHING, 0))
    assert in_doubt(Judgement("general", {**sure, "linked_3": 0.7}, *NOTHING, 0))
    calm = dict.fromkeys(("linked_2", "praise", "billing"), 0.5)
    assert not in_doubt(Judgement("general", sure | calm, *NOTHING, 0))


def test_decisions_name_the_second_stage() -> None:
    assert Reader(Stub()).version != Reader().version


def test_without_the_encoder_it_is_said_how_to_bring_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"make encoder|semantic"):
        reader_of(Settings(encoder_dir=str(tmp_path)))


@pytest.mark.parametrize("broken", list(DIGESTS))
@pytest.mark.parametrize("content", [b"", b"righ", b"<html>Not found</html>"])
def test_a_file_that_is_cut_or_anothers_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, content: bytes
) -> None:
    for name in DIGESTS:
        monkeypatch.setitem(DIGESTS, name, sha256(b"right").hexdigest())
        (tmp_path / name).write_bytes(b"right")
    (tmp_path / broken).write_bytes(content)
    with pytest.raises(ConfigError, match=f"{broken} is not what `make encoder` brings|semantic"):
        reader_of(Settings(encoder_dir=str(tmp_path)))


@pytest.fixture
def encoder() -> Encoder:
    """The real one. In CI it must be there."""
    if not (FOLDER / f"{ENCODER}.onnx").is_file() and os.environ.get("CI") != "true":
        pytest.skip("`make encoder` brings the encoder")
    return Encoder(FOLDER)


def test_the_exported_weights_are_gone_before_the_model_is_loaded(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, exported, left = encoder.exported, [], []

    def watched() -> Exported:
        exported.append(ref(one := export()))
        return one

    monkeypatch.setattr(encoder, "exported", watched)
    monkeypatch.setattr("detectors.encoder.Reads", lambda *_: left.append(exported[0]()))
    encoder.with_learned(HEAD)
    assert left == [None]


def meaning(encoder: Encoder, text: str) -> Floats:
    mean = encoder.with_learned(HEAD).logits(encoder.numbers(text))
    unit: Floats = mean / np.linalg.norm(mean)
    return unit


def test_the_encoder_finds_the_same_meaning_in_other_words(encoder: Encoder) -> None:
    one, other, apart = (
        meaning(encoder, text)
        for text in (
            "I was charged twice for my order",
            "you took the money for one purchase two times",
            "how do I change the colour of my avatar",
        )
    )
    assert one @ other > one @ apart + 0.2


def test_the_second_stage_reads_with_the_real_encoder(encoder: Encoder) -> None:
    reader = Reader(SecondStage(encoder))
    assert reader.read(TEXTS) == [reader.read([text])[0] for text in TEXTS]


def test_a_piece_lies_at_its_number(encoder: Encoder) -> None:
    numbers = encoder.numbers("Refund unboxing")
    assert [encoder.pieces[number] for number in numbers] == PIECES


def test_pieces_are_looked_for_where_a_text_begins(encoder: Encoder) -> None:
    empty = encoder.numbers("").tolist()
    assert encoder.numbers(" " * (BEGINNING - 6) + "refund").tolist() != empty
    assert encoder.numbers(" " * BEGINNING + "refund").tolist() == empty
    assert len(encoder.numbers("refund " * LONGEST)) == LONGEST


def test_the_second_stage_reads_as_the_teacher_did(encoder: Encoder) -> None:
    plain, stage = transformer(encoder.exported()), SecondStage(encoder)
    with np.load(SECOND) as stored:
        taught = replace(plain, weights=with_learned(plain.weights, stored))
    numbers = [encoder.numbers(text) for text in TEXTS]
    looked = squashed(np.array([stage.look(text) for text in TEXTS]), len(CATEGORIES))
    assert abs(looked - thoughts(taught, numbers)).mean() < 0.01
