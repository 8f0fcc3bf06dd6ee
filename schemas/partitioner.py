"""Where a key lies: the partitioner that every producer of a topic shares."""

from functools import lru_cache

PARTITIONER = "murmur2_random"
"""librdkafka's name for the Java client's default: murmur2 of the key, random without one."""

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """The 32-bit unsigned MurmurHash2 of the bytes, as `Utils.murmur2` of Kafka's Java client."""
    value = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = (int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER) & _MASK
        word = ((word ^ (word >> 24)) * _MULTIPLIER) & _MASK
        value = ((value * _MULTIPLIER) & _MASK) ^ word
    if whole < len(data):
        rest = int.from_bytes(data[whole:], "little")
        value = ((value ^ rest) * _MULTIPLIER) & _MASK
    value = ((value ^ (value >> 13)) * _MULTIPLIER) & _MASK
    return value ^ (value >> 15)


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition, 0 to `partitions` - 1, on which a key of a topic lies.

    Remembered for the latest keys, because messages of one ticket come close together.
    """
    return (murmur2(key) & 0x7FFFFFFF) % partitions
