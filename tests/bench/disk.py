"""How much is on disk: no bench may need more than 8 GiB."""

from pathlib import Path


def mebibytes(*folders: Path) -> float:
    """What the files below some folders take, while others write and delete there."""
    return sum(_blocks(path) for folder in folders for path in folder.rglob("*")) * 512 / 2**20


def _blocks(path: Path) -> int:
    try:
        # Kafka's index files are sparse: their size says nothing.
        return path.lstat().st_blocks
    except FileNotFoundError:
        return 0
