"""The Avro schemas of the records: the contracts beside this file, and their earlier versions."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

from schemas.records import Record

FOLDER = Path(__file__).parent


def snake_name(record_type: type[Record]) -> str:
    """The name of a record's files: `ConversationMessage` is in `conversation_message.avsc`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", record_type.__name__).lower()


@cache
def schema_of(record_type: type[Record]) -> dict[str, Any]:
    """The current schema of a record, as its file says it; not to be changed."""
    return _read(FOLDER / f"{snake_name(record_type)}.avsc")


def versions_of(record_type: type[Record]) -> list[dict[str, Any]]:
    """Every version of a record's schema from the first on; the last is the current one."""
    files = (FOLDER / "versions" / snake_name(record_type)).glob("*.avsc")
    return [_read(file) for file in sorted(files, key=lambda file: int(file.stem))]


def _read(file: Path) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))
