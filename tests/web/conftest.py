"""What the web tests share: one served assistant over the notes, and one browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serving import serving

from assistant import Assistant

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def assistant(index_dir: Path) -> Iterator[Assistant]:
    with Assistant() as opened:
        yield opened


@pytest.fixture(scope="session")
def address(index_dir: Path) -> Iterator[str]:
    """Where the whole application is served by a process of its own, with a slash at the end."""
    with serving() as (_, told):
        yield told


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules' async tests
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("There is no /usr/bin/chromium: CI has to install it.")
        pytest.skip("There is no /usr/bin/chromium: install Debian's chromium to run the browser tests.")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


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
