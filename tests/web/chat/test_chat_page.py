"""The chat page in a real browser."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect
from talking import ask, ask_too_much, hidden_width, marked, reader, reply_to

pytestmark = pytest.mark.browser
QUESTION = "When should I fine-tune instead of using RAG?"


def brightness(page: Page, selector: str, *, inside_reader: bool = False) -> int:
    """Of the background, 0 (black) to 255."""
    where = reader(page).locator(selector) if inside_reader else page.locator(selector)
    color = where.evaluate("e => getComputedStyle(e).backgroundColor")
    return max(int(part) for part in re.findall(r"\d+", color)[:3])


def test_a_number_in_the_answer_opens_the_source_at_exactly_the_cited_words(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page()
    reply = ask(page, QUESTION)
    link = reply.locator("a.cite").first
    target = urlsplit(link.get_attribute("href") or "")
    at = parse_qs(target.query)
    link.click()
    words = marked(page)
    text = httpx.get(f"{address}api/sources/{target.path.removeprefix('read/')}").json()["text"]
    assert words == text[int(at["start"][0]) : int(at["end"][0])]
    assert words == reply.locator(".source q").first.inner_text()
    expect(reader(page).locator("mark#cited")).to_be_in_viewport()
    expect(reader(page).get_by_text("Notes on this essay, in our words")).to_be_attached()
    assert page.locator("#reader").bounding_box()["x"] > 640  # type: ignore[index]
    expect(link).to_be_in_viewport()


def test_every_listed_source_says_where_it_stands_and_opens_there(open_page: Callable[..., Page]) -> None:
    page = open_page()
    reply = ask(page, QUESTION)
    sources = reply.locator("a.source")
    assert sources.count() == len({link.inner_text() for link in reply.locator("a.cite").all()}) > 0
    for i, source in enumerate(sources.all(), start=1):
        assert re.fullmatch(r"notes on “.+”, .+ · .+", source.locator(".where").text_content() or "")
        assert source.locator(".number").inner_text() == str(i)
        quote = source.locator("q").inner_text()
        source.click()
        expect(reader(page).locator("mark#cited")).to_have_text(quote)


def test_the_reader_is_opened_read_and_left_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    link = ask(page, QUESTION).locator("a.cite").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reader iframe")).to_be_focused()
    expect(reader(page).locator("mark#cited")).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(reader(page).locator("h1")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(link).to_be_focused()


def test_a_source_that_loads_late_takes_no_focus_from_the_question_box(open_page: Callable[..., Page]) -> None:
    page = open_page()
    link = ask(page, QUESTION).locator("a.cite").first
    box = page.get_by_label("Your question")

    def gone_elsewhere_meanwhile(request: Route) -> None:
        box.focus()
        request.continue_()

    page.route("**/read/**", gone_elsewhere_meanwhile)
    link.click()
    expect(page.locator("#reader-title")).not_to_have_text("Source")  # the text has loaded
    expect(box).to_be_focused()


def test_a_question_the_essays_dont_answer_looks_different_and_offers_the_nearest_passages(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    note = ask(page, "Which GPU did they use for GSM8K?").locator(".abstained")
    expect(note.get_by_text("Not in the essays")).to_be_visible()
    assert note.evaluate("e => parseFloat(getComputedStyle(e).borderTopWidth)") >= 1
    assert note.locator(".nearest a").count() in (1, 2, 3)
    assert note.locator("a.cite").count() == 0
    shown = note.locator(".nearest .words").first.inner_text().rstrip("\u00a0…")
    note.locator(".nearest a").first.click()
    marks = reader(page).locator("mark")
    expect(reader(page).locator("mark#cited")).to_be_in_viewport()
    assert shown in " ".join(marks.all_inner_texts())


def test_on_a_phone_nothing_is_cut_off_and_the_reader_lies_over_the_chat(open_page: Callable[..., Page]) -> None:
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    assert hidden_width(page) <= 0
    link = ask(page, "Compare Dumitru and Pan on prompting").locator("a.cite").first
    assert hidden_width(page) <= 0
    expect(page.get_by_label("Your question")).to_be_in_viewport()
    link.tap()
    marked(page)
    assert page.locator("#reader").bounding_box()["width"] == 390  # type: ignore[index]
    assert hidden_width(page) <= 0
    assert reader(page).locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_role("button", name="Close the source").tap()
    expect(page.locator("#reader")).to_be_hidden()


def test_on_a_phone_back_closes_the_source_and_stays_on_the_chat(open_page: Callable[..., Page], address: str) -> None:
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    links = ask(page, QUESTION).locator("a.cite")
    for way_out in (page.go_back, page.get_by_role("button", name="Close the source").tap):
        links.first.tap()
        marked(page)
        way_out()
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator(".user-row")).to_have_count(1)
        page.wait_for_function("!history.state?.reading")
    page.go_back()
    assert not page.url.startswith(address)


def test_words_in_a_right_to_left_script_run_from_the_right(open_page: Callable[..., Page]) -> None:
    page = open_page()
    hebrew = "מה זה?"
    page.get_by_label("Your question").fill(hebrew)
    assert page.get_by_label("Your question").evaluate("e => getComputedStyle(e).direction") == "rtl"
    ask(page, hebrew)
    asked = page.locator(".asked")
    assert asked.evaluate("e => getComputedStyle(e).direction") == "rtl"
    shown = page.locator("#chat .answer p, #chat .abstained p")
    assert set(shown.evaluate_all("all => all.map(e => e.getAttribute('dir'))")) <= {"auto", None}
    shown.last.evaluate("(e, words) => { e.textContent = words }", hebrew)
    style = shown.last.evaluate("e => [getComputedStyle(e).direction, getComputedStyle(e).textAlign]")
    assert style in (["rtl", "start"], ["rtl", "right"])


def test_nothing_is_asked_of_another_host(open_page: Callable[..., Page], address: str) -> None:
    page = open_page()
    page.goto("about:blank")  # what the first page breaks off is no trouble of the second
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    ask(page, QUESTION).locator("a.cite").first.click()
    marked(page)
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert trouble == []


def test_markup_in_a_question_is_shown_and_never_runs(open_page: Callable[..., Page]) -> None:
    page = open_page()
    for attack in (
        "<script>window.broken = 1</script> <img src=x onerror='window.broken = 1'> fine-tuning?",
        "</div></section><svg onload=window.broken=1> when to fine-tune?",
        "[click](javascript:window.broken=1) ![x](x) <a href='javascript:window.broken=1'>when to fine-tune?</a>",
    ):
        ask(page, attack)
        expect(page.locator(".user-row .asked").last).to_have_text(attack)
    assert page.locator("#chat .asked :is(a, img, svg, script)").count() == 0
    assert page.evaluate("window.broken") is None


def test_dark_and_light_follow_the_system_in_chat_and_reader(open_page: Callable[..., Page]) -> None:
    for scheme, is_right in (("dark", lambda b: b < 60), ("light", lambda b: b > 200)):
        page = open_page(color_scheme=scheme)
        ask(page, QUESTION).locator("a.cite").first.click()
        marked(page)
        assert is_right(brightness(page, "gradio-app"))
        assert is_right(brightness(page, "html", inside_reader=True))


def test_examples_and_suggestions_ask_and_new_chat_begins_anew(open_page: Callable[..., Page]) -> None:
    page = open_page()
    example = page.locator(".example").first
    expect(example).to_be_visible()
    question = example.inner_text()
    example.click()
    reply_to(page, question)
    suggestion = page.locator("#chat button.option").first
    expect(suggestion).to_be_visible()
    expect(suggestion).to_have_text(re.compile(r"\w"))
    question = suggestion.inner_text()
    suggestion.click()
    reply_to(page, question)
    assert page.locator(".user-row").count() == 2
    expect(page.locator(".user-row").last).to_be_in_viewport()
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".example").first).to_be_visible()
    expect(page.locator(".user-row")).to_have_count(0)


def test_the_page_says_who_answers_and_what_to_do_about_a_bad_question(open_page: Callable[..., Page]) -> None:
    page = open_page()
    expect(page.get_by_role("heading", name="Fine-tune, prompt, or retrieve?")).to_be_visible()
    fine = page.locator("#engine .fine")
    expect(fine).to_be_visible()
    expect(fine).to_contain_text("notes on four essays · extractive, no model, nothing leaves this machine")
    alert = ask_too_much(page).get_by_role("alert")
    expect(alert).to_contain_text("4,000 characters")
    expect(alert).to_contain_text("Shorten it.")


def test_a_screen_reader_hears_who_speaks_instead_of_tags(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, "hello")
    labels = page.locator("#chat [data-testid]").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert {"You asked", "Answer"} <= set(labels)
    assert not any("<" in (label or "") for label in labels)
