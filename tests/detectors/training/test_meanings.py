"""What the encoder makes of texts is worked out once."""

from pathlib import Path

import numpy as np

from detectors.arrays import Floats
from detectors.training.meanings import Meanings


class Counting:
    """An encoder whose vectors hold the length of the text; it knows what it was asked."""

    def __init__(self) -> None:
        self.asked = list[str]()

    def alone(self, text: str) -> Floats:
        self.asked.append(text)
        return np.full(384, len(text), np.float32)


def test_a_text_is_encoded_once_whatever_others_come_and_go(tmp_path: Path) -> None:
    encoder = Counting()
    meanings = Meanings(encoder, tmp_path / "meanings.npz")
    assert meanings.of(["one", "three"])[:, 0].tolist() == [3, 5]
    again = Meanings(encoder, tmp_path / "meanings.npz")
    assert again.of(["three", "seventh", "one", "three"])[:, 0].tolist() == [5, 7, 3, 5]
    assert encoder.asked == ["one", "three", "seventh"]
