"""``/docs`` and ``/openapi.json``."""

import html
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from thread_server import served_here

from assistant import Assistant
from assistant.types import Answer
from assistant.web.app import create_app

DESCRIBED = {
    ("/api/ask", "post"),
    ("/api/search", "get"),
    ("/api/models", "get"),
    ("/api/sources", "get"),
    ("/api/sources/{source_id}", "get"),
    ("/api/themes", "get"),
    ("/api/themes/{theme_id}", "get"),
    ("/api/feedback", "post"),
    ("/api/conversations", "get"),
}


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(path, method): each for path, item in document["paths"].items() for method, each in item.items()}


def test_the_routes_are_described_in_plain_words_with_their_errors(document: dict[str, Any]) -> None:
    assert set(operations(document)) >= DESCRIBED
    for (path, _), operation in operations(document).items():
        if not path.startswith("/api/"):
            continue
        assert re.match(r"[A-Z][a-z]+ .*[^.]$", operation["summary"]), operation["summary"]
        for code, reply in operation["responses"].items():
            if code == "default" or int(code) >= 400:
                assert list(reply["content"]) == ["application/problem+json"], (path, code)
        assert {"401", "422", "503", "default"} <= set(operation["responses"])


def test_the_example_is_an_answer_as_it_is_given(document: dict[str, Any], client: httpx.Client) -> None:
    content = document["paths"]["/api/ask"]["post"]["responses"]["200"]["content"]
    answer = Answer.model_validate(content["application/json"]["example"])
    asked = client.post("/api/ask", json={"question": answer.question}).json()
    assert (answer.answer, [c.model_dump() for c in answer.citations]) == (asked["answer"], asked["citations"])
    assert answer.citations
    assert re.findall(r"^event: (\w+)$", content["text/event-stream"]["example"], re.MULTILINE) == [
        "passages", "token", "citations", "done",
    ]  # fmt: skip


def test_credentials_and_own_keys_are_told(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"key", "session"}
    names = {each["name"] for each in document["paths"]["/api/ask"]["post"]["parameters"]}
    assert names >= {"X-Model-Key", "X-Model", "X-Model-Base-URL"}


class Watched(Assistant):
    """Does something else before it answers."""

    before: Callable[[], None]

    def ask(self, *question: Any, **options: Any) -> Answer:
        self.before()
        return super().ask(*question, **options)


def test_the_example_is_made_once_while_the_server_goes_on_answering(index_dir: Path) -> None:
    made: list[int] = []
    others: list[Future[httpx.Response]] = []
    again = threading.Event()
    with (
        Watched() as watched,
        served_here(lambda: create_app(watched)) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
        ThreadPoolExecutor() as readers,
    ):

        def before() -> None:
            made.append(client.get("healthz").status_code)
            if len(made) > 1:
                again.set()
                return
            others.append(readers.submit(client.get, "openapi.json"))
            again.wait(1)  # a second one would be begun by then

        watched.before = before
        first = client.get("openapi.json").json()
        assert others[0].result().json() == first
        assert client.head("openapi.json").status_code == 200
    assert made == [200]


def test_the_page_tells_every_operation_in_its_group_with_an_example(
    document: dict[str, Any], client: httpx.Client
) -> None:
    page = client.get("/docs", headers={"Accept": "text/html"})
    assert len(page.content) < 400_000
    for (path, method), operation in operations(document).items():
        anchor = f"{method}{path}".replace("/", "-").replace("{", "").replace("}", "")
        told = page.text.partition(f'<article id="{anchor}">')[2].partition("</article>")[0]
        assert html.escape(operation["summary"], quote=False)[:40] in html.unescape(told).replace("<code>", "`"), path
        assert '<h4>Request</h4>\n<pre tabindex="0">curl' in told
        assert operation["tags"] != ["Other"]
        assert f"<h2>{operation['tags'][0]}</h2>" in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
