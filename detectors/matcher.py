"""All patterns of all lexicons at once: one Aho-Corasick automaton over their phrases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

import ahocorasick
import msgspec

from detectors.lexicon import Part, Rule
from detectors.words import BREAK

_END: Final = f" {BREAK} "


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A pattern found at [start, end) of the stream, spaces around it included."""

    start: int
    end: int
    weight: float


Hits = dict[str, list[Hit]]


class _Node:
    """A place in the tree of patterns: the parts up to here were found one after the other."""

    __slots__ = ("gap", "mark", "parent", "says")

    def __init__(self, parent: "_Node | None", gap: int) -> None:
        self.parent = parent
        self.gap = gap
        self.mark = 0
        """A bit of its own, where others come after it."""
        self.says: list[tuple[str, float]] = []

    @property
    def only_begins(self) -> bool:
        """Whether finding it says nothing yet: the beginning of longer patterns."""
        return self.parent is None and not self.says


class _Meaning(NamedTuple):
    """What it means that a phrase was found."""

    begun: int
    """The marks of the nodes that only begin something."""
    after: int
    """The marks of all that nodes of this phrase come after."""
    whole: tuple[_Node, ...]
    """The nodes that say something and come after nothing."""
    others: tuple[_Node, ...]
    """These, and the nodes that come after others."""


def _meaning(nodes: tuple[_Node, ...]) -> _Meaning:
    others = tuple(node for node in nodes if not node.only_begins)
    return _Meaning(
        sum(node.mark for node in nodes if node.only_begins),
        sum({node.parent.mark for node in others if node.parent is not None}),
        tuple(node for node in others if node.parent is None),
        others,
    )


class Matcher:
    """Finds rules in a stream of words, in time linear in the stream."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Build the automaton; patterns that begin with the same parts share their nodes."""
        nodes: dict[tuple[Part, ...], _Node] = {}
        phrases: defaultdict[str, list[_Node]] = defaultdict(list)
        inner = 0
        for rule in rules:
            node: _Node | None = None
            for count, part in enumerate(rule.parts, start=1):
                path = rule.parts[:count]
                parent, node = node, nodes.get(path)
                if node is None:
                    node = nodes[path] = _Node(parent, part.gap)
                    for phrase in part.phrases:
                        phrases[phrase].append(node)
                if parent is not None and not parent.mark:
                    parent.mark = 1 << inner
                    inner += 1
            if node is not None:
                node.says.append((rule.name, rule.weight))
        self._automaton = ahocorasick.Automaton()
        # The phrases of a part mean the same, so few meanings are made for many phrases.
        meaning = cache(_meaning)
        for phrase in sorted(phrases):
            # A plain tuple is taken apart in a fraction of the time.
            self._automaton.add_word(phrase, (len(phrase), *meaning(tuple(phrases[phrase]))))
        self._automaton.make_automaton()

    def find(self, stream: str) -> Hits:
        """Every rule found, by the name it speaks for, in the order of its ends."""
        hits: Hits = {}
        reached: dict[_Node, tuple[int, int]] = {}
        # Most of what is begun is not gone on with; where it is, its marks tell.
        begins: list[tuple[int, int, int]] = []
        marks = 0
        for last, (length, begun, after, whole, others) in self._automaton.iter(stream):
            end = last + 1
            if begun:
                begins.append((begun, end - length, end))
                marks |= begun
            for node in others if after & marks else whole:
                start = begin = end - length
                parent = node.parent
                if parent is not None:
                    if not parent.mark & marks:
                        continue
                    before = reached.get(parent) or _latest(begins, parent.mark, begin - node.gap)
                    if before is None or not 0 <= begin + 1 - before[1] <= node.gap:
                        continue
                    if stream.find(_END, before[1] - 1, begin + 1) >= 0:
                        continue
                    start = before[0]
                if node.mark:
                    reached[node] = (start, end)
                    marks |= node.mark
                for name, weight in node.says:
                    hits.setdefault(name, []).append(Hit(start, end, weight))
        return hits


def _latest(
    begins: Sequence[tuple[int, int, int]], mark: int, since: int
) -> tuple[int, int] | None:
    """Where the node with this mark was begun last; None where that was too long ago."""
    for marks, start, end in reversed(begins):
        if end < since:
            return None
        if marks & mark:
            return start, end
    return None
