"""What all tests share: settings untouched by the developer's own, and one index of the built-in notes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from assistant.corpus.loading import load_corpus
from assistant.index.build import build_index
from assistant.settings import Settings, load_settings

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the developer's, no setting, ``.env`` file, original, index or database, reaches a test."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(f"ASSISTANT_{name.upper()}", raising=False)
        patch.delenv("ASSISTANT_DEBUG", raising=False)
        patch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it, and output would be wrapped
        patch.setenv("ASSISTANT_INDEX", str(home / "index"))
        patch.setenv("ASSISTANT_ORIGINALS", str(home / "originals"))
        patch.setenv("ASSISTANT_DATABASE_URL", f"sqlite:///{home / 'assistant.sqlite3'}")
        patch.chdir(home)
        yield


@pytest.fixture(scope="session")
def index_dir(_own_settings: None) -> Path:
    """The folder ``ASSISTANT_INDEX`` names, with the index of the notes built in it once for the whole session."""
    settings = load_settings()
    build_index(settings, load_corpus(settings))
    return Path(os.environ["ASSISTANT_INDEX"])


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules' async tests
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("There is no /usr/bin/chromium: CI has to install it.")
        pytest.skip("There is no /usr/bin/chromium: install Debian's chromium to run the browser tests.")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
