"""The question box in a real browser: no word that is typed into it is lost."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from talking import ask, reply_to

pytestmark = pytest.mark.browser
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
FIRST, SECOND = "What is catastrophic forgetting?", "What is RAG good for?"


def test_what_is_typed_behind_a_question_stays_and_the_last_one_comes_back(open_page: Callable[..., Page]) -> None:
    page = open_page()
    box = page.get_by_label("Your question")
    box.fill(FIRST)
    box.press("Enter")
    box.press_sequentially(" And then?")
    reply_to(page, FIRST)
    expect(box).to_have_value(re.compile(r"^ ?And then\?$"))
    box.fill("")
    box.press("ArrowUp")
    expect(box).to_have_value(FIRST)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".example").first).to_be_visible()
    expect(box).to_be_focused()


def test_a_draft_outlives_a_reload_and_what_is_too_long_stays_with_its_length(open_page: Callable[..., Page]) -> None:
    page = open_page()
    box, hint = page.get_by_label("Your question"), page.locator("#hint")
    box.press_sequentially("A thought that is not fin")
    page.reload()
    expect(box).to_have_value("A thought that is not fin")
    box.fill("long " * 700)
    expect(hint).to_have_text("3,500 of 4,000 characters")
    box.fill("long " * 801)
    box.press("Enter")
    expect(hint).to_have_text("4,005 characters; at most 4,000 are taken. Shorten it.")
    page.get_by_test_id("submit-button").click()
    assert len(box.input_value()) == 4005
    expect(page.locator(".user-row")).to_have_count(0)
    ask(page, SECOND)
    page.reload()
    expect(page.locator(".user-row")).to_have_count(1)
    expect(box).to_have_value("")


def test_the_address_asks_once_and_in_a_conversation_of_its_own(open_page: Callable[..., Page], address: str) -> None:
    page = open_page()
    ask(page, FIRST)
    page.goto(f"{address}?q={quote(SECOND)}")
    reply_to(page, SECOND)
    expect(page.locator(".user-row")).to_have_text([SECOND])
    assert "q=" not in page.url
    page.reload()
    expect(page.locator(".user-row")).to_have_text([SECOND])


def test_an_edited_question_is_asked_in_its_place_and_no_word_goes(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, FIRST)
    ask(page, SECOND)
    box, edited = page.get_by_label("Your question", exact=True), "When does prompt engineering win?"
    box.fill("half a thought")
    page.get_by_label("Edit this question").last.click(force=True)
    page.get_by_label("Edit your question").fill(edited)
    page.get_by_label("Edit your question").press("Enter")
    reply_to(page, edited)
    expect(page.locator(".user-row")).to_have_text([FIRST, edited])
    with page.expect_request("**/queue/join*"):
        page.get_by_role("button", name="Ask again").last.click()
    reply_to(page, edited)
    expect(page.locator(".reply")).to_have_count(2)
    expect(box).to_have_value("half a thought")
    page.get_by_role("button", name="History").click()
    page.locator(".talk").last.click()  # the conversation as it was before the edit
    expect(page.locator(".user-row")).to_have_text([FIRST, SECOND])


def test_the_first_sight_takes_typing_and_nothing_jumps(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(390, 844)
    page.add_init_script(SHIFTS)
    for asked in (FIRST, SECOND):  # the second time a conversation comes back as well
        page.goto(address, wait_until="commit")
        page.get_by_label("Ask a question about the essays").focus()
        page.keyboard.type(asked)  # into whichever box has the focus by then
        page.keyboard.press("Enter")
        reply_to(page, asked)
        assert page.evaluate("window.shifted") < 0.02
    expect(page.locator(".user-row")).to_have_text([FIRST, SECOND])
    assert page.locator("#first").count() == 0


def test_offline_is_told_in_our_words_and_the_page_goes_on_when_it_is_over(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, FIRST)
    box = page.get_by_label("Your question", exact=True)
    page.context.set_offline(True)
    box.fill(SECOND)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("You are offline. What you typed stays here")
    expect(page.locator(".toast-wrap")).to_be_hidden()
    page.context.set_offline(False)
    page.wait_for_event("load", timeout=20_000)
    expect(page.locator(".user-row")).to_have_text([FIRST])
    expect(box).to_have_value(SECOND)
    ask(page, SECOND)
