"""The served application, as a program or another site meets it."""

import hashlib
import re

import httpx
import pytest

from assistant import Assistant
from assistant.errors import Problem
from assistant.web.asking import How, Principal
from assistant.web.chat import OnlyThePage


def test_a_source_is_given_with_the_text_its_offsets_count_in(address: str, assistant: Assistant) -> None:
    essay = assistant.essays["pan-framework"]
    found = httpx.get(f"{address}api/sources/pan-framework").json()
    assert list(found) == ["id", "title", "author", "publisher", "published", "url", "kind", "sha256", "text"]
    assert found["text"] == essay.text
    assert found["sha256"] == hashlib.sha256(found["text"].encode()).hexdigest()
    assert found["kind"] == "notes"


def test_an_unknown_source_is_a_404_that_names_the_known(address: str) -> None:
    reply = httpx.get(f"{address}api/sources/nothing")
    assert reply.status_code == 404
    assert "pan-framework" in reply.json()["detail"]


@pytest.mark.parametrize("path", ["", "read/pan-framework", "read/nothing"])
def test_every_page_refuses_foreign_frames_scripts_and_sniffing(address: str, path: str) -> None:
    headers = httpx.get(address + path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["", "config", "gradio_api/info", "api/sources/pan-framework"])
def test_no_foreign_origin_is_let_in(address: str, origin: str, path: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for reply in (httpx.get(address + path, headers=asked), httpx.options(address + path, headers=asked)):
        assert "access-control-allow-origin" not in reply.headers


def test_files_cant_be_put_on_the_server(address: str) -> None:
    assert httpx.post(f"{address}gradio_api/upload", files={"files": b"hello"}).status_code >= 400


@pytest.mark.parametrize(
    "path",
    [
        "deep_link?session_hash=a", "upload_progress?upload_id=1", "file=/etc/passwd", "proxy=http://127.0.0.1/",
        "openapi.json", "token", "queue/status", "stream/a/b/3/playlist.m3u8", "run-history/records", "vibe-code",
        "dev/reload",
    ],
)  # fmt: skip
def test_what_gradio_serves_beside_its_page_is_closed(address: str, path: str) -> None:
    reply = httpx.get(f"{address}gradio_api/{path}")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["upload", "component_server", "run/predict", "api/x", "call/x", "process_recording", "vibe-edit"]
)
def test_what_gradio_takes_beside_the_pages_events_is_closed(address: str, path: str) -> None:
    assert httpx.post(f"{address}gradio_api/{path}", json={}).json()["code"] == "not_found"


JOIN = {"data": [], "fn_index": 0, "session_hash": "mine"}


@pytest.mark.parametrize("path", ["queue/join", "cancel", "reset"])
@pytest.mark.parametrize("body", [b"words", b"[]", b"\xff\xfe", b"", b'"a"'])
def test_a_body_the_page_never_sends_is_a_problem(address: str, path: str, body: bytes) -> None:
    for kind in ("text/plain", "application/json"):
        reply = httpx.post(f"{address}gradio_api/{path}", content=body, headers={"Content-Type": kind})
        assert 400 <= reply.status_code < 500
        assert reply.json()["request_id"]


@pytest.mark.parametrize("wrong", [{"fn_index": 999}, {"fn_index": "0"}, {"data": None}, {"session_hash": "a/b"}])
def test_an_event_the_page_does_not_have_is_a_problem(address: str, wrong: dict[str, object]) -> None:
    assert httpx.post(f"{address}gradio_api/queue/join", json=JOIN | wrong).status_code == 422


async def test_a_session_belongs_to_the_caller_who_opened_it() -> None:
    async def served(*_: object) -> None:
        """Stands for Gradio."""

    page = OnlyThePage(served, {0})

    async def asks(caller: str, path: str, method: str = "GET", how: How = "key", peer: str = "10.0.0.1") -> None:
        state = {"principal": Principal(id=caller, how=how, address=peer), "json": JOIN}
        query = b"session_hash=mine"
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": [], "state": state}
        await page(scope, served, served)  # type: ignore[arg-type]

    await asks("key:ann", "/gradio_api/queue/join", "POST")
    await asks("key:ann", "/gradio_api/queue/data", peer="10.0.0.2")
    for path, method in (("queue/data", "GET"), ("heartbeat/mine", "GET"), ("queue/join", "POST"), ("cancel", "POST")):
        with pytest.raises(Problem, match="another caller"):
            await asks("key:bob", f"/gradio_api/{path}", method)
    with pytest.raises(Problem, match="another caller"):
        await asks("open", "/gradio_api/queue/data", how="open")


def test_the_page_has_gradios_reports_and_footer_switched_off(address: str) -> None:
    config = httpx.get(f"{address}config").json()
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []


@pytest.mark.parametrize("accepted", ["identity", "gzip, br"])
def test_the_page_names_no_other_site_and_invites_to_no_other_app(address: str, accepted: str) -> None:
    page = httpx.get(address, headers={"Accept-Encoding": accepted}).text
    assert {url for url in re.findall(r"https?://[^\s\"'<\\]+", page) if not f"{url}/".startswith(address)} == set()
    assert re.findall(r'<meta[^>]+"(?:og|twitter):', page) == []
    assert page.rstrip().endswith("</html>")


def test_nothing_of_the_page_is_offered_to_programs_as_an_endpoint(address: str) -> None:
    assert httpx.get(f"{address}gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_a_person_gets_a_page_for_a_lost_address_and_a_program_a_problem(address: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("nothing", "a/b/c", "gradio_api/../x"):
        page = httpx.get(address + path, headers=browser)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert page.headers["x-request-id"] in page.text
        assert "Essay Assistant" in page.text
        assert "unsafe" not in page.headers["content-security-policy"]
    for path, accept in {"nothing": "*/*", "api/nothing": browser["Accept"], "v1/nothing": browser["Accept"]}.items():
        reply = httpx.get(address + path, headers={"Accept": accept})
        assert (reply.status_code, reply.headers["content-type"].partition(";")[0][-4:]) == (404, "json")


def test_the_server_says_that_it_lives(address: str) -> None:
    assert httpx.get(f"{address}healthz").json() == {"status": "ok"}
