"""The page of themes: it needs no script, and each number opens the reader at the exact words."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from talking import hidden_width

from assistant import Assistant
from assistant.corpus.overview import NONE
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.pages.library import theme_routes
from assistant.web.pages.reader import reader_routes


@pytest.fixture(scope="module")
def client(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("garden")
    (folder / "garden.md").write_text("# Garden\n\nTomatoes need six hours of sun each day.\n")
    with Assistant(corpus=str(folder), index=folder.with_name("garden-index")) as garden:
        shelf = Shelf({DEFAULT: assistant, "garden": garden})
        app = FastAPI()
        app.include_router(theme_routes(shelf))
        app.include_router(reader_routes(lambda: {name: each.essays for name, each in shelf.assistants.items()}))
        yield TestClient(app)


@pytest.fixture(scope="module")
def sections(client: TestClient) -> dict[str, str]:
    """Each theme's part of the page, by its anchor."""
    page = client.get("/themes").text
    assert "<script>" not in page
    assert " style=" not in page
    found = re.findall(r'<section class="subject" id="([^"]+)">(.*?)</section>', page, re.DOTALL)
    assert re.findall(r'<li><a href="#([^"]+)"', page) == [anchor for anchor, _ in found]
    return {anchor: unescape(part) for anchor, part in found}


def test_every_theme_has_its_lines_its_silent_essays_and_its_quotes(
    sections: dict[str, str], assistant: Assistant
) -> None:
    assert sections.keys() == {theme.id for theme in assistant.overview.themes}
    for theme in assistant.overview.themes:
        part = sections[theme.id]
        for line in (*theme.positions, *theme.agree, *theme.differ):
            assert line.line in part
        assert part.count("says nothing") == len(theme.silent)
        assert ("They agree" in part, "They differ" in part) == (bool(theme.agree), bool(theme.differ))
        assert part.count("<q ") == len(theme.citations)


def test_each_number_opens_the_reader_at_the_exact_words(
    client: TestClient, sections: dict[str, str], assistant: Assistant
) -> None:
    links = {}
    for theme in assistant.overview.themes:
        found = dict(re.findall(r'class="cite" href="([^"]+)"[^>]*>(\d+)</a>', sections[theme.id]))
        assert sorted(found.values(), key=int) == [str(cited.marker) for cited in theme.citations]
        quotes = {str(cited.marker): cited.quote for cited in theme.citations}
        links |= {address: quotes[number] for address, number in found.items()}
    assert len(links) > 150
    for address, quote in links.items():
        page = client.get(f"/{address}").text
        marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL))
        assert unescape(re.sub("<[^>]+>", "", marked)).replace("**", "") == quote.replace("**", "")


def test_documents_without_themes_say_so_and_how_to_add_them(client: TestClient) -> None:
    page = client.get("/themes", params={"corpus": "garden"})
    assert page.status_code == 200
    assert NONE in unescape(page.text)
    assert "<section" not in page.text
    assert 'href="themes?corpus=garden" aria-current="page"' in page.text
    assert client.get("/themes", params={"corpus": "<script>"}).status_code == 200


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_it_reads_well_on_a_phone_and_a_desk(browser: Browser, address: str, width: int, scheme: str) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    ) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}themes")
        assert hidden_width(page) <= 0
        page.get_by_role("navigation", name="Contents").get_by_role("link", name="Evals", exact=True).press("Enter")
        expect(page.get_by_role("heading", name="Evals", exact=True)).to_be_in_viewport()
        page.locator("#evals summary").press("Enter")
        assert hidden_width(page) <= 0
        page.locator("#evals .cite").first.press("Enter")
        expect(page.locator("mark#cited")).to_be_in_viewport()
        assert said == []


@pytest.mark.browser
def test_in_print_the_words_cited_are_shown(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 800, "height": 1000}) as context:
        page = context.new_page()
        page.goto(f"{address}themes")
        quote = page.locator("#evals q").first
        expect(quote).to_be_hidden()
        page.emulate_media(media="print")
        assert quote.bounding_box()["height"] > 10  # type: ignore[index]
