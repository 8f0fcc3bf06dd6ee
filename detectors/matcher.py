"""All patterns of all lexicons at once: one Aho-Corasick automaton over their phrases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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

    __slots__ = ("gap", "inner", "mark", "parent", "says")

    def __init__(self, parent: "_Node | None", gap: int, mark: int) -> None:
        self.parent = parent
        self.gap = gap
        self.mark = mark
        self.inner = False
        self.says: list[tuple[str, float]] = []

    @property
    def only_begins(self) -> bool:
        """Whether finding it says nothing yet: the beginning of longer patterns."""
        return self.parent is None and not self.says


class _Phrase(NamedTuple):
    """What it means that a phrase was found."""

    length: int
    begun: tuple[_Node, ...]
    """The nodes that only begin something."""
    marks: int
    """The marks of these together."""
    after: int
    """The marks of all that nodes of this phrase come after."""
    whole: tuple[_Node, ...]
    """The nodes that say something and come after nothing."""
    others: tuple[_Node, ...]
    """These, and the nodes that come after others."""


def _phrase(length: int, nodes: Sequence[_Node]) -> _Phrase:
    begun = tuple(node for node in nodes if node.only_begins)
    others = tuple(node for node in nodes if not node.only_begins)
    return _Phrase(
        length,
        begun,
        sum(node.mark for node in begun),
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
        for rule in rules:
            node: _Node | None = None
            for count, part in enumerate(rule.parts, start=1):
                path = rule.parts[:count]
                parent, node = node, nodes.get(path)
                if node is None:
                    node = nodes[path] = _Node(parent, part.gap, 1 << len(nodes))
                    for phrase in part.phrases:
                        phrases[phrase].append(node)
                if parent is not None:
                    parent.inner = True
            if node is not None:
                node.says.append((rule.name, rule.weight))
        self._automaton = ahocorasick.Automaton()
        for phrase in sorted(phrases):
            # A plain tuple is taken apart in a fraction of the time.
            self._automaton.add_word(phrase, tuple(_phrase(len(phrase), phrases[phrase])))
        self._automaton.make_automaton()

    def find(self, stream: str) -> Hits:
        """Every rule found, by the name it speaks for, in the order of its ends."""
        hits: Hits = {}
        reached: dict[_Node, tuple[int, int]] = {}
        # Most of what is begun is not gone on with; where it is, its marks tell.
        begins: list[tuple[tuple[_Node, ...], int, int]] = []
        marks = 0
        for last, (length, begun, their_marks, after, whole, others) in self._automaton.iter(
            stream
        ):
            if begun:
                begins.append((begun, last, length))
                marks |= their_marks
            if after & marks:
                for some, at, size in begins:
                    reached.update(dict.fromkeys(some, (at + 1 - size, at + 1)))
                begins.clear()
                whole = others
            for node in whole:
                end = last + 1
                start = begin = end - length
                if node.parent is not None:
                    before = reached.get(node.parent)
                    if before is None or not 0 <= begin + 1 - before[1] <= node.gap:
                        continue
                    if stream.find(_END, before[1] - 1, begin + 1) >= 0:
                        continue
                    start = before[0]
                if node.inner:
                    reached[node] = (start, end)
                    marks |= node.mark
                for name, weight in node.says:
                    hits.setdefault(name, []).append(Hit(start, end, weight))
        return hits
