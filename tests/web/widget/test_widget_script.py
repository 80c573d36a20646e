"""``/widget.js`` as it is sent."""

import gzip
import re

import httpx
import pytest
from fastapi import FastAPI

from assistant.errors import Problem
from assistant.web.pages.embed import LATER, ORDER, PARTS, packed, part, script, widget_routes

MOST_BYTES = 20_000


@pytest.fixture
async def client() -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(widget_routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


def test_it_is_under_20_kilobytes_compressed() -> None:
    assert len(packed(script()).compressed) < MOST_BYTES
    assert max(len(packed(part(name)).compressed) for name in LATER) < MOST_BYTES / 10


async def test_it_arrives_compressed_and_a_browser_that_has_it_is_told_so(client: httpx.AsyncClient) -> None:
    first = await client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"].startswith("text/javascript")
    assert "must-revalidate" in first.headers["cache-control"]
    assert first.text == script()
    again = await client.get("/widget.js", headers={"If-None-Match": f"W/{first.headers['etag']}"})
    assert (again.status_code, again.content) == (304, b"")
    german = await client.get("/widget.js?part=de", headers={"Accept-Encoding": "gzip"})
    assert german.text == part("de")
    assert german.headers["etag"] != first.headers["etag"]
    with pytest.raises(Problem, match="no such part"):
        await client.get("/widget.js?part=../de")
    plain = await client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == gzip.decompress(packed(script()).compressed)


def test_it_is_one_script_that_parses_no_html_and_makes_no_code() -> None:
    text = script() + "".join(map(part, LATER))
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|\beval\b|new Function", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)\w", text)
    assert {path.stem for path in PARTS.glob("*.js")} == {*ORDER, *LATER}


def test_german_says_all_that_english_says() -> None:
    english, german = ((PARTS / name).read_text(encoding="utf-8") for name in ("texts.js", "de.js"))
    keys = re.compile(r"^ +(\w+):", re.MULTILINE)
    assert [key for key in keys.findall(english) if key != "en"] == keys.findall(german)
    assert len(keys.findall(german)) > 50
