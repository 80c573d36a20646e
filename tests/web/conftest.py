"""What the web tests share: one served assistant over the notes, and one browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from serving import serving

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def address(index_dir: Path) -> Iterator[str]:
    """Where the whole application is served by a process of its own, with a slash at the end."""
    with serving() as (_, told):
        yield told


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Opens the chat in a fresh profile: ``open_page(width, height, color_scheme="dark")``."""
    contexts = []

    def opened(width: int = 1280, height: int = 860, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Your question").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
