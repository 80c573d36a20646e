"""The library over HTTP: it needs no script."""

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant import Assistant
from assistant.types import RankedPassage
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.observe.answers import Ops
from assistant.web.pages.library import library_routes
from assistant.web.pages.reader import reader_routes
from assistant.web.rendering import found, opening
from assistant.web.service import Desk


@pytest.fixture(scope="module")
def client(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("garden")
    (folder / "garden.md").write_text("# Garden\n\nTomatoes need six hours of sun each day.\n")
    with Assistant(corpus=str(folder), index=Path(f"{folder}-index")) as garden:
        unlimited = assistant.settings.model_copy(update={"rate_limit": ""})
        shelf = Shelf({DEFAULT: assistant, "garden": garden})
        app = FastAPI()
        app.include_router(library_routes(Desk(shelf, unlimited, Ops.of(unlimited))))
        app.include_router(reader_routes(lambda: {name: each.essays for name, each in shelf.assistants.items()}))
        yield TestClient(app)


def test_every_document_is_listed_with_its_kind_and_can_be_read_in_full(
    client: TestClient, assistant: Assistant
) -> None:
    page = client.get("/library").text
    links = re.findall(r'<h2[^>]*><a href="(read/[^"]+)">', page)
    assert len(links) == len(assistant.essays) == page.count("Notes, in our words")
    for link, essay in zip(links, assistant.essays.values(), strict=True):
        words = re.sub(r"<[^>]+>", "", client.get("/" + link).text)
        assert essay.text.split("\n")[-2][-40:] in unescape(words)
    assert "<script>" not in page


def test_a_search_shows_passages_with_their_essay_and_opens_the_reader_there(client: TestClient) -> None:
    page = client.get("/library", params={"q": "catastrophic forgetting"}).text
    first = re.search(r'<ol class="results">\s*<li><a href="([^"]+)">(.+?)</a>', page, re.DOTALL)
    assert first is not None
    assert "<b>Catastrophic</b> <b>forgetting</b>" in first[2]
    assert "Notes on" in first[2]
    assert '<mark id="cited"' in client.get("/" + unescape(first[1])).text
    assert 'value="catastrophic forgetting"' in page


def test_another_corpus_has_a_shelf_of_its_own(client: TestClient) -> None:
    page = client.get("/library", params={"corpus": "garden", "q": "tomatoes"}).text
    assert "Your documents" in page
    link = re.search(r'href="(read/garden[^"]+)"', page)
    assert link is not None
    assert "six hours of sun" in client.get("/" + unescape(link[1])).text
    assert '<option value="garden" selected>' in page


def test_a_search_that_cant_be_made_says_what_to_do(client: TestClient) -> None:
    reply = client.get("/library", params={"q": "why " * 2000})
    assert reply.status_code == 422
    assert "Shorten it." in reply.text
    assert len(reply.text) < 20_000


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "🦜", "  "])
def test_what_is_searched_for_is_text(client: TestClient, query: str) -> None:
    page = client.get("/library", params={"q": query, "corpus": "<b>"})
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "<img src=x" not in page.text


def passage(text: str) -> RankedPassage:
    return RankedPassage(id="p", source_id="e", section="Costs", start=0, end=len(text), score=1, text=text)


def test_an_excerpt_begins_where_the_words_stand_and_is_cut_between_words() -> None:
    long = passage("## Costs\n\n" + "Nothing here counts at all. " * 20 + "Fine-tuned <models> go stale.")
    assert str(found(long, "stale models", limit=80)) == (
        "… Fine-tuned &lt;<b>models</b>&gt; go <b>stale</b>."
    )  # fmt: skip
    assert opening(long, 20) == "Nothing here counts\u00a0…"
