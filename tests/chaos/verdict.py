"""What a verifier found."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

EXAMPLES = 5


@dataclass
class Verdict:
    """What an independent reader finds wrong. All zero is right.

    Attributes:
        messages: Records of the source topic.
        lost: What should be there and is not.
        doubled: What is there more often than it should.
        wrong: What is there and should not, is other than it should be, or in another order.
        examples: The first faults in words.

    """

    messages: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong, over at least one record."""
        return self.messages > 0 and (self.lost, self.doubled, self.wrong) == (0, 0, 0)

    def fault(self, kind: str, what: str, count: int = 1) -> None:
        """Note a fault of a kind (lost, doubled, wrong)."""
        setattr(self, kind, getattr(self, kind) + count)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {what}")

    def compare_sequences(
        self,
        where: str,
        expected: Sequence[tuple[Hashable, object]],
        found: Sequence[tuple[Hashable, object]],
    ) -> None:
        """Compare what was written, as (unique id, content) in its order."""
        places = {name: place for place, (name, _) in enumerate(expected)}
        times = Counter(name for name, _ in found)
        for name, content in expected:
            if name not in times:
                self.fault("lost", f"{where} {name}: {content}")
        latest = -1
        for name, content in found:
            place = places.get(name)
            if place is None:
                self.fault("wrong", f"{where} {name} was not asked for: {content}")
                continue
            if expected[place][1] != content:
                self.fault("wrong", f"{where} {name}: {content}, not {expected[place][1]}")
            if place < latest and times[name] == 1:
                self.fault("wrong", f"{where} {name} comes after a later one")
            latest = max(latest, place)
        for name, count in times.items():
            if count > 1 and name in places:
                self.fault("doubled", f"{where} {name}: {count} times", count - 1)

    def compare_values(
        self, where: str, expected: Sequence[Hashable], found: Sequence[Hashable]
    ) -> None:
        """Compare what was written, in its order, where nothing but the content tells it apart."""
        wanted, there = Counter(expected), Counter(found)
        for value, count in (wanted - there).items():
            self.fault("lost", f"{where}: {value}", count)
        for value, count in (there - wanted).items():
            self.fault("doubled" if value in wanted else "wrong", f"{where}: {value}", count)
        if wanted == there and list(expected) != list(found):
            self.fault("wrong", f"{where}: the right ones in another order")

    def compare_states(
        self, where: str, expected: Mapping[bytes, object], found: Mapping[bytes, object]
    ) -> None:
        """Compare the last values by key."""
        for key in expected.keys() - found.keys():
            self.fault("lost", f"{where} {key!r}: {expected[key]!r}")
        for key, value in found.items():
            if key not in expected:
                self.fault("wrong", f"{where} {key!r} should be gone: {value!r}")
            elif value != expected[key]:
                self.fault("wrong", f"{where} {key!r}: {value!r}, not {expected[key]!r}")
