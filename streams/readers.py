"""The reader of texts that the settings ask for."""

from pathlib import Path

from detectors import Reader
from detectors.encoder import NotTheEncoder
from streams.errors import ConfigError
from streams.settings import Settings


def reader_of(settings: Settings) -> Reader:
    """With the second stage where its encoder is given. Raises `ConfigError`."""
    if not settings.encoder_dir:
        return Reader()
    try:
        return Reader.with_second_stage(Path(settings.encoder_dir))
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the second stage needs {error.name}: pip install 'baton-streams[semantic]', or leave "
            "BATON_ENCODER_DIR empty"
        ) from error
    except (OSError, NotTheEncoder) as error:
        raise ConfigError(f"BATON_ENCODER_DIR: {error}") from error
