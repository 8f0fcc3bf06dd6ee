"""What the encoder makes of texts, kept for the next training: it takes most of the time."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from detectors.arrays import Floats

_BYTES: Final = "V32"


class Encodes(Protocol):
    """Such as `detectors.encoder.Encoder`."""

    def alone(self, text: str) -> Floats:
        """The unit vector of a text, shape (384,)."""
        ...


class Meanings:
    """The vectors of texts; `kept` is the file with those of the last training, if there was one.

    A text's vector is the same whatever others there are, so a kept one is as good as a new one.
    """

    def __init__(self, encoder: Encodes, kept: Path) -> None:
        self._encoder, self._kept = encoder, kept

    def of(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape (texts, 384), which are kept in the place of those before."""
        names = [sha256(text.encode()).digest() for text in texts]
        known = self._read()
        for name, text in zip(names, texts, strict=True):
            if name not in known:
                known[name] = self._encoder.alone(text)
        found = np.array([known[name] for name in names], np.float32)
        # Whole or not at all: a training that is ended here leaves what was kept before.
        new = self._kept.with_suffix(".new.npz")
        np.savez(new, names=np.array(names, _BYTES), vectors=found)
        new.replace(self._kept)
        return found

    def _read(self) -> dict[bytes, Floats]:
        if not self._kept.is_file():
            return {}
        with np.load(self._kept) as stored:
            names = [name.tobytes() for name in stored["names"]]
            return dict(zip(names, stored["vectors"], strict=True))
