"""Measures the detectors on text they were not made with; `make eval` calls it.

    python -m tests.eval [--card] [--encoder FOLDER]

Prints one JSON line a figure; a table goes to standard error. Public corpora are read from
`../shared/data` when they are there. With the encoder the second stage is measured, too.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import click
import msgspec
import numpy as np
from msgspec import structs
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from detectors import Reader, Signals
from streams.cli.analyze import fired, thresholds
from streams.core.policy import Policy
from streams.policies.local import policy_of
from streams.settings import load_settings
from tests.eval.card import PLOT, write_card
from tests.eval.corpus import Corpus
from tests.eval.fairness import fairness
from tests.eval.figure import Figure
from tests.eval.fingerprints import fingerprints
from tests.eval.measures import Interval, Scores, Wanted, auc, best_f1, f1, interval
from tests.eval.ours import COMPLEX_FROM, SETS, blind_corpora, linked, mails, ordinary
from tests.eval.public import DATA, public_corpora
from tests.eval.reliability import reliability, write_plot
from tests.eval.second_reader import SIGNALS, read_again

BATCH = 256
COST_ROUNDS = 5
SECOND = ", second stage"


@click.command()
@click.option("--card", is_flag=True, help="Write the model card, too.")
@click.option("--encoder", type=click.Path(path_type=Path), help="Folder of the encoder.")
def main(card: bool, encoder: Path | None) -> None:
    """Measure and print."""
    policy = policy_of(load_settings())
    corpora = [*blind_corpora(), *(public_corpora() if DATA.exists() else ())]
    figures = list(of_reader(Reader(), corpora, policy))
    figures += [*of_mails(policy), *fairness()]
    blind = {one.signal: scored(Reader(), one) for one in corpora if one.name == "blind"}
    figures += reliability(blind)
    for name in SETS:
        for signal in SIGNALS:
            figures += of_second_reader(policy, name, signal)
    if encoder is not None:
        for figure in of_reader(Reader.with_second_stage(encoder), corpora, policy):
            figures.append(structs.replace(figure, set=f"{figure.set}{SECOND}"))
    everything = [*figures, *fingerprints()]
    for figure in everything:
        print(msgspec.json.encode(figure).decode(), flush=True)
    show(everything)
    if card:
        write_card(figures)
        write_plot(blind, PLOT)


def of_reader(reader: Reader, corpora: Sequence[Corpus], policy: Policy) -> Iterator[Figure]:
    """What is measured without and with the second stage."""
    for corpus in corpora:
        yield from of_corpus(reader, corpus, policy)
    for name in SETS:
        yield from of_ordinary(reader, policy, name)
        yield of_complexity(reader, name)
    yield of_cost(reader)


def analyzed(reader: Reader, texts: Sequence[str]) -> list[Signals]:
    """The signals of texts, in batches as the command makes them."""
    rest, found = iter(texts), list[Signals]()
    while chunk := list(islice(rest, BATCH)):
        found += reader.read(chunk)
    return found


def scored(reader: Reader, corpus: Corpus) -> tuple[Wanted, Scores]:
    """Which texts have the corpus's signal, and what each scores."""
    found = analyzed(reader, [sample.text for sample in corpus.samples])
    scores = [getattr(signals, corpus.signal).score for signals in found]
    return np.array([sample.wanted for sample in corpus.samples]), np.array(scores)


def of_corpus(reader: Reader, corpus: Corpus, policy: Policy) -> Iterator[Figure]:
    """AUC, best F1 and F1 at the shipped threshold; without any wanted text, false alarms."""
    wanted, scores = scored(reader, corpus)
    line, count = thresholds(policy)[corpus.signal], len(wanted)

    def figure(what: str, measured: Interval) -> Figure:
        return Figure(corpus.name, corpus.signal, what, *measured, texts=count)

    if wanted.any():
        yield figure("AUC", interval(auc, wanted, scores))
        yield figure("best F1", interval(best_f1, wanted, scores))
        yield figure("default F1", interval(f1, wanted, scores, line))
    alarms = 10_000 * float((scores[~wanted] >= line).mean())
    yield Figure(corpus.name, corpus.signal, "false alarms in 10,000", alarms, texts=count)


