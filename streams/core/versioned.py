"""What every stored state begins with: the version of its layout, in one byte."""


def body(value: bytes, version: bytes, what: str) -> bytes:
    """A stored value behind its version. Raises ValueError when another version wrote it."""
    if value[:1] != version:
        raise ValueError(
            f"{what} of version {value[:1].hex() or 'none'} cannot be read, only"
            f" {version.hex()}: run the release that wrote it, or rebuild the state"
        )
    return value[1:]
