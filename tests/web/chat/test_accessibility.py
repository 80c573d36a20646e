"""For a screen reader, the keyboard, a large zoom and a small phone."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from talking import ask, ask_too_much, hidden_width, marked

pytestmark = pytest.mark.browser
QUESTION = "When should I fine-tune instead of using RAG?"


COLORS = {"runOnly": ["color-contrast"]}


def faults(page: Page, scheme: str, context: str | None = None) -> list[str]:
    """What axe finds serious or critical, with the elements; in the dark only colors, for nothing else changes."""
    found = Axe().run(page, context=context, options=COLORS if scheme == "dark" else None).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_state(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    assert faults(page, scheme) == []
    reply = ask(page, QUESTION)
    reply.locator(".trace summary").click()
    assert faults(page, scheme) == []
    reply.locator("a.cite").first.focus()
    reply.locator("a.cite").first.click()
    marked(page)
    assert faults(page, scheme) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Good answer").click()
    page.locator(".comment").wait_for()
    ask(page, "Which GPU did they use for GSM8K?")
    assert faults(page, scheme) == []
    ask_too_much(page)
    assert faults(page, scheme) == []
    page.get_by_role("button", name="History").click()
    assert faults(page, scheme) == []


PAGES = (
    "library", "library?q=catastrophic+forgetting", "library?q=qqqq", "themes", "advise",
    "advise?text=We+have+200+labelled+tickets.+Should+we+fine-tune%3F", "docs", "read/pan-framework", "read/nothing",
    "nothing/at/all",
)  # fmt: skip
SHIFT = """
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) window.shifted = (window.shifted ?? 0) + shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SMALL = """
(all) => all.filter((each) => {
  const { width, height } = each.getBoundingClientRect();
  const shown = each.checkVisibility({ visibilityProperty: true }) && !each.closest(".sr-only");
  return shown && (width < 43.5 || height < 43.5);
}).map((each) => each.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_has_the_header_and_no_fault_shift_small_target_or_foreign_request(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    asked: list[str] = []
    with browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", has_touch=width < 500
    ) as context:
        context.add_init_script(SHIFT)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for path in PAGES:
            page.goto(address + path)
            expect(page.get_by_role("banner").get_by_role("link", name="Essay Assistant")).to_be_visible()
            if width < 500:
                page.get_by_role("button", name="Menu").click()
            expect(page.get_by_role("banner").get_by_role("link", name="Chat")).to_be_in_viewport()
            small = page.locator(".top :is(a, button), main :is(button, select, summary, input[type=search])")
            assert small.evaluate_all(SMALL) == [], path
            assert faults(page, scheme, "header, nav, #evals" if path == "themes" else None) == [], path
            assert page.evaluate("window.shifted ?? 0") < 0.02, path
            assert hidden_width(page) <= 0, path
        page.get_by_role("button", name="Dark theme").click()
        page.goto(address)
        page.get_by_label("Your question").wait_for()
        chosen = "dark" if scheme == "light" else "light"
        expect(page.locator("body")).to_have_css("color-scheme", chosen)
        assert page.evaluate("window.shifted ?? 0") < 0.02
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


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
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Library")).to_be_in_viewport()
    page.keyboard.press("Escape")
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
