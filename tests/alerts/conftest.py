"""What tests of alerts share."""

from pathlib import Path

import pytest

from tests.alerts.site import Site
from tests.conftest import Broker


@pytest.fixture
def site(kafka: Broker, tmp_path: Path, unique: str) -> Site:
    return Site(kafka.bootstrap, tmp_path, f"{unique}.")
