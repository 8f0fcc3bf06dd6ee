"""The detectors as a spaCy pipeline, so that evidence can be seen as spans of a Doc."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from detectors.signals import Signal, Signals
from detectors.whole import analyze

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

COMPONENT: Final = "baton_signals"
GROUP: Final = "signals"
"""The span group of a Doc that holds the evidence, a span a signal, labelled with its name."""
BATCH: Final = 256


class SignalsComponent:
    """Puts `doc._.signals` and the span group `signals` on every Doc; changes nothing else."""

    def __call__(self, doc: "Doc") -> "Doc":
        """Analyse one Doc."""
        return _mark(doc, analyze([doc.text])[0])

    def pipe(self, stream: "Iterable[Doc]", batch_size: int = BATCH) -> "Iterator[Doc]":
        """Analyse Docs in batches, in order."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            for doc, signals in zip(batch, analyze([doc.text for doc in batch]), strict=True):
                yield _mark(doc, signals)


def nlp() -> "Language":
    """A blank English pipeline with the detectors. Importing spaCy takes a second or more."""
    import spacy
    from spacy.language import Language
    from spacy.tokens import Doc

    if not Doc.has_extension(GROUP):
        Doc.set_extension(GROUP, default=None)
    if not Language.has_factory(COMPONENT):
        Language.factory(COMPONENT, func=lambda nlp, name: SignalsComponent())
    pipeline = spacy.blank("en")
    pipeline.add_pipe(COMPONENT)
    return pipeline


def _mark(doc: "Doc", signals: Signals) -> "Doc":
    doc._.signals = signals
    spans = []
    for name, value in asdict(signals).items():
        if isinstance(value, Signal) and value.span is not None:
            span = doc.char_span(*value.span, label=name, alignment_mode="expand")
            if span is not None:
                spans.append(span)
    doc.spans[GROUP] = spans
    return doc
