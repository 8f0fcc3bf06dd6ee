"""What every stored state begins with: the version of its layout, in one byte.

A version that was released rises with the first field that is added to it, at whatever depth. New
fields go to the end of their struct and have a default, so that what an earlier version wrote is
read by the same decoder.
"""


class NewerVersion(ValueError):
    """A newer release wrote a state: what this one does not know of it would be lost with it."""


def body(value: bytes, version: bytes, what: str) -> memoryview:
    """A stored value behind its version.

    Raises `NewerVersion` above `version`, and ValueError for what is no version at all.
    """
    found = value[:1]
    if found > version:
        raise NewerVersion(f"{what} is of version {found.hex()}, known is {version.hex()}")
    if found < b"\x01":
        raise ValueError(f"{what} has no version: {value[:8].hex() or 'no bytes'}")
    return memoryview(value)[1:]
