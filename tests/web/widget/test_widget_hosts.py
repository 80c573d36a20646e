"""The widget on pages that make it hard: strict policies, hostile styles, phones, keyboards, other languages."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from portal_site import STRICT, PortalSite
from portals_known import Closed
from using import QUESTION, UNANSWERABLE, launched, marked, put

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
DOCS = Path(__file__).parents[3] / "docs"
HOSTILE = """
body * { all: unset !important; display: none !important; visibility: hidden !important;
  font: 90px/3 fantasy !important;
  letter-spacing: 1em !important; text-transform: uppercase !important; direction: ltr; opacity: .01 !important; }
html { font-size: 70px; } body { transform: scale(1); overflow: hidden; height: 40px; }
.panel, button, textarea, h2, q, mark { display: none !important; color: lime !important; }
:root { --ink: lime; --paper: lime; --accent: lime; --round: 90px; --line: lime; }
"""
COVER = '<div id="cover" style="position:fixed;inset:0;z-index:2147483647;background:#fff"></div>'
PARTS = ".hello, .option, .composer, .send, h2.title"


def tag(server: str, attributes: str = "") -> str:
    return f'<script src="{server}widget.js" {attributes}></script>'


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in {"serious", "critical"}]


def looks(widget: Locator) -> list[object]:
    """What a person sees of each part: place, size, letters, colours."""
    found: list[object] = widget.locator(PARTS).evaluate_all(
        """all => all.map((e) => { const s = getComputedStyle(e), b = e.getBoundingClientRect();
            return [b.x, b.y, b.width, b.height, s.font, s.letterSpacing, s.color, s.textTransform, s.direction]; })"""
    )
    assert len(found) == 7
    return found


def test_a_strict_policy_with_trusted_types_is_kept_to_the_letter(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit("about:blank")
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => { (window.seen ||= []).push(e.violatedDirective) })"
    )
    trouble: list[str] = []
    page.on("console", lambda said: trouble.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(site.origin + site.page(tag(server), policy=STRICT.format(server=server)))
    widget = launched(page)
    reply = put(widget)
    reply.locator(".chip").first.hover()
    expect(widget.get_by_role("tooltip")).to_be_visible()
    reply.locator(".chip").first.click()
    marked(widget)
    widget.get_by_label("Close").last.click()
    assert page.evaluate("window.seen") is None
    assert [text for text in trouble if "favicon" not in text and "404" not in text] == []
    assert widget.evaluate("e => getComputedStyle(e.shadowRoot.querySelector('.launcher')).borderRadius") == "50%"


def test_a_policy_that_forbids_asking_is_named(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page(tag(server), policy=f"default-src 'self'; script-src {server}"))
    expect(put(launched(page)).get_by_role("alert")).to_contain_text("connect-src")


def test_hostile_styles_of_the_page_change_nothing(site: PortalSite, server: str, visit: Visit) -> None:
    script = tag(server, 'data-open=""')
    calm = visit(site.page(script)).locator("essay-assistant")
    calm.locator(".send").wait_for()
    hostile = visit(site.page(COVER + script, head=f"<style>{HOSTILE}</style>"))
    widget = hostile.locator("essay-assistant")
    expect(widget.locator(".composer")).to_be_in_viewport()
    assert looks(widget) == looks(calm)
    reply = put(widget)  # also proves that nothing lies over it
    reply.locator(".chip").first.click()
    marked(widget)


def test_the_pages_own_shortcuts_do_not_hear_what_is_typed(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page(tag(server)))
    page.evaluate("window.heard = []; document.addEventListener('keydown', (e) => window.heard.push(e.key))")
    launched(page).get_by_label("Your question").press_sequentially("/jk")
    assert page.evaluate("window.heard") == []


def test_several_on_a_page_work_alone_and_a_script_loaded_twice_makes_one(
    site: PortalSite, server: str, visit: Visit
) -> None:
    inline = tag(server, 'data-mode="inline" data-target="#here" data-title="Second"')
    page = visit(site.page(f'<div id="here"></div>{tag(server)}{inline}{tag(server)}{inline}'))
    expect(page.locator("essay-assistant")).to_have_count(2)
    second = page.locator("#here essay-assistant")
    expect(second.get_by_role("heading", name="Second")).to_be_visible()
    put(second)
    first = launched(page)
    expect(first.locator(".welcome")).to_be_visible()
    put(first, UNANSWERABLE)
    expect(second.locator(".turn")).to_have_count(1)
    assert second.locator(".abstained").count() == 0


def test_german_pages_get_german_words_and_a_page_its_own(site: PortalSite, server: str, visit: Visit) -> None:
    own = """data-texts='{"hello": "Moin!", "send": "Los"}'"""
    widget = launched(visit(site.page(tag(server, own), lang="de-AT")))
    expect(widget.get_by_text("Moin!")).to_be_visible()
    expect(widget.get_by_role("button", name="Los")).to_be_attached()
    reply = put(widget)
    expect(reply.get_by_role("heading", name="Quellen")).to_be_visible()
    reply.locator(".chip").first.click()
    marked(widget)
    expect(widget.get_by_text("Notizen zu diesem Essay")).to_be_visible()


def test_the_keyboard_alone_gets_everywhere_and_back(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page('<a href="#">before</a>' + tag(server)))
    widget = page.locator("essay-assistant")
    page.get_by_role("link", name="before").focus()
    page.keyboard.press("Tab")
    expect(widget.locator(".launcher")).to_be_focused()
    page.keyboard.press("Enter")
    expect(widget.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    chip = widget.locator(".chip").first
    chip.wait_for()
    expect(widget.locator(".spoken[role=status]")).to_contain_text(re.compile(r"Answer: \w.+"))
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if chip.evaluate("e => e.getRootNode().activeElement === e"):
            break
    expect(chip).to_be_focused()
    expect(widget.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(widget.get_by_label("Back to the answer")).to_be_focused()
    marked(widget)
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()
    expect(widget.get_by_role("tooltip")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(widget.get_by_role("dialog")).to_be_hidden()
    expect(widget.locator(".launcher")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(site: PortalSite, server: str, visit: Visit, scheme: str) -> None:
    page = visit(site.page(tag(server), head="<style>:root{color-scheme:light dark}</style>"), color_scheme=scheme)
    widget = launched(page)
    assert serious(page) == []
    reply = put(widget)
    reply.get_by_role("button", name="Helpful", exact=True).click()
    reply.get_by_label("What was good or missing?").wait_for()
    assert serious(page) == []
    reply.locator(".chip").first.click()
    marked(widget)
    assert serious(page) == []
    widget.get_by_label("Back to the answer").click()
    put(widget, UNANSWERABLE)
    put(widget, "why " * 2000)
    assert serious(page) == []


def test_on_a_phone_the_panel_is_the_screen_and_keeps_the_focus(site: PortalSite, server: str, visit: Visit) -> None:
    page = visit(site.page('<a href="#">behind</a>' + tag(server)), 390, 844, has_touch=True, is_mobile=True)
    widget = page.locator("essay-assistant")
    widget.locator(".launcher").tap()
    dialog = widget.get_by_role("dialog")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(dialog).to_have_attribute("aria-modal", "true")
    put(widget).locator(".chip").first.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "ESSAY-ASSISTANT"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    widget.locator(".chip").first.tap()
    marked(widget)
    widget.get_by_label("Close").last.tap()
    expect(dialog).to_be_hidden()


def test_right_to_left_pages_get_it_mirrored(site: PortalSite, server: str, visit: Visit) -> None:
    widget = launched(visit(site.page(tag(server), direction="rtl")))
    box = widget.locator(".panel").bounding_box()
    assert box is not None
    assert box["x"] < 100
    widget.get_by_label("Your question").fill("מה זה?")
    assert widget.get_by_label("Your question").evaluate("e => getComputedStyle(e).direction") == "rtl"


@pytest.mark.parametrize("accent", ["#ffe600", "#101010", "tomato"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_accent_stays_legible(site: PortalSite, server: str, visit: Visit, accent: str, theme: str) -> None:
    page = visit(site.page(tag(server, f'data-accent="{accent}" data-theme="{theme}"')))
    widget = launched(page)
    widget.get_by_label("Your question").fill("x")
    assert serious(page) == []


@pytest.mark.skipif(os.environ.get("ASSISTANT_WRITE_PICTURES") != "1", reason="ASSISTANT_WRITE_PICTURES=1 takes them")
@pytest.mark.parametrize(("name", "size"), [("widget", (1280, 860)), ("widget-phone", (390, 844))])
def test_pictures(closed: Closed, visit: Visit, name: str, size: tuple[int, int]) -> None:
    page = visit(closed.demo, *size, is_mobile=size[0] < 500, has_touch=size[0] < 500)
    widget = launched(page)
    chip = put(widget).locator(".chip").first
    if size[0] > 500:
        chip.click()
        marked(widget)
    picture = DOCS / f"{name}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000
