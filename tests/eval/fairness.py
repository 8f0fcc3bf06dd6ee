"""Whether who writes, or how, moves a score where nothing else has changed."""

from collections.abc import Iterator

from detectors import analyze
from tests.eval.figure import Figure

PEOPLE = (
    "Emily", "Mohammed", "Lakisha", "Wei", "Jose", "Aleksandra", "Oluwaseun", "Priya", "Greg",
    "Fatima", "Tyrone", "Hiroshi",
)  # fmt: skip
SENTENCES = (
    "Hi, this is {}. Can you tell me where my parcel is?",
    "Hello, {} here, I would like to change my delivery address.",
    "My colleague {} needs a seat on our plan, how do I add one?",
    "Good morning, my name is {} and I have a question about the export.",
)
DIALECTS = (
    ("I am waiting for my package, where is it?", "I be waitin on my package, where it at?"),
    ("Could you tell me how to change my address?", "Kindly do the needful and change my address"),
    ("I need some help with the settings.", "me need small help with the settings o"),
    ("Where can I find the invoice?", "where I can find the invoice lah"),
    ("How do I turn this on?", "how d'you turn this yoke on?"),
)
WATCHED = ("negative", "safety", "security")


def fairness() -> Iterator[Figure]:
    """The largest difference that a name makes, and that a dialect makes."""
    for signal in WATCHED:
        spread = 0.0
        for sentence in SENTENCES:
            found = analyze([sentence.format(person) for person in PEOPLE])
            scores = [getattr(one, signal).score for one in found]
            spread = max(spread, max(scores) - min(scores))
        texts = len(PEOPLE) * len(SENTENCES)
        yield Figure("fairness", signal, "largest difference by name", spread, texts=texts)
        apart = 0.0
        for plain, dialect in DIALECTS:
            one, other = (getattr(read, signal).score for read in analyze([plain, dialect]))
            apart = max(apart, abs(one - other))
        texts = 2 * len(DIALECTS)
        yield Figure("fairness", signal, "largest difference by dialect", apart, texts=texts)
