"""What the import tests share: a site on this machine, and settings that import into a folder of the test's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_site import Site

from assistant.settings import Settings


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(originals=tmp_path, max_document_bytes=20_000)
