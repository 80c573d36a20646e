"""The README's picture, taken of the page a user sees."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from talking import ask, marked, reader

PICTURE = Path(__file__).parents[2] / "docs" / "chat.png"


@pytest.mark.browser
@pytest.mark.skipif(os.environ.get("ASSISTANT_WRITE_PICTURES") != "1", reason="ASSISTANT_WRITE_PICTURES=1 takes it")
def test_picture_of_an_answer_with_its_source_open(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 860, reduced_motion="reduce")
    reply = ask(page, "When should I fine-tune instead of using RAG?")
    reply.locator("a.cite").first.click()
    marked(page)
    expect(reader(page).locator("mark#cited")).to_be_in_viewport()
    page.mouse.move(400, 60)
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)
    assert PICTURE.stat().st_size > 20_000
