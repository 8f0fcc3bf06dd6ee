"""The results of drills as a table for people."""

from collections.abc import Sequence

from tests.chaos.result import Result

HEADS = ("drill", "messages", "lost", "doubled", "wrong", "strokes", "gap", "others")


def table(results: Sequence[Result]) -> str:
    """A row a drill, and below it one a stroke with its gaps."""
    rows = [HEADS]
    notes = []
    for result in results:
        verdict = result.verdict
        rows.append(
            (
                result.drill,
                f"{verdict.messages:,}",
                str(verdict.lost),
                str(verdict.doubled),
                str(verdict.wrong),
                str(len(result.by_stroke)),
                f"{result.longest_gap_ms:,} ms",
                f"{result.longest_gap_others_ms:,} ms",
            )
        )
        if result.broken:
            found = "is found" if result.passed else "IS NOT FOUND"
            notes.append(f"{result.drill}: the planted fault {found}")
        elif not result.read:
            notes.append(f"{result.drill}: not everything was read in time")
        notes += [
            f"{result.drill}: {what}: {own:,} ms on its partitions, {others:,} ms on the others"
            for what, own, others in result.by_stroke
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([*notes, "", *lines])
