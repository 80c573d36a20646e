"""What can be done with an answer, in a real browser: look at its quotes, copy it, rate it, see how it was made."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from talking import ask, hidden_width, marked, reader, reply_to

pytestmark = pytest.mark.browser
QUESTION = "When should I fine-tune instead of using RAG?"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def asked(open_page: Callable[..., Page]) -> Page:
    page = open_page(permissions=CLIPBOARD)
    ask(page, QUESTION)
    return page


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_resting_on_a_number_shows_its_words_and_where_they_stand(asked: Page) -> None:
    peek = asked.get_by_role("tooltip")
    for i, chip in enumerate(asked.locator("a.cite").all()[:2]):
        chip.hover()
        source = asked.locator("a.source").nth(i)
        expect(peek.locator("q")).to_have_text(source.locator("q").inner_text())
        expect(peek.locator(".where")).to_have_text(source.locator(".where").text_content() or "", ignore_case=True)
        assert chip.get_attribute("title") is None
    box = peek.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    peek.hover()
    expect(peek).to_be_visible()
    asked.keyboard.press("Escape")
    expect(peek).to_be_hidden()


def test_the_keyboard_reaches_a_number_sees_its_words_opens_them_and_comes_back(asked: Page) -> None:
    chip = asked.locator("a.cite").first
    for _ in range(40):
        if chip.evaluate("e => e === document.activeElement"):
            break
        asked.keyboard.press("Shift+Tab")
    expect(chip).to_be_focused()
    peek = asked.get_by_role("tooltip")
    expect(peek).to_be_visible()
    assert chip.get_attribute("aria-describedby") == peek.get_attribute("id")
    asked.keyboard.press("Enter")
    first = marked(asked)
    expect(peek).to_be_hidden()
    asked.keyboard.press("n")
    expect(reader(asked).locator("mark#cited")).to_have_attribute("data-number", "2")
    expect(asked.locator("a.cite[aria-current]")).to_have_text("2")
    asked.keyboard.press("p")
    expect(reader(asked).locator("mark#cited")).to_have_text(first)
    expect(chip).to_have_attribute("aria-current", "true")
    asked.keyboard.press("Escape")
    expect(asked.locator("#reader")).to_be_hidden()
    expect(chip).to_be_focused()
    expect(peek).to_be_hidden()


def test_a_tap_opens_the_words_and_shows_nothing_in_between(open_page: Callable[..., Page]) -> None:
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    ask(page, QUESTION).locator("a.cite").first.tap()
    marked(page)
    expect(page.locator("#peek")).to_be_hidden()


def test_an_answer_is_copied_with_its_sources_and_their_permalinks_lead_to_the_words(asked: Page, address: str) -> None:
    asked.get_by_role("button", name="Copy", exact=True).click()
    expect(asked.get_by_role("button", name="Copied")).to_be_visible()
    text = clipboard(asked)
    quotes = asked.locator(".source q").all_inner_texts()
    assert "[1]" in text
    assert "**Sources**" in text
    links = re.findall(r"^\d\. .*\[Cited words\]\(<([^>]+)>\)$", text, re.MULTILINE)
    assert len(links) == len(quotes) > 0
    for number, (quote, link) in enumerate(zip(quotes, links, strict=True), start=1):
        assert f"\n{number}. “{quote}” (notes on [" in text
        assert link.startswith(address)
        asked.goto(link)
        expect(asked.locator("mark#cited")).to_have_text(quote)
        expect(asked.get_by_role("link", name="Library")).to_be_visible()


def test_the_panel_copies_the_link_to_the_cited_words(asked: Page, address: str) -> None:
    chip = asked.locator("a.cite").first
    chip.click()
    words = marked(asked)
    expect(reader(asked).get_by_role("link", name="Library")).to_be_hidden()
    asked.get_by_role("button", name="Copy link").click()
    expect(asked.get_by_role("button", name="Copied")).to_be_visible()
    link = clipboard(asked)
    assert link == address + (chip.get_attribute("href") or "")
    asked.goto(link)
    expect(asked.locator("mark#cited")).to_have_text(words)


def test_the_conversation_is_saved_as_a_file(asked: Page, tmp_path: Path) -> None:
    ask(asked, "Which GPU did they use for GSM8K?")
    with asked.expect_download() as download:
        asked.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "when-should-i-fine-tune-instead-of-using-rag.md"
    saved = tmp_path / "saved.md"
    download.value.save_as(saved)
    text = saved.read_text()
    assert re.findall(r"^##? .*", text, re.MULTILINE) == [
        f"# {QUESTION}", f"## {QUESTION}", "## Which GPU did they use for GSM8K?",
    ]  # fmt: skip
    assert text.count("[Cited words](<http") == asked.locator(".source q").count()


def test_how_it_was_answered_is_there_for_those_who_ask(asked: Page) -> None:
    trace = asked.locator(".trace")
    expect(trace.get_by_role("table")).to_be_hidden()
    trace.get_by_text("How this was answered").click()
    expect(trace.get_by_role("row", name="Verify")).to_contain_text("borne out by the cited words")
    trace.get_by_role("link").first.click()
    expect(reader(asked).locator("mark#cited")).to_be_in_viewport()


def submitted(page: Page, status: int = 201) -> list[dict[str, str]]:
    """What is sent to the feedback route from now on; it answers with ``status``."""
    sent: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        problem = {"code": "database_locked", "detail": "The database is busy. Try again in a moment."}
        route.fulfill(status=status, json={} if status < 400 else problem)

    page.route("**/api/feedback", answer)
    return sent


def test_a_rating_is_sent_with_a_comment_and_nothing_else_unless_the_person_says_so(asked: Page) -> None:
    sent = submitted(asked)
    thumb = asked.get_by_role("button", name="Bad answer")
    thumb.click()
    expect(asked.get_by_label("Thank you. Anything to add?")).to_be_visible()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    assert not asked.get_by_label("Include the question and the answer").is_checked()
    asked.get_by_label("Thank you. Anything to add?").fill("Too short")
    asked.locator(".comment").get_by_role("button", name="Send").click()
    expect(asked.locator(".feedback").get_by_text("Sent. Thank you.")).to_be_visible()
    assert [set(body) for body in sent] == [{"answer_id", "rating"}, {"answer_id", "rating", "comment"}]
    asked.get_by_role("button", name="Good answer").click()
    asked.get_by_label("Include the question and the answer").check()
    asked.locator(".comment").get_by_role("button", name="Send").click()
    expect(asked.locator(".feedback").get_by_text("Sent. Thank you.")).to_be_visible()
    assert sent[-1]["question"] == QUESTION
    assert sent[-1]["rating"] == "up"
    assert {body["answer_id"] for body in sent} == {sent[0]["answer_id"]}
    asked.reload()
    expect(asked.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


def test_a_rating_reaches_the_server(asked: Page) -> None:
    with asked.expect_response("**/api/feedback") as reply:
        asked.get_by_role("button", name="Good answer").click()
    assert reply.value.status == 201
    expect(asked.get_by_label("Thank you. Anything to add?")).to_be_visible()


def test_a_rating_that_cant_be_kept_says_so_and_is_not_shown_as_given(asked: Page) -> None:
    submitted(asked, 503)
    thumb = asked.get_by_role("button", name="Good answer")
    thumb.click()
    expect(asked.locator(".feedback").get_by_role("alert")).to_have_text("The database is busy. Try again in a moment.")
    expect(thumb).to_have_attribute("aria-pressed", "false")


def test_what_is_open_under_an_answer_stays_while_the_next_one_is_written(asked: Page) -> None:
    submitted(asked)
    asked.get_by_role("button", name="Good answer").click()
    asked.get_by_label("Thank you. Anything to add?").fill("Half a comm")
    ask(asked, "What is catastrophic forgetting?")
    expect(asked.get_by_label("Thank you. Anything to add?")).to_have_value("Half a comm")


def test_a_fact_of_a_case_is_changed_in_place_and_the_draft_stays(open_page: Callable[..., Page]) -> None:
    page = open_page(390, 844)
    ask(page, "5 million calls a month on one stable task, 3,000 clean labels, p95 is too high. Train?")
    page.get_by_label("Your question").fill("half a thought")
    page.get_by_role("button", name="Labelled examples 3,000").click()
    page.get_by_label("How many labelled examples are there?").fill("200")
    page.get_by_role("button", name="Judge again").click()
    reply = reply_to(page, "Labelled examples: 200")
    expect(reply.get_by_role("button", name="Labelled examples 3,000 → 200")).to_be_enabled()
    expect(reply.locator(".moved")).to_have_text("A better prompt → Examples in the prompt")
    expect(page.get_by_role("button", name="Labelled examples 3,000", exact=True)).to_be_disabled()
    expect(page.get_by_label("Your question")).to_have_value("half a thought")
    assert hidden_width(page) <= 0
    with page.expect_popup() as opened:
        reply.get_by_role("link", name="Open in the advisor").click()
    expect(opened.value.locator("[name=labelled_examples]")).to_have_value("200")
