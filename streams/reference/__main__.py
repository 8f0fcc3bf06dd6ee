"""Writes the reference pages; a test holds that those in the repository are what this prints.

python -m streams.reference docs README.md
"""

import sys
from pathlib import Path

from streams.reference.pages import PAGES, readme


def main(folder: str, front: str) -> None:
    """Write every page into a folder, and the table of topics into the README."""
    for name, page in PAGES.items():
        Path(folder, name).write_text(page(), encoding="utf-8")
    text = Path(front).read_text(encoding="utf-8")
    Path(front).write_text(readme(text), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
