"""The n-grams and word pieces that a model knows."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy import sparse

from detectors.arrays import Floats
from detectors.encoder import Encoder
from detectors.features import READ, Pieces, grams
from detectors.learned import SCALES
from detectors.message import Message
from detectors.training.transformer import Transformer

NUMBERS: Final = 128
"""Of a word piece's vector: the main components of the encoder's 384."""
SEEN: Final = 2
"""Messages that an n-gram must be in to be known."""
PIECES_AT_ONCE: Final = 512
COMMON: Final = 1e-3
"""Pieces more frequent than that count less: a / (a + p) (Arora, Liang and Ma 2017)."""


def vocabulary(messages: Sequence[Message], encoder: Encoder, plain: Transformer) -> dict[str, Any]:
    """The known n-grams, and the encoder's pieces with their vectors in 8 bits each."""
    usable = [piece.isascii() and not piece.startswith("[") for piece in encoder.pieces]
    pieces = [piece for piece, kept in zip(encoder.pieces, usable, strict=True) if kept]
    vectors = piece_vectors(encoder, plain)[usable]
    vectors -= vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    splitter = Pieces({piece: number for number, piece in enumerate(pieces)})
    uses = Counter(number for message in messages for number in splitter.of(message.words[:READ]))
    shares = np.array([uses[number] + 0.5 for number in range(len(pieces))]) / uses.total()
    reduced = (vectors @ axes[:NUMBERS].T) * (COMMON / (COMMON + shares))[:, None]
    return {
        "grams": _bytes(known_grams(messages)),
        "pieces": _bytes(pieces),
        **in_bytes("vectors", reduced),
    }


def in_bytes(name: str, rows: Floats) -> dict[str, Any]:
    """Rows in 8 bits a number, as `learned.in_full` reads them."""
    scales = (np.abs(rows).max(axis=1) / 127).astype(np.float32)
    return {name: np.round(rows / scales[:, None]).astype(np.int8), name + SCALES: scales}


def piece_vectors(encoder: Encoder, plain: Transformer) -> Floats:
    """What the encoder makes of each word piece alone, shape (pieces, 384).

    The idea is Model2Vec's (Tulkens and van Dongen 2024).
    """
    start, end = encoder.numbers("")
    made = []
    for first in range(0, len(encoder.pieces), PIECES_AT_ONCE):
        some = range(first, min(first + PIECES_AT_ONCE, len(encoder.pieces)))
        made.append(plain.forward(np.array([[start, number, end] for number in some])).mean)
    return np.vstack(made)


def known_grams(messages: Sequence[Message]) -> list[str]:
    """The n-grams that are in enough of the messages, sorted."""
    seen = Counter(gram for message in messages for gram in set(grams(message)))
    return sorted(gram for gram, count in seen.items() if count >= SEEN)


def sparse_grams(numbers: Sequence[list[int]], known: int) -> Any:
    """Shape (texts, known n-grams): 1 / sqrt(n) at each of a text's n."""
    sizes = [len(some) for some in numbers]
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    columns = np.array([number for some in numbers for number in some], np.int32)
    return sparse.csr_matrix((values, columns, np.cumsum([0, *sizes])), (len(numbers), known))


def _bytes(strings: Sequence[str]) -> np.ndarray:
    return np.frombuffer("\n".join(strings).encode(), np.uint8)
