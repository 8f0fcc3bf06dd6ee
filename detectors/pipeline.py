"""Texts in, signals out: every detector over a batch."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple, Protocol

from detectors.built import built
from detectors.complexity import complexity, variables
from detectors.deadlines import deadlines
from detectors.entities import entities
from detectors.features import READ
from detectors.fingerprint import fingerprint
from detectors.human_request import human_request
from detectors.joining import ENOUGH_WORDS, SIGNALS, joined, money
from detectors.labels import LINKED
from detectors.language import ENGLISH, foreign_signals, is_partly_unread, language
from detectors.learned import DECIMALS, Judgement, learned
from detectors.matters import matters
from detectors.message import Message
from detectors.repetition import gist
from detectors.scoring import SILENT, signal
from detectors.sentiment import sentiment
from detectors.signals import Fingerprint, Signal, Signals, Span
from detectors.thanks import thanks
from detectors.tried import tried

MODEL_VERSION: Final = "learned-15"
"""Names what decides the signals; changes whenever the same text would get others."""
NOTHING: Final = Signals()
MANY_VARIABLES: Final = 4
PROBLEM_FROM, PROBLEM_AMONG_MANY, PROBLEM_TOLD = 0.3, 0.15, 0.5
PROBLEM_LEARNED: Final = 0.7
"""The learned score from which a text reports a problem that no pattern knows."""
SECURITY_FROM: Final = 0.5
"""The score from which security can be the primary matter."""
UNDILUTED: Final = frozenset(("safety", "security", "legal_compliance", "human_request"))
"""What any part of a text says, however much of something else stands beside it."""
TOLD_PLAINLY: Final = 0.7
"""The lexicon's score from which on words are looked at alone where all of the text hides them."""
HEARD_FROM: Final = 0.5
LINKED_FROM: Final = 0.7
"""Ordinary messages name several things, too: few of them may seem complex."""


class Again(Protocol):
    """A second look at what the model was in doubt of; see `second_stage`."""

    def judge(
        self, messages: Sequence[Message], first: Sequence[Judgement], whose: Sequence[int]
    ) -> list[Judgement]:
        """The judgements in the same order. `whose` numbers the text that each message is a reading
        of: what is said of a text depends on its own readings and their order alone.
        """


def analyze_each(
    texts: Sequence[str], again: Again | None = None, whose: Sequence[int] = ()
) -> tuple[list[Signals], list[int]]:
    """The signals of each text as one reading gives them; `detectors.analyze` reads more.

    Behind them the places of texts whose plain words are drowned by the others. `whose` is for
    `again`, see there; without it each text is one of its own.
    """
    signals = [NOTHING] * len(texts)
    places = [at for at, text in enumerate(texts) if text and not text.isspace()]
    said = dict(zip(places, Message.all_of([texts[at] for at in places]), strict=True))
    codes = dict(zip(places, list(map(language, said.values())), strict=True))
    english = [at for at, code in codes.items() if code is None or code == ENGLISH]
    for at, code in codes.items():
        if code is not None and code != ENGLISH:
            signals[at] = _foreign(said[at], code)
    reads = [_read(said[at], codes[at]) for at in english]
    messages, lexicon = [read.message for read in reads], [scores(read) for read in reads]
    judged = learned().judge(messages, lexicon)
    if again is not None:
        whose = whose or range(len(texts))
        judged = again.judge(messages, judged, [whose[at] for at in english])
    drowned = []
    for at, read, found in zip(english, reads, _english(reads, judged), strict=True):
        signals[at] = found
        if _is_drowned(read, found):
            drowned.append(at)
    return signals, drowned


_NOTHING_FOUND: Final = dict.fromkeys(SIGNALS, SILENT)
_PATTERNS: Final = frozenset(SIGNALS) - {"negative", "human_request", "thanks"}
"""Signals that are what the patterns of their name say."""
GOES_ON: Final = ("negative", "ai_failed", "technical")
"""Whose message has one of these goes on, for all thanks."""


class Read(NamedTuple):
    """A message in English, and what the lexicons say of it."""

    message: Message
    language: str | None
    found: dict[str, Signal]
    complexity: tuple[int, Span | None]


def scores(read: Read) -> list[float]:
    """What the trained model is told beside the words: what the lexicons say, and how it is built.

    A score a signal, and the complexity.
    """
    count = min(read.complexity[0], MANY_VARIABLES) / MANY_VARIABLES
    found = [one.score for one in read.found.values()]
    return [*found, count, *built(read.message)]


