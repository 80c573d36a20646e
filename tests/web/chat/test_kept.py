"""Conversations kept in the browser: after a reload, in the drawer, and never anywhere else."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from talking import ask, marked

pytestmark = pytest.mark.browser
QUESTION = "What does Tian Pan say about catastrophic forgetting?"
OTHER = "When does fine-tuning break even?"
KEY = "essay-assistant.conversations"


def stored(page: Page) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(page.evaluate(f"localStorage.getItem('{KEY}') ?? '[]'"))
    return found


def history(page: Page) -> Page:
    page.get_by_role("button", name="History").click()
    return page


def test_a_reload_brings_the_conversation_back_and_a_follow_up_still_leans_on_it(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    before = ask(page, QUESTION).locator(".answer").inner_text()
    page.reload()
    expect(page.locator(".bot-row .answer")).to_have_text(before)
    expect(page.locator("#welcome")).to_be_hidden()
    quote = page.locator(".source q").first.text_content()
    page.locator("a.cite").first.click()
    assert marked(page) == quote
    page.keyboard.press("Escape")
    ask(page, "Why does it happen?")
    page.locator(".trace summary").last.click()
    expect(page.locator(".trace").last).to_contain_text("Read with what was said before")
    assert len(stored(page)) == 1


def test_earlier_conversations_are_listed_opened_and_deleted(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, QUESTION)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#welcome")).to_be_visible()
    ask(page, OTHER)
    drawer = history(page).get_by_role("dialog", name="Earlier conversations")
    titles = drawer.locator(".talk .title")
    expect(titles).to_have_text([OTHER, QUESTION])
    expect(drawer).to_contain_text("Kept in this browser only")
    drawer.get_by_role("button", name=f"Rename “{OTHER}”").click()
    drawer.get_by_label("Title").fill("Another matter")
    drawer.get_by_label("Title").press("Enter")
    expect(titles).to_have_text(["Another matter", QUESTION])
    drawer.get_by_label("Search the conversations").fill(OTHER.split()[-1].strip("?"))
    expect(titles).to_have_text(["Another matter"])  # by what was asked
    drawer.get_by_label("Search the conversations").fill("")
    titles.last.click()
    expect(drawer).to_be_hidden()
    expect(page.locator(".user-row")).to_have_text([QUESTION])
    history(page)
    expect(drawer.locator("[aria-current]")).to_contain_text(QUESTION)
    drawer.get_by_role("button", name=f"Delete “{QUESTION}”").click()
    expect(titles).to_have_text(["Another matter"])
    expect(page.locator("#welcome")).to_be_attached()
    drawer.get_by_role("button", name="Delete all").click()
    expect(titles).to_have_count(1)
    drawer.get_by_role("button", name="Delete it for good?").click()
    expect(titles).to_have_count(0)
    assert stored(page) == []
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()


def test_another_tab_begins_anew_and_finds_the_others_conversation(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page()
    ask(page, QUESTION)
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("#welcome")).to_be_visible()
    ask(other, OTHER)
    assert sorted(str(each["title"]) for each in stored(page)) == sorted([QUESTION, OTHER])


def test_the_oldest_are_dropped_and_what_cant_be_read_is_no_trouble(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, QUESTION)
    (one,) = stored(page)
    for many, size in ((40, 0), (4, 700_000)):
        others = [
            {**one, "id": str(n), "title": f"Old {n}" + "x" * size, "at": n, "exchanges": one["exchanges"]}
            for n in range(1, many + 1)
        ]
        page.evaluate("([key, all]) => localStorage.setItem(key, JSON.stringify(all))", [KEY, [*others, 1, {"id": 2}]])
        ask(page, OTHER)
        found = stored(page)
        assert len(found) == min(many, 30 if size == 0 else 3)
        assert found[0]["title"] == QUESTION
        assert len(json.dumps(found)) < 2_000_000
        assert found[1]["at"] == many
        page.get_by_role("button", name="New chat").click()
        expect(page.locator("#welcome")).to_be_visible()
        ask(page, QUESTION)
    page.evaluate(f"localStorage.setItem('{KEY}', '[{{')")
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()


def test_what_another_wrote_into_the_browsers_storage_never_runs(open_page: Callable[..., Page]) -> None:
    page = open_page()
    ask(page, QUESTION)
    hostile = "<img src=x onerror='window.broken = 1'><script>window.broken = 1</script>"
    (one,) = stored(page)
    exchange = one["exchanges"][0]  # type: ignore[index]
    exchange["question"] = exchange["answer"]["answer"] = one["title"] = hostile
    exchange["answer"]["citations"][0]["url"] = "javascript:window.broken=1"
    page.evaluate("([key, all]) => localStorage.setItem(key, JSON.stringify(all))", [KEY, [one]])
    page.reload()
    expect(page.locator(".asked")).to_have_text(hostile)
    history(page)
    expect(page.locator(".talk .title")).to_have_text(hostile)
    assert page.evaluate("window.broken") is None
    assert page.locator("#chat img, #history img").count() == 0


def test_where_the_browser_keeps_nothing_the_chat_still_answers(open_page: Callable[..., Page], address: str) -> None:
    page = open_page()
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page.goto(address)
    ask(page, QUESTION)
    expect(page.get_by_role("button", name="Good answer")).to_be_visible()
    history(page)
    expect(page.get_by_text("What you ask is kept here, in this browser only.")).to_be_visible()
