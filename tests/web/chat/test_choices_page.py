"""Which model and which documents answer, and who is told no."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from serving import serving
from talking import ask, marked, reply_to

from assistant.web.chat.page import Choice, read_choice

GARDEN = "# Garden\n\nTomatoes need six hours of sun each day. Water them in the morning.\n"
STATEMENTS = """
statements:
  - id: sun
    original: {start: "six hours of sun"}
    ask: [How much sun do tomatoes need?]
"""


@pytest.fixture
def page(browser: Browser, index_dir: Path, tmp_path: Path) -> Iterator[Page]:
    """A server with two corpora, a chat model that can't be reached, and a limit of three questions."""
    garden = tmp_path / "garden"
    (garden / "statements").mkdir(parents=True)
    (garden / "garden.md").write_text(GARDEN)
    (garden / "statements" / "garden.yaml").write_text(STATEMENTS)
    model = {"model": "openai:local", "model_base_url": "http://127.0.0.1:9/v1", "model_timeout": "3"}
    with (
        serving(**model, corpora=f"garden={garden}", rate_limit="3/hour") as (_, address),
        browser.new_context(viewport={"width": 1280, "height": 860}) as context,
    ):
        found = context.new_page()
        found.goto(address)
        found.get_by_label("Your question").wait_for()
        yield found


@pytest.mark.browser
def test_a_corpus_and_a_model_are_chosen_and_a_limit_says_what_to_do(page: Page) -> None:
    fine = page.locator("#engine .fine")
    expect(fine).to_contain_text("written by openai:local")
    page.get_by_label("Model").select_option("extractive")
    expect(fine).to_contain_text("extractive, no model, nothing leaves this machine")
    page.get_by_label("Documents", exact=True).select_option("garden")
    expect(fine).to_contain_text("Answers come from your document")
    page.get_by_role("button", name="How much sun do tomatoes need?").click()
    reply = reply_to(page, "How much sun do tomatoes need?")
    page.locator("a.cite").first.click()
    assert "six hours of sun" in marked(page)
    page.keyboard.press("Escape")
    reply.locator(".trace summary").click()
    expect(reply.locator(".trace")).to_contain_text("Answered by extractive")
    page.reload()
    expect(page.get_by_label("Documents", exact=True)).to_have_value("garden")
    expect(page.locator(".bot-row .answer")).to_contain_text("six hours")
    page.get_by_label("Documents", exact=True).select_option("default")
    ask(page, "What is catastrophic forgetting?")
    expect(page.locator(".bot-row").last.locator(".where").first).to_contain_text("otes on")
    ask(page, "When does fine-tuning break even?")
    refused = ask(page, "What are the seven patterns?")
    expect(refused.get_by_role("alert")).to_contain_text("again")
    expect(page.locator(".reply")).to_have_count(3)


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"model": 1}', '{"corpus": "default"}', '{"x": "y"}'])
def test_a_choice_that_is_none_is_the_default(text: str) -> None:
    assert read_choice(text) == Choice()
