"""The whole application over the notes, in a thread of this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from thread_server import served_here, under

from assistant import Assistant
from assistant.web.app import create_app
from assistant.web.catalog import DEFAULT, Shelf, changed


@pytest.fixture(scope="session")
def here(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. Beside the notes there is a corpus that knows nothing of the framework."""
    folder = tmp_path_factory.mktemp("orchard")
    (folder / "orchard.md").write_text("# Orchard\n\nApples keep longest in a cool cellar.\n")
    unlimited = under(assistant, changed(assistant.settings, rate_limit=""))
    with (
        Assistant(corpus=str(folder), index=Path(f"{folder}-index")) as orchard,
        served_here(lambda: create_app(Shelf({DEFAULT: unlimited, "orchard": orchard}))) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def client(here: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=here, timeout=60, trust_env=False) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, here: str) -> Iterator[Callable[..., Page]]:
    """Opens the page without scripts: ``opened("?text=…", width, height, color_scheme="dark")``."""
    contexts = []

    def opened(query: str = "", width: int = 1280, height: int = 860, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{here}advise{query}")
        return page

    yield opened
    for context in contexts:
        context.close()
