"""A small disk that can be filled: a tmpfs over a worker's data folder."""

import errno
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

FILLER = "filler"
CHUNK = bytes(1 << 16)


class CannotMount(Exception):
    """A tmpfs cannot be mounted: no root, or a container without the right."""


@contextmanager
def small_disks(folders: Iterable[Path], megabytes: int) -> Iterator[None]:
    """Mount a small tmpfs on each folder for as long as it is needed. Raises `CannotMount`."""
    mounted: list[Path] = []
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise CannotMount(
                    "the disk drill needs a tmpfs, which only root may mount (in a container with "
                    f"CAP_SYS_ADMIN): {done.stderr.strip()}"
                )
            mounted.append(folder)
        yield
    finally:
        for folder in mounted:
            subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no byte on the disk of a folder."""
    with (folder / FILLER).open("ab", buffering=0) as file:
        try:
            while True:
                file.write(CHUNK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def free(folder: Path) -> None:
    """Give the space back."""
    (folder / FILLER).unlink(missing_ok=True)
