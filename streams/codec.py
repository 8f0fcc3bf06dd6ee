"""From settings to the codec that every record of ours is read and written with."""

from schemas.codec import Codec, Format
from streams.settings import Settings

MOCK_REGISTRY = "mock://baton"
"""A registry in memory: for Avro without a registry of one's own."""


def codec_of(settings: Settings) -> Codec:
    """The codec that is set. A registry is there where one is configured, or Avro is written."""
    output, url = Format(settings.output_format), settings.schema_registry_url
    if not url and output is Format.JSON:
        return Codec()
    from schemas.registry import Registry  # its client takes most of a second to import

    return Codec(output, Registry(url or MOCK_REGISTRY, settings.schema_registry_auth or None))