def read_in_english(text: str) -> Read:
    """A text as training reads it."""
    return _read(Message.of(text), ENGLISH)


def _read(message: Message, code: str | None) -> Read:
    found = _lexicon(message)
    return Read(message, code, found, complexity(message, found["technical"]))


def _lexicon(message: Message) -> dict[str, Signal]:
    """What the patterns alone say."""
    found = _NOTHING_FOUND.copy()
    for name in _PATTERNS.intersection(message.hits):
        found[name] = signal(message, name)
    found["negative"] = sentiment(message)
    found["human_request"] = human_request(message)
    found["thanks"] = thanks(message, *(found[name] for name in GOES_ON))
    return found


def _english(reads: Sequence[Read], judged: Sequence[Judgement]) -> Iterator[Signals]:
    """The signals of each message.

    One detector reads the whole batch before the next does: its code and its tables are then in
    the processor's cache, which those of all together do not fit.
    """
    messages = [read.message for read in reads]
    both = list(map(joined, messages, [read.found for read in reads], judged))
    linked = list(map(_linked, reads, judged))
    parts = [variables(read.message, read.found["technical"]) for read in reads]
    problems = list(map(_problem, reads, both))
    about = list(map(matters, messages))
    unfamiliar = list(map(_unfamiliar, messages, judged))
    named = list(map(entities, messages))
    steps = list(map(tried, messages))
    due = list(map(deadlines, messages))
    gists = list(map(gist, messages))
    for at, (read, judgement) in enumerate(zip(reads, judged, strict=True)):
        count, span = linked[at]
        yield Signals(
            **money(read.message, judgement, about[at], both[at]),
            matters=about[at],
            unfamiliar=unfamiliar[at],
            complexity=count,
            complexity_span=span,
            category=_category(judgement, both[at]),
            fingerprint=problems[at],
            entities=named[at] + steps[at] + due[at],
            language=read.language,
            unreadable=is_partly_unread(read.message),
            gist=gists[at],
            variables=parts[at],
        )


def _is_drowned(read: Read, signals: Signals) -> bool:
    if UNDILUTED.isdisjoint(read.message.hits):
        return False
    return any(
        read.found[name].score >= TOLD_PLAINLY and getattr(signals, name).score < HEARD_FROM
        for name in UNDILUTED
    )


def _category(judgement: Judgement, both: dict[str, Signal]) -> str:
    """The primary matter: security only where it is likely, its desk takes nothing else."""
    if judgement.category == "security" and both["security"].score < SECURITY_FROM:
        return "general"
    return judgement.category


def _problem(read: Read, both: dict[str, Signal]) -> Fingerprint | None:
    learned_score = both["technical"]
    told = learned_score if learned_score.score >= PROBLEM_LEARNED else read.found["technical"]
    return fingerprint(read.message, told, understood=True)


def _linked(read: Read, judgement: Judgement) -> tuple[int, Span | None]:
    """How many linked technical variables: 1 for a problem alone, more as far as is likely."""
    chances = judgement.scores
    problem = max(chances["technical"], read.found["technical"].score)
    if problem < PROBLEM_AMONG_MANY:
        return 0, None
    # Whoever names four names three: a count is believed when every smaller one is.
    likely = takewhile(lambda name: chances[name] >= LINKED_FROM, LINKED)
    count = max((LINKED[name] for name in likely), default=1)
    if count == 1 and problem < PROBLEM_FROM:
        return 0, None
    if "?" in read.message.reading.text and read.found["technical"].score >= PROBLEM_TOLD:
        # What a question beside the problem names does not add up; the lexicon goes by sentences.
        count = min(count, max(read.complexity[0], 1))
    span = read.complexity[1] or read.found["technical"].span
    return count, span or learned().strongest(read.message, judgement, "linked_3")


def _unfamiliar(message: Message, judgement: Judgement) -> Signal:
    words = min(len(message.forms), READ)
    if words < ENOUGH_WORDS:
        return NOTHING.unfamiliar
    return Signal(round(judgement.unknown / words, DECIMALS))


def _foreign(message: Message, code: str) -> Signals:
    """Only what is understood of another language; a pasted error is read in any."""
    found = foreign_signals(message, code)
    return Signals(
        safety=found.get("safety", SILENT),
        security=found.get("security", SILENT),
        human_request=found.get("human_request", SILENT),
        category="security" if "security" in found else "general",
        fingerprint=fingerprint(message, signal(message, "technical")),
        entities=entities(message),
        language=code,
        unreadable=not found,
        gist=gist(message),
    )
