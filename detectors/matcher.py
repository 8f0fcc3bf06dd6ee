"""All patterns of all lexicons at once: one Aho-Corasick automaton over their phrases."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

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

    __slots__ = ("gap", "inner", "parent", "says")

    def __init__(self, parent: "_Node | None", gap: int) -> None:
        self.parent = parent
        self.gap = gap
        self.inner = False
        self.says: list[tuple[str, float]] = []

    @property
    def only_begins(self) -> bool:
        """Whether finding it says nothing yet: the beginning of longer patterns."""
        return self.parent is None and not self.says


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
                    node = nodes[path] = _Node(parent, part.gap)
                    for phrase in part.phrases:
                        phrases[phrase].append(node)
                if parent is not None:
                    parent.inner = True
            if node is not None:
                node.says.append((rule.name, rule.weight))
        self._automaton = ahocorasick.Automaton()
        for phrase in sorted(phrases):
            # Most nodes of a phrase only begin something: those are reached all at once.
            begun = tuple(node for node in phrases[phrase] if node.only_begins)
            others = tuple(node for node in phrases[phrase] if not node.only_begins)
            self._automaton.add_word(phrase, (len(phrase), begun, others))
        self._automaton.make_automaton()

    def find(self, stream: str) -> Hits:
        """Every rule found, by the name it speaks for, in the order of its ends."""
        hits: Hits = {}
        reached: dict[_Node, tuple[int, int]] = {}
        for last, (length, begun, others) in self._automaton.iter(stream):
            end = last + 1
            begin = end - length
            if begun:
                reached.update(dict.fromkeys(begun, (begin, end)))
            for node in others:
                start = begin
                if node.parent is not None:
                    before = reached.get(node.parent)
                    if before is None or not 0 <= begin + 1 - before[1] <= node.gap:
                        continue
                    if stream.find(_END, before[1] - 1, begin + 1) >= 0:
                        continue
                    start = before[0]
                if node.inner:
                    reached[node] = (start, end)
                for name, weight in node.says:
                    hits.setdefault(name, []).append(Hit(start, end, weight))
        return hits
