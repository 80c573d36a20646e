"""What all tests share: settings untouched by the developer's own, one index of the built-in notes, a browser.

Most tests need neither torch nor a browser, so nothing here imports them before a fixture is asked for.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from assistant.settings import Settings, load_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from typer.testing import Result

    from assistant import Assistant

Run = Callable[..., "Result"]
CHECKOUT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_configure() -> None:
    """Undo an inherited "ignore" of Ctrl-C, because a shell sets it for what it starts in the background.

    The processes that tests start and interrupt would inherit it and never end.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.markexpr == "not slow":
        terminalreporter.write_line("The slow tests were left out; make test-all runs them too.")


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the developer's, no setting, ``.env`` file, original, index or database, reaches a test.

    But the exported embedding model does: it is named by its weights' hash, and making it takes half a minute.
    """
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
def index_dir(_own_settings: None, pytestconfig: pytest.Config) -> Path:
    """The folder ``ASSISTANT_INDEX`` names, holding the index of the notes.

    Built once for all workers, and for the next runs until what it is built by or from changes: it takes ten seconds
    of both cores.
    """
    cache, here = getattr(pytestconfig, "cache", None), Path(os.environ["ASSISTANT_INDEX"])
    kept = cache.mkdir("notes-index") if cache is not None else here.parent / "notes-index"
    kept.mkdir(parents=True, exist_ok=True)
    made_by = _made_by()
    with FileLock(kept / ".lock"):
        if not (kept / made_by).exists():
            _build(here)
            for old in kept.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            shutil.copytree(here, kept / ".copying").rename(kept / made_by)
        elif not here.exists():
            shutil.copytree(kept / made_by, here)
    return here


def _made_by() -> str:
    """A hash of the code that builds an index, of the notes and of the installed packages' versions."""
    of = [CHECKOUT / name for name in ("assistant/corpus", "assistant/index", "corpus", "requirements.txt")]
    files = sorted(path for each in of for path in (each, *each.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return sha256(b"".join(sha256(path.read_bytes()).digest() for path in files)).hexdigest()


def _build(folder: Path) -> None:
    from assistant.corpus.loading import load_corpus
    from assistant.index.build import build_index

    settings = load_settings()
    assert settings.index_dir == folder
    build_index(settings, load_corpus(settings))


@pytest.fixture(scope="session")
def assistant(index_dir: Path) -> Iterator[Assistant]:
    """Over the notes, without a chat model."""
    from assistant import Assistant

    with Assistant() as opened:
        yield opened


@pytest.fixture
def run(index_dir: Path) -> Run:
    """``run("ask", "…")``: a command in this process, over the index of the notes."""
    from typer.testing import CliRunner

    from assistant.cli.app import app

    def invoke(*arguments: str | Path, **options: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)  # type: ignore[arg-type]

    return invoke


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules' async tests
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("There is no /usr/bin/chromium: CI has to install it.")
        pytest.skip("There is no /usr/bin/chromium: install Debian's chromium to run the browser tests.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
