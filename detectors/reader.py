"""How a process reads texts: with the fast detectors, or with the second stage behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.pipeline import MODEL_VERSION, Again
from detectors.signals import Signals
from detectors.whole import analyze

ANY_TEXT = "Where is my invoice?"


@dataclass(frozen=True)
class Reader:
    """Reads texts. `version` names what decides their signals, as decisions carry it."""

    again: Again | None = None

    @property
    def version(self) -> str:
        """The model's version; with the second stage the same text may get other signals."""
        return MODEL_VERSION if self.again is None else f"{MODEL_VERSION}+second"

    def read(self, texts: Sequence[str]) -> list[Signals]:
        """The signals of each text, in the same order."""
        return analyze(texts, self.again)

    def warm_up(self) -> None:
        """Load now what the first reading would load: the model, a second of work or more."""
        self.read([ANY_TEXT])

    @staticmethod
    def with_second_stage(folder: Path) -> "Reader":
        """With the encoder in this folder. Raises as `Encoder` does."""
        from detectors.encoder import Encoder
        from detectors.second_stage import SecondStage

        return Reader(SecondStage(Encoder(folder)))
