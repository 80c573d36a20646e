"""The library over HTTP: it needs no script."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant import Assistant
from assistant.corpus.importing import add_documents, remove_document
from assistant.errors import CorpusError
from assistant.settings import load_settings
from assistant.store import Store
from assistant.types import RankedPassage
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.observe.answers import Ops
from assistant.web.observe.problems import install_problems
from assistant.web.pages.documents import Imports, document_routes
from assistant.web.pages.library import library_routes
from assistant.web.pages.reader import reader_routes
from assistant.web.rendering import found, opening
from assistant.web.service import Desk, Web


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


@dataclass
class Editor:
    """A served library of one document, and the import it does."""

    client: TestClient
    folder: Path
    imports: Imports

    def send(self, action: str, **sent: Any) -> str:
        """The text of the reply: of the library once the import is over, or of the refusal."""
        reply = self.client.post(f"/library/{action}", headers={"Accept": "text/html"}, **sent)
        while self.imports.last is not None and not self.imports.last.over:
            time.sleep(0.01)
        return reply.text if reply.status_code >= 400 else self.client.get("/library").text


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("kitchen")
    (folder / "kitchen.md").write_text("# Kitchen\n\nSalt the water before the pasta goes in.\n")
    with Assistant(corpus=str(folder), index=Path(f"{folder}-index")) as opened:
        yield opened


def editor(kitchen: Assistant, **settings: Any) -> Editor:
    changed = kitchen.settings.model_copy(update={"rate_limit": "", **settings})
    shelf, ops, imports = Shelf({DEFAULT: kitchen}), Ops.of(changed), Imports()
    web = Web(changed, shelf, Desk(shelf, changed, ops), ops, Store(changed.database))
    app = FastAPI()
    install_problems(app)
    app.include_router(library_routes(web.desk, imports))
    app.include_router(document_routes(web, imports))
    return Editor(TestClient(app), kitchen.settings.originals_dir, imports)


def test_files_are_added_with_what_was_left_out_refused_with_a_reason_and_removed(kitchen: Assistant) -> None:
    here = editor(kitchen)
    article = "<article><h1>Care</h1><p>Water the tomatoes early in the day.</p><img src='a.png'></article>"
    files = [("file", ("x/care.html", article.encode())), ("file", ("bad.pdf", b"%PDF-1.4 nonsense"))]
    page = here.send("add", files=files)
    assert "Water the tomatoes" in (here.folder / "care.md").read_text()
    assert "Left out: 1 picture" in page
    assert "bad.pdf: is damaged" in page
    assert "/tmp" not in page
    assert "data-pending" in page  # it is not among the documents that answer yet
    assert "another text is there" in here.send(
        "add", files=[("file", ("care.html", b"<p>Some other words here.</p>"))]
    )
    again = {"files": [("file", ("care.html", b"<p>Some other words here.</p>"))], "data": {"replace": "yes"}}
    assert "was not taken" not in here.send("add", **again)
    assert "is not here any more" in here.send("remove", data={"id": "../care"})
    assert "last document" in here.send("remove", data={"id": "kitchen"})
    assert "no file to add" in here.send("add", files=[("file", ("", b""))])


def test_only_what_was_imported_can_be_removed(kitchen: Assistant, tmp_path: Path) -> None:
    settings = kitchen.settings
    (settings.originals_dir / "own.md").write_text("---\nid: own\n---\n\nimported_from: nowhere\n")
    with pytest.raises(CorpusError, match="was not imported"):
        remove_document("own", settings)
    (tmp_path / "given.md").write_text("# Given\n\nWords from elsewhere.\n")
    (added,) = add_documents([str(tmp_path / "given.md")], settings).added
    remove_document("given", settings)
    assert not added.path.exists()


def test_nobody_edits_where_the_server_is_for_others_unless_it_is_set(kitchen: Assistant) -> None:
    closed = editor(kitchen, edit_documents=False)
    assert "t be changed here" in closed.send("add", files=[("file", ("a.md", b"# A"))])
    for name, value in {"api_keys": "a:" + "k" * 32, "public_url": "https://x.example", "allow_public": True}.items():
        assert not load_settings(**{name: value}).documents_editable
        assert load_settings(**{name: value}, edit_documents=True).documents_editable
    assert load_settings().documents_editable
