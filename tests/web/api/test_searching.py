"""``GET /api/search``, ``/api/sources`` and ``/api/models``."""

import json

import httpx
import pytest


def test_search_finds_what_the_command_line_finds(client: httpx.Client, run) -> None:
    found = run("search", "LoRA", "-k", "3", "--json").stdout
    assert client.get("/api/search", params={"q": "LoRA", "k": 3}).json() == json.loads(found)


@pytest.mark.parametrize(
    "query", [{}, {"q": ""}, {"q": " "}, {"q": "a\x00"}, {"q": "a", "k": 0}, {"q": "a", "k": 51}, {"q": "x" * 5000}]
)
def test_a_search_that_cant_be_made_is_a_problem(client: httpx.Client, query: dict[str, object]) -> None:
    reply = client.get("/api/search", params=query)  # type: ignore[arg-type]
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")


def test_every_source_is_listed_without_its_text_and_read_with_it(client: httpx.Client) -> None:
    listed = client.get("/api/sources").json()["sources"]
    assert len(listed) == 4
    for source in listed:
        read = client.get(f"/api/sources/{source['id']}").json()
        assert {name: value for name, value in read.items() if name != "text"} == source
        assert read["text"]


def test_a_source_is_sent_once_and_again_when_it_changed(client: httpx.Client) -> None:
    first = client.get("/api/sources/pan-framework")
    tag = first.headers["etag"]
    assert tag == f'"{first.json()["sha256"]}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get("/api/sources/pan-framework", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for known in ('"other"', first.json()["sha256"][:10], ""):
        assert client.get("/api/sources/pan-framework", headers={"If-None-Match": known}).status_code == 200


@pytest.mark.parametrize("path", ["nothing", "..%2f..%2fetc%2fpasswd", "%00", "pan-framework.md", "x" * 300])
def test_a_source_is_known_by_its_id_alone(client: httpx.Client, path: str) -> None:
    reply = client.get(f"/api/sources/{path}")
    assert reply.status_code in {404, 422}
    assert reply.headers["content-type"] == "application/problem+json"
    assert "root:" not in reply.text


def test_a_chooser_learns_what_may_be_chosen(client: httpx.Client, with_model: httpx.Client) -> None:
    assert client.get("/api/models").json() == {
        "models": [{"id": "extractive", "default": True}],
        "corpora": ["default"],
        "own_keys": True,
    }
    assert with_model.get("/api/models").json()["models"] == [
        {"id": "openai:local", "default": True},
        {"id": "extractive", "default": False},
    ]