def of_ordinary(reader: Reader, policy: Policy, name: str) -> Iterator[Figure]:
    """Restraint: which share of ordinary first messages nothing fires on, and what fires else."""
    found = analyzed(reader, [example.text for example in ordinary(SETS[name])])
    codes = [set(fired(signals, policy)) - {"technical"} for signals in found]
    quiet = sum(not some for some in codes) / len(codes)
    yield Figure(f"{name}, ordinary", "all", "share without any signal", quiet, texts=len(codes))
    for code, count in Counter(code for some in codes for code in some).most_common():
        yield Figure(f"{name}, ordinary", code, "share", count / len(codes), texts=len(codes))


def of_complexity(reader: Reader, name: str) -> Figure:
    """Whether three or more linked variables are seen as such."""
    messages = linked(SETS[name])
    wanted = np.array([(one.linked or 0) >= COMPLEX_FROM for one in messages])
    found = analyzed(reader, [one.text for one in messages])
    scores = np.array([float(one.complexity) for one in found])
    measured = interval(f1, wanted, scores, float(COMPLEX_FROM))
    return Figure(name, "complexity", "default F1", *measured, texts=len(messages))


def of_second_reader(policy: Policy, name: str, signal: str) -> Iterator[Figure]:
    """How far another reader agrees with the labels, and how far the detector, on equal texts."""
    texts, wanted, said = read_again(name, signal)
    found = analyzed(Reader(), texts)
    if signal == "complexity":
        scores, line = [float(one.complexity) for one in found], float(COMPLEX_FROM)
    else:
        scores = [getattr(one, signal).score for one in found]
        line = thresholds(policy)[signal]
    again = interval(f1, wanted, said.astype(float), 1.0)
    yield Figure(name, signal, "second reader's F1", *again, texts=len(texts))
    shipped = interval(f1, wanted, np.array(scores), line)
    yield Figure(name, signal, "default F1, same texts", *shipped, texts=len(texts))


def of_mails(policy: Policy) -> Iterator[Figure]:
    """Whether a mail reads as its own words do, and whether a disclaimer sounds like the law."""
    letters, reader = mails(), Reader()
    whole = [set(fired(one, policy)) for one in analyzed(reader, [m.text for m in letters])]
    own = [set(fired(one, policy)) for one in analyzed(reader, [m.own for m in letters])]
    same = sum(one == other for one, other in zip(whole, own, strict=True)) / len(letters)
    yield Figure("mails", "all", "same signals as its own words", same, texts=len(letters))
    legal = [
        "legal_compliance" in codes
        for codes, mail in zip(whole, letters, strict=True)
        if "legal_compliance" not in mail.flags and mail.category != "legal"
    ]
    share = sum(legal) / len(legal)
    yield Figure("mails", "legal_compliance", "false alarms, share", share, texts=len(legal))


def of_cost(reader: Reader) -> Figure:
    """CPU microseconds of a message of twenty words, everything on, in batches of 256."""
    texts = [example.text for folder in SETS.values() for example in ordinary(folder)]
    twenty = [text for text in texts if 18 <= len(text.split()) <= 22] * 20
    analyzed(reader, twenty[:BATCH])
    spent = list[float]()
    for _ in range(COST_ROUNDS):
        started = time.process_time()
        analyzed(reader, twenty)
        spent.append((time.process_time() - started) / len(twenty) * 1e6)
    return Figure("cost", "all", "CPU us a message", median(spent), texts=len(twenty))


def show(figures: Sequence[Figure]) -> None:
    """A table on standard error."""
    table = Table("set", "signal", "what", box=SIMPLE)
    for column in ("value", "95 % interval", "texts"):
        table.add_column(column, justify="right")
    for one in figures:
        bounds = "" if one.low is None else f"{one.low:.3f} - {one.high:.3f}"
        table.add_row(one.set, one.signal, one.what, f"{one.value:.3f}", bounds, str(one.texts))
    Console(file=sys.stderr, width=120).print(table)


if __name__ == "__main__":
    main()
