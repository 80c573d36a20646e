"""``GET /api/themes`` and ``/api/themes/{id}``."""

from pathlib import Path

import httpx
import pytest
from running import application

from assistant import Assistant
from assistant.answering.composed import Sentence
from assistant.corpus.overview import NONE, Overview
from assistant.types import Citation


def test_every_citation_of_every_theme_is_exact_by_what_the_server_reads_out(client: httpx.Client) -> None:
    shown = Overview.model_validate(client.get("/api/themes").json())
    texts = {one["id"]: client.get(f"/api/sources/{one['id']}").json()["text"] for one in _sources(client)}
    cited = [one for theme in shown.themes for one in theme.citations]
    assert len(cited) > 300
    for one in cited:
        assert texts[one.source_id][one.start : one.end] == one.quote
    assert shown.notice is None


def _sources(client: httpx.Client) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/api/sources").json()["sources"]
    return found


def test_one_theme_is_the_same_alone_and_cites_as_an_answer_does(client: httpx.Client) -> None:
    listed = client.get("/api/themes").json()["themes"]
    for theme in listed[:5]:
        assert client.get(f"/api/themes/{theme['id']}").json() == theme
    answer = client.post("/api/ask", json={"question": "Is fine-tuning worth it?"}).json()
    cited = listed[0]["positions"][0]["citations"][0]
    assert list(cited) == list(answer["citations"][0]) == list(Citation.model_fields)


def test_a_theme_cites_a_statement_as_an_answer_composed_from_it_does(assistant: Assistant) -> None:
    composer = assistant._pipeline.composer
    for theme in assistant.overview.themes:
        for cited in theme.citations:
            refs = [
                one.ref
                for one in composer.matcher.book.statements.values()
                if (one.source_id, one.start) == (cited.source_id, cited.start)
            ]
            assert cited.model_copy(update={"marker": 1}) in composer._citations(Sentence("", tuple(refs)))


@pytest.mark.parametrize("path", ["nothing", "..%2f..%2fetc%2fpasswd", "%00", "overall.yaml", "x" * 300])
def test_a_theme_is_known_by_its_id_alone(client: httpx.Client, path: str) -> None:
    reply = client.get(f"/api/themes/{path}")
    assert reply.status_code in {404, 422}
    assert reply.headers["content-type"] == "application/problem+json"
    if path == "nothing":
        assert (reply.status_code, reply.json()["code"]) == (404, "unknown_theme")


def test_documents_without_themes_say_so(index_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "garden.md").write_text("# Garden\n\nTomatoes need six hours of sun each day.\n")
    with application(corpora=f"garden={tmp_path}") as client:
        shown = client.get("/api/themes", params={"corpus": "garden"}).json()
        assert shown == {"themes": [], "without": ["garden"], "notice": NONE}
        assert client.get("/api/themes/overall", params={"corpus": "garden"}).status_code == 404
        page = client.get("/themes", params={"corpus": "garden"})
        assert "These documents have no themes." in page.text
        assert client.get("/api/themes", params={"corpus": "nobody"}).status_code == 422
