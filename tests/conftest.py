"""What all tests share: settings untouched by the developer's own, one index of the built-in notes, a browser.

Most tests need neither torch nor a browser, so nothing here imports them before a fixture is asked for.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from assistant.cli import YOUNG_OBJECTS
from assistant.settings import Settings, load_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from typer.testing import Result

    from assistant import Assistant
    from assistant.index.embedding import Embedder
    from assistant.index.reader import OpenIndex

Run = Callable[..., "Result"]
CHECKOUT = Path(__file__).parents[1]
# The headless build of the same browser comes first: a page costs it half the processor time.
CHROMIUMS = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
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


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what is imported: that took a seventh of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{report.nodeid}: {name}: {value}")
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
def index_dir(
    _own_settings: None, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Path]:
    """The folder ``ASSISTANT_INDEX`` names, holding the index of the notes.

    Built once a run, by whichever worker is first. Embedding all notes takes a minute of a processor, so the last
    run's index or one that the checkout holds is taken where it is current, else the vectors of unchanged texts.
    """
    assert pytestconfig.cache is not None
    here, last = Path(os.environ["ASSISTANT_INDEX"]), pytestconfig.cache.mkdir("index-of-last-run")
    own = tmp_path_factory.getbasetemp()
    built = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "notes-index"
    with FileLock(last.with_suffix(".lock")):
        if not built.exists():
            _build(here, [last, CHECKOUT / "index"])
            shutil.rmtree(last)
            shutil.copytree(here, last)
            shutil.copytree(here, built)
    if not here.exists():
        shutil.copytree(built, here)
    with _opened_once(here):
        yield here


@contextmanager
def _opened_once(folder: Path) -> Iterator[None]:
    """Opens the index of the notes once for all that ask for it in this process: that takes half a second each time.

    tests/index opens indexes of its own, as often as it needs; the processes that tests start open the real one.
    """
    from assistant.index import opened

    real: dict[Path, OpenIndex] = {}
    open_index = opened.open_index

    def open_once(settings: Settings, index: str | Path, *, embedder: Embedder | None = None) -> OpenIndex:
        path = settings.index_dir / index
        if path.parent != folder or settings.chroma_url is not None or embedder is None:
            return open_index(settings, index, embedder=embedder)
        if path not in real:
            real[path] = open_index(settings, path, embedder=embedder)
        shared = copy(real[path])
        shared.embedder = embedder
        shared.close = lambda: None  # type: ignore[method-assign]
        return shared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened, "open_index", open_once)
        yield
    for index in real.values():
        index.close()


def _build(folder: Path, with_vectors_of: list[Path]) -> None:
    from assistant.corpus.loading import load_corpus
    from assistant.index.build import build_index
    from assistant.index.folder import complete_indexes

    settings = load_settings()
    assert settings.index_dir == folder
    for complete, manifest in [each for place in with_vectors_of for each in complete_indexes(place)][:2]:
        shutil.copytree(complete, folder / manifest.fingerprint, dirs_exist_ok=True)
    current = build_index(settings, load_corpus(settings))
    for other, _ in complete_indexes(folder):
        if other != current:
            shutil.rmtree(other)


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
    chromium = next((path for path in CHROMIUMS if path.exists()), None)
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail(f"There is none of {', '.join(map(str, CHROMIUMS))}: CI has to install one.")
        pytest.skip("There is no Chromium: install Debian's chromium-headless-shell to run the browser tests.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a busy machine fails no test
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=QUIET)
