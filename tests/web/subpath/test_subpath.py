"""Behind a proxy that serves the assistant under a path of its host, everything works as on a host of its own."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from prefix_proxy import PREFIX, Manner, PrefixProxy
from talking import ask, marked
from thread_server import served_here

from assistant import Assistant
from assistant.web.app import create_app
from assistant.web.catalog import changed

KEY = "a-key-for-alice-123456"
QUESTION = "What does LoRA cost?"
PORTAL = '<!doctype html><title>Portal</title><script src="{server}widget.js" data-mode="inline"></script>'
TRUSTED = {"trusted_proxies": "127.0.0.1"}
FORWARDED = {"X-Forwarded-Prefix": PREFIX}


@dataclass(frozen=True)
class Front:
    """The proxy's address with the prefix, its origin, and the server's own."""

    address: str
    origin: str
    inner: str


@pytest.fixture(
    scope="module",
    params=[
        (Manner(keeps_host=False), {"public_url": "{origin}/assist"}),
        (Manner(strips=False), {"public_url": "{origin}/assist/"}),
        (Manner(adds=FORWARDED), TRUSTED),
    ],
    ids=["its address is set", "the path is passed on whole", "a trusted proxy tells the prefix"],
)
def front(request: pytest.FixtureRequest, assistant: Assistant) -> Iterator[Front]:
    manner, given = request.param
    with PrefixProxy(manner) as proxy:
        settings = {name: value.format(origin=proxy.origin) for name, value in given.items()}
        served = copy.copy(assistant)
        served.settings = changed(assistant.settings, rate_limit="", allowed_origins=proxy.origin, **settings)
        with served_here(lambda: create_app(served)) as inner:
            proxy.backend = inner.removeprefix("http://").rstrip("/")
            yield Front(proxy.address, proxy.origin, inner)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_the_chat_answers_and_opens_its_sources(front: Front, page: Page) -> None:
    page.goto(front.address)
    reply = ask(page, QUESTION)
    link = reply.locator("a.cite").first
    link.click()
    assert marked(page)
    page.goto(f"{front.address}library")
    page.get_by_role("searchbox").fill("LoRA")
    page.keyboard.press("Enter")
    expect(page.locator("b").first).to_be_visible()


@pytest.mark.browser
def test_the_documentation_is_drawn_and_tries_the_right_address(front: Front, page: Page) -> None:
    page.goto(f"{front.address}docs")
    expect(page.get_by_text("/api/ask").first).to_be_visible()
    assert httpx.get(f"{front.address}openapi.json").json()["servers"] == [{"url": PREFIX}]


@pytest.mark.browser
def test_the_widget_answers_on_another_page(front: Front, page: Page) -> None:
    page.route(
        f"{front.origin}/portal",
        lambda route: route.fulfill(body=PORTAL.format(server=front.address), content_type="text/html"),
    )
    page.goto(f"{front.origin}/portal")
    box = page.get_by_role("textbox")
    box.fill(QUESTION)
    box.press("Enter")
    page.get_by_role("button", name="Source 1").first.click()
    expect(page.locator("mark").first).to_be_visible()


def test_addresses_in_replies_are_the_public_ones(front: Front) -> None:
    body = {"model": "essay-assistant", "messages": [{"role": "user", "content": QUESTION}]}
    reply = httpx.post(f"{front.address}v1/chat/completions", json=body, timeout=60).json()
    urls = [note["url_citation"]["url"] for note in reply["choices"][0]["message"]["annotations"]]
    assert urls
    assert all(url.startswith(f"{front.address}read/") for url in urls)
    assert httpx.get(urls[0]).status_code == 200
    page = httpx.get(front.address).text
    assert front.inner.rstrip("/") not in page


def test_unknown_addresses_of_programs_are_still_problems(front: Front) -> None:
    assert httpx.get(f"{front.address}api/nothing").json()["code"] == "not_found"
    assert "error" in httpx.get(f"{front.address}v1/nothing").json()
    assert httpx.post(f"{front.address}api/ask", content=b"?").status_code == 415


@pytest.fixture(scope="module")
def closed(assistant: Assistant) -> Iterator[Front]:
    with PrefixProxy(Manner(keeps_host=False)) as proxy:
        served = copy.copy(assistant)
        served.settings = changed(assistant.settings, api_keys=f"alice:{KEY}", public_url=f"{proxy.origin}/assist")
        with served_here(lambda: create_app(served)) as inner:
            proxy.backend = inner.removeprefix("http://").rstrip("/")
            yield Front(proxy.address, proxy.origin, inner)


@pytest.mark.browser
def test_signing_in_leads_back_below_the_prefix(closed: Front, page: Page) -> None:
    page.goto(f"{closed.address}library?q=LoRA")
    page.get_by_label("Key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{closed.address}library?q=LoRA")
    (cookie,) = page.context.cookies()
    assert cookie["path"] == PREFIX
    page.goto(closed.address)
    assert ask(page, QUESTION).locator("a.cite").first.is_visible()


@pytest.mark.parametrize("path", ["", "config", "api/sources", "ui/../api/sources", "//api/sources"])
def test_the_gate_stands_below_the_prefix_too(closed: Front, path: str) -> None:
    for base in (closed.address, closed.inner, f"{closed.inner}assist/"):
        assert httpx.get(base + path).status_code == 401


@pytest.mark.parametrize("prefix", ["/assist", "/ui", "//evil.example.com", "/a/../login", "/ui, /assist"])
def test_nobody_else_sets_the_prefix(assistant: Assistant, prefix: str) -> None:
    served = copy.copy(assistant)
    served.settings = changed(assistant.settings, api_keys=f"alice:{KEY}")
    with served_here(lambda: create_app(served)) as inner:
        reply = httpx.get(f"{inner}login", headers={"X-Forwarded-Prefix": prefix})
        assert 'action="/login"' in reply.text
        assert httpx.get(f"{inner}api/sources", headers={"X-Forwarded-Prefix": prefix}).status_code == 401
