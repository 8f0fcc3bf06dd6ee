"""Prints how the golden conversations are decided: `python -m tests.golden [NAME]`."""

import sys
from collections import Counter

from tests.golden.playing import Heard, Skipped, disagreement, play
from tests.golden.talk import POLICIES, Golden, conversations


def main(part: str = "") -> None:
    """For each policy the shares of tiers and misread messages, and every disagreement."""
    chosen = [golden for golden in conversations() if part in golden.name]
    for policy in POLICIES:
        counts = Counter[str]()
        for golden in chosen:
            counts += _judge(golden, policy)
        decisions, misread = counts["decisions"], counts["misread"]
        print(
            f"{policy}: {len(chosen)} conversations, {decisions} decisions, "
            f"{misread} misread ({misread / max(1, decisions):.1%}), "
            f"{counts['wrong']} not as expected; tiers "
            + ", ".join(f"{tier}: {counts[tier]}" for tier in "012")
        )


def _judge(golden: Golden, policy: str) -> Counter[str]:
    counts = Counter[str]()
    for number, heard in enumerate(play(golden, policy), 1):
        wrong = disagreement(heard, policy)
        if wrong is not None:
            counts["wrong"] += 1
            print(f"{golden.name}, line {number}, {policy}: {wrong}")
        if isinstance(heard, Heard):
            counts["decisions"] += len(heard.said)
            counts["misread"] += heard.line.misread_as(policy) is not None
            counts.update(said[0] for said in heard.said)
        else:
            assert isinstance(heard, Skipped)
    return counts


if __name__ == "__main__":
    main(*sys.argv[1:])
