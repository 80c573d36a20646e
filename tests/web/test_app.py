"""The served application, as a program or another site meets it."""

import hashlib
import re

import httpx
import pytest

from assistant import Assistant


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


def test_the_server_says_that_it_lives(address: str) -> None:
    assert httpx.get(f"{address}healthz").json() == {"status": "ok"}
