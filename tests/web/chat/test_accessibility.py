"""For a screen reader, the keyboard, a large zoom and a small phone."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from talking import ask, ask_too_much, hidden_width, marked

pytestmark = pytest.mark.browser
QUESTION = "When should I fine-tune instead of using RAG?"


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical, with the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_state(open_page: Callable[..., Page], address: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    assert faults(page) == []
    reply = ask(page, QUESTION)
    reply.locator(".trace summary").click()
    assert faults(page) == []
    reply.locator("a.cite").first.focus()
    reply.locator("a.cite").first.click()
    marked(page)
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Good answer").click()
    page.locator(".comment").wait_for()
    ask(page, "Which GPU did they use for GSM8K?")
    assert faults(page) == []
    ask_too_much(page)
    assert faults(page) == []
    page.get_by_role("button", name="History").click()
    assert faults(page) == []
    for path in (
        "library",
        "library?q=catastrophic+forgetting",
        "library?q=qqqq",
        "themes",
        "read/pan-framework",
        "read/nothing",
    ):
        page.goto(address + path)
        assert faults(page) == [], path


def test_a_finished_answer_is_announced_once_and_whole(open_page: Callable[..., Page]) -> None:
    page = open_page()
    spoken = page.locator("#spoken")
    expect(spoken).to_be_empty()
    answer = ask(page, QUESTION)
    expect(spoken).to_contain_text(re.compile(r"[1-9] sources\."))
    expect(spoken).to_contain_text(answer.locator(".answer").inner_text()[:60])
    expect(page.locator("#chat [role=log]")).to_have_attribute("aria-live", "off")
    ask_too_much(page)
    expect(spoken).to_contain_text("Shorten it.")


@pytest.mark.parametrize(
    "window",
    [{"width": 640, "height": 430, "device_scale_factor": 2}, {"width": 360, "height": 740, "is_mobile": True}],
    ids=["200% zoom", "small phone"],
)
def test_nothing_lies_beyond_the_edge(open_page: Callable[..., Page], address: str, window: dict[str, object]) -> None:
    page = open_page(**window)
    assert hidden_width(page) <= 0
    expect(page.get_by_role("link", name="Library")).to_be_in_viewport()
    reply = ask(page, QUESTION)
    reply.locator(".trace summary").click()
    expect(page.get_by_role("button", name="New chat")).to_be_in_viewport()
    expect(page.get_by_label("Your question")).to_be_in_viewport()
    assert hidden_width(page) <= 0
    assert reply.locator(".trace").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("button", name="Close the history")).to_be_in_viewport()
    page.keyboard.press("Escape")
    for path in ("library?q=data", "themes", "read/pan-framework"):
        page.goto(address + path)
        assert hidden_width(page) <= 0


def test_something_stands_on_the_page_before_gradio_has_drawn_anything(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page()
    page.route("**/assets/*.js", lambda route: route.abort())
    page.goto(address)
    expect(page.locator("#first")).to_contain_text("Fine-tune, prompt, or retrieve?")
    expect(page.locator("#first .box")).to_be_visible()
    page.unroute("**/assets/*.js")
    page.goto(address)
    page.get_by_label("Your question").wait_for()
    expect(page.locator("#first")).to_have_count(0)
