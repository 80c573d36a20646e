"""Where the server asks who is there: portals' tokens, the frame, and the demo portal."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect
from portal_site import PortalSite
from portals_known import INTRANET_SECRET, WIKI_SECRET, Closed
from using import QUESTION, launched, marked, put

from assistant.web.guard.sites import mint_token

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
LISTEN = """
const heard = window.heard = [];
addEventListener("message", ({ data, origin }) => heard.push({ ...data, origin }));
"""


def with_token(closed: Closed) -> str:
    return f'<script src="{closed.server}widget.js" data-token-url="/token"></script>'


def minted(seconds: int = 600) -> str:
    return mint_token("intranet", INTRANET_SECRET, "ida", seconds)


def test_a_token_that_is_over_is_fetched_anew_without_a_word(site: PortalSite, closed: Closed, visit: Visit) -> None:
    tokens = [minted(-60), minted()]
    site.token = lambda: tokens.pop(0)
    page = visit(site.page(with_token(closed)))
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    widget = launched(page)
    assert len(tokens) == 2, "it is fetched when it is needed, not before"
    reply = put(widget)
    reply.locator(".chip").first.click()
    assert marked(widget)
    assert tokens == []
    assert not any("eyJ" in address for address in addresses)


def test_another_portals_token_is_refused(site: PortalSite, closed: Closed, visit: Visit) -> None:
    site.token = lambda: mint_token("wiki", WIKI_SECRET, "ida")
    alert = put(launched(visit(site.page(with_token(closed))))).get_by_role("alert")
    expect(alert).to_contain_text("This page may not ask the assistant.")
    expect(alert).to_contain_text("another portal")


def test_a_page_that_gives_no_token_is_told_so(site: PortalSite, closed: Closed, visit: Visit) -> None:
    site.token = lambda: ""
    alert = put(launched(visit(site.page(with_token(closed))))).get_by_role("alert")
    expect(alert).to_contain_text("This page could not get you signed in.")
    plain = visit(site.page(f'<script src="{closed.server}widget.js"></script>'))
    expect(put(launched(plain)).get_by_role("alert")).to_contain_text("You are not signed in.")


def test_what_one_person_asked_is_gone_for_the_next_and_after_a_sign_out(
    site: PortalSite, closed: Closed, visit: Visit
) -> None:
    site.token = minted
    page = visit(site.page(with_token(closed)))
    put(launched(page))
    page.reload()
    expect(launched(page).locator(".reply")).to_have_count(1)
    for token in (mint_token("intranet", INTRANET_SECRET, "bob"), ""):
        site.token = lambda token=token: token  # type: ignore[misc]
        page.reload()
        expect(launched(page).locator(".welcome")).to_be_visible()
        page.wait_for_function("localStorage.length === 0")
        site.token = minted
        put(page.locator("essay-assistant"))


def test_a_portal_frames_it_without_a_script_of_ours(site: PortalSite, closed: Closed, visit: Visit) -> None:
    address = f"{closed.server}embed?portal=intranet&lang=de&theme=dark&title=Handbuch#token={minted()}"
    page = visit(
        site.page(f"<iframe title='assistant' height=500 src='{address}'></iframe>", head=f"<script>{LISTEN}</script>")
    )
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Handbuch")).to_be_visible()
    assert frame.locator(".stage").evaluate("e => getComputedStyle(e).colorScheme") == "dark"
    assert "token" not in page.frames[1].evaluate("location.href")
    reply = put(frame)
    quote = reply.locator("q").first.text_content()
    reply.locator(".chip").first.click()
    assert marked(frame) == quote
    page.wait_for_function("window.heard.length > 1")
    heard = page.evaluate("window.heard")
    assert {message["origin"] + "/" for message in heard} == {closed.server}
    assert {message["type"] for message in heard} == {"essay-assistant:resize"}
    assert 200 < heard[0]["height"] < heard[-1]["height"]


def test_a_frame_whose_token_is_over_gets_another_of_the_page_around_it(
    site: PortalSite, closed: Closed, visit: Visit
) -> None:
    give = """
    addEventListener("message", ({ data, source, origin }) => {
        if (data.type === "essay-assistant:token-wanted")
            source.postMessage({ type: "essay-assistant:token", token: TOKEN }, origin);
    });""".replace("TOKEN", repr(minted()))
    address = f"{closed.server}embed?portal=intranet#token={minted(-60)}"
    page = visit(site.page(f"<iframe src='{address}'></iframe>", head=f"<script>{give}</script>"))
    expect(put(page.frame_locator("iframe")).locator(".chip").first).to_be_attached()


@pytest.mark.parametrize("portal", ["intranet", "wiki", "nobody"])
def test_a_page_that_is_not_that_portals_cannot_frame_it(
    site: PortalSite, closed: Closed, visit: Visit, portal: str
) -> None:
    origin = site.stranger if portal == "intranet" else site.origin
    said: list[str] = []
    page = visit(f"{origin}{site.page('')}")
    page.on("console", lambda message: said.append(message.text))
    page.evaluate(
        "a => { document.body.append(Object.assign(document.createElement('iframe'), { src: a })) }",
        f"{closed.server}embed?portal={portal}",
    )
    expect(page.locator("iframe")).to_be_attached()
    while not any("frame-ancestors" in text for text in said):
        page.wait_for_event("console")
    assert page.frame_locator("iframe").locator("essay-assistant").count() == 0


def test_the_demo_portal_embeds_it_in_three_ways_under_a_strict_policy(closed: Closed, visit: Visit) -> None:
    said: list[str] = []
    page = visit("about:blank")
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto(closed.demo)
    for widget in (page.locator("essay-assistant.ask"), page.frame_locator("iframe"), launched(page)):
        reply = put(widget)
        quote = reply.locator("q").first.text_content()
        reply.locator(".chip").first.click()
        assert marked(widget) == quote
    assert [text for text in said if "401" not in text] == [], "only the frame asks without a token, and once"


def test_the_demo_portal_gives_tokens_under_its_own_name_alone(closed: Closed) -> None:
    assert httpx.get(f"{closed.demo}token").json()["token"].startswith("eyJ")
    assert httpx.get(f"{closed.demo}token", headers={"Host": "evil.example"}).status_code == 400
    refused = httpx.post(f"{closed.server}api/ask", json={"question": QUESTION})
    assert refused.status_code == 401
