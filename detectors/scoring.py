"""From patterns found to a signal."""

from bisect import bisect_right

from detectors.matcher import Hit
from detectors.message import Message
from detectors.signals import Signal

SILENT = Signal()


def signal(message: Message, name: str) -> Signal:
    """How sure the patterns of `name` are together, 0-1, with the strongest one's span.

    Patterns at different places are taken as independent evidence: 1 - (1-a)(1-b)...
    """
    hits = message.hits.get(name)
    if hits is None:
        return SILENT
    if len(hits) > 1 or hits[0].weight < 0:
        hits = unblocked(hits)
        if not hits:
            return SILENT
    strongest = max(hits, key=lambda hit: hit.weight)
    doubt = 1.0 - strongest.weight
    end = 0
    for hit in hits:
        apart = hit.end <= strongest.start + 1 or hit.start >= strongest.end - 1
        if apart and hit.start >= end - 1:
            doubt *= 1.0 - hit.weight
            end = hit.end
    return Signal(round(1.0 - doubt, 4), message.span(strongest.start, strongest.end))


def unblocked(hits: list[Hit]) -> list[Hit]:
    """The hits that no blocking pattern touches."""
    blocks = [hit for hit in hits if hit.weight < 0]
    if not blocks:
        return hits
    ends = [block.end for block in blocks]
    kept = []
    for hit in hits:
        index = bisect_right(ends, hit.start + 1)
        touched = index < len(blocks) and blocks[index].start < hit.end - 1
        if hit.weight > 0 and not touched:
            kept.append(hit)
    return kept
