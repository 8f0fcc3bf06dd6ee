"""The spaCy pipeline says the same as the fast path."""

import warnings

from detectors import Signal, analyze

TEXTS = [
    "I want to talk to a human, you charged me twice!",
    "The app crashes since the update. Unacceptable.",
    "how do I reset my password\u200b?",
    "",
    "good morning",
]


def test_the_carrier_agrees_with_the_fast_path_and_shows_its_evidence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from detectors.carrier import GROUP, nlp

        docs = list(nlp().pipe(TEXTS))
    for doc, signals in zip(docs, analyze(TEXTS), strict=True):
        assert doc._.signals == signals
        spans = {span.label_: span for span in doc.spans[GROUP]}
        for name in ("human_request", "billing", "technical", "negative", "security"):
            signal = getattr(signals, name)
            assert isinstance(signal, Signal)
            assert (name in spans) == (signal.span is not None)
            if signal.span is not None:
                assert spans[name].start_char <= signal.span[0]
                assert spans[name].end_char >= signal.span[1]
