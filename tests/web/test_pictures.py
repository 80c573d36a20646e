"""The documentation's pictures, taken of the pages a user sees."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from talking import ask, marked, reader

DOCS = Path(__file__).parents[2] / "docs"
QUESTION = "When should I fine-tune instead of using RAG?"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("ASSISTANT_WRITE_PICTURES") != "1", reason="ASSISTANT_WRITE_PICTURES=1 takes it"),
]


def taken(page: Page, name: str) -> None:
    """The picture in ``docs/``, in the size it has on the page."""
    DOCS.mkdir(exist_ok=True)
    page.screenshot(path=DOCS / name)
    assert (DOCS / name).stat().st_size > 20_000


def test_picture_of_an_answer_with_its_source_open(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 860, reduced_motion="reduce")
    ask(page, QUESTION).locator("a.cite").first.click()
    marked(page)
    expect(reader(page).locator("mark#cited")).to_be_in_viewport()
    page.mouse.move(400, 60)
    taken(page, "chat.png")


def test_picture_of_an_answer_on_a_phone_in_the_dark(open_page: Callable[..., Page]) -> None:
    page = open_page(
        390, 844, has_touch=True, is_mobile=True, device_scale_factor=2, color_scheme="dark", reduced_motion="reduce"
    )
    ask(page, QUESTION)
    taken(page, "phone.png")


def test_picture_of_a_search_in_the_library(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(1280, 860)
    page.goto(f"{address}library?q=catastrophic+forgetting")
    expect(page.get_by_role("heading", name="passages, best first")).to_be_visible()
    page.mouse.move(5, 5)
    taken(page, "library.png")
