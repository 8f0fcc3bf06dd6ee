"""What the detectors say of a message."""

import msgspec

Span = tuple[int, int]
"""Characters [start, end) of the text that was analysed."""


class Signal(msgspec.Struct, frozen=True, gc=False):
    """A score of 0-1, and the span that weighed most."""

    score: float = 0.0
    span: Span | None = None


class Found(msgspec.Struct, frozen=True, gc=False):
    """Something named in the text: an order number, a version, an amount, an error code."""

    kind: str
    value: str
    span: Span


class Matter(msgspec.Struct, frozen=True, gc=False):
    """Which matter of security or money it is; see `detectors.matters`."""

    kind: str
    span: Span


class Fingerprint(msgspec.Struct, frozen=True, gc=False):
    """Which problem a text reports: equal ids are the same problem."""

    id: str
    version: int
    template: str
    error_text: str | None = None
    """What `template` is the masked form of; None when the problem has another name."""
    component: str | None = None
    meaning: tuple[int, ...] = ()
    """What the customer's own words are about, where no error names the problem: see `meaning`."""
    meaning_version: int = 0
    also_means: tuple[int, ...] = ()
    """What the customer's own words are about beside an error that names the problem."""


class Signals(msgspec.Struct, frozen=True, gc=False):
    """Every signal of one text."""

    negative: Signal = Signal()
    billing: Signal = Signal()
    billing_dispute: Signal = Signal()
    billing_information: Signal = Signal()
    """Money, in a question that only wants to know: such a one does not count as `billing`."""
    security: Signal = Signal()
    legal_compliance: Signal = Signal()
    technical: Signal = Signal()
    human_request: Signal = Signal()
    urgency: Signal = Signal()
    safety: Signal = Signal()
    ai_failed: Signal = Signal()
    thanks: Signal = Signal()
    unfamiliar: Signal = Signal()
    """How much of the text is words that the model has never learned from."""
    complexity: int = 0
    """How many linked technical variables the text names."""
    complexity_span: Span | None = None
    category: str = "general"
    fingerprint: Fingerprint | None = None
    entities: tuple[Found, ...] = ()
    language: str | None = None
    unreadable: bool = False
    matters: tuple[Matter, ...] = ()
    """Of security, the gravest first, then of money."""
    gist: tuple[int, ...] = ()
    """Sorted hashes of what the text asks about; two gists are compared for repetition."""
    quoted: "Signals | None" = None
    """The signals of the text together with what it quotes; None where it quotes nothing."""
    variables: tuple[int, ...] = ()
    """Hashes of what a technical problem may hang on, of which the text names these; they add up
    over messages: see `complexity.together`.
    """
