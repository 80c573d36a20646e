"""What the web tests share: one served assistant over the notes, and one browser."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from serving import serving

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def address(index_dir: Path) -> Iterator[str]:
    """Where the whole application is served by a process of its own, with a slash at the end."""
    with serving() as (_, told):
        yield told


@pytest.fixture(scope="module")
def profiles() -> dict[str, list[BrowserContext]]:
    """Emptied profiles by their options. One that fetched the page's scripts before opens it for less."""
    return defaultdict(list)


@pytest.fixture
def open_page(browser: Browser, address: str, profiles: dict[str, list[BrowserContext]]) -> Iterator[OpenPage]:
    """Opens the chat in a profile of its own: ``open_page(width, height, color_scheme="dark")``."""
    used: list[tuple[str, BrowserContext]] = []

    def opened(width: int = 1280, height: int = 860, **options: object) -> Page:
        free = profiles[repr(sorted(options.items()))]
        context = free.pop() if free else browser.new_context(**options)  # type: ignore[arg-type]
        used.append((repr(sorted(options.items())), context))
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        page.get_by_label("Your question").wait_for()
        return page

    yield opened
    for options, context in used:
        _empty(context, address)
        profiles[options].append(context)


def _empty(context: BrowserContext, address: str) -> None:
    """Closes a profile's pages and removes all they kept, but for the files that every page fetches."""
    kept = "local_storage,indexeddb,cache_storage,service_workers"
    for page in context.pages:
        page.goto("about:blank")
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": kept})
        page.close()
    context.clear_cookies()
