"""What the browser is told not to do."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from guarding import INTRANET, KEYS, LISTED, WIKI, RealApp, Reply, ask, guarded


def pages(**settings: object) -> FastAPI:
    """A guarded application whose every path is an HTML page."""
    app = guarded(**settings)

    @app.api_route("/{path:path}", methods=["GET"])
    async def page() -> HTMLResponse:
        return HTMLResponse("<p>Hello</p>")

    return app


def ancestors(reply: Reply) -> set[str]:
    policy = reply.headers["content-security-policy"]
    assert policy.count("frame-ancestors") == 1
    (found,) = [part.split()[1:] for part in policy.split(";") if part.split()[0] == "frame-ancestors"]
    return set(found)


async def test_only_the_embedded_pages_may_be_framed_and_only_by_the_listed(portals: Path) -> None:
    app = pages(portals=portals, allowed_origins=LISTED)
    everyone = {"'self'", LISTED, INTRANET, WIKI, "http://127.0.0.1:9000"}
    for path, allowed in {
        "/embed": everyone,
        "/read/pan-framework": everyone,
        "/embed?portal=wiki": {"'self'", WIKI},
        "/embed?lang=de&portal=wiki": {"'self'", WIKI},
        "/embed?portal=nobody": {"'self'"},
        "/embed?portal=": {"'self'"},
        "/embed?portal=wiki&portal=intranet": {"'self'"},
        "/embed?portal=wiki;script-src%20*": {"'self'"},
        "/": {"'self'"},
        "/?portal=wiki": {"'self'"},
        "/library": {"'self'"},
        "/themes": {"'self'"},
        "/embed/": {"'self'"},
        "/readx": {"'self'"},
        "/config": {"'self'"},
    }.items():
        assert ancestors(await ask(app, path)) == allowed, path


async def test_an_isolated_page_may_frame_the_embedded_pages(portals: Path) -> None:
    app = pages(portals=portals, allowed_origins=LISTED)
    found = {}
    for path in ("/embed", "/read/pan-framework", "/embed?portal=nobody", "/", "/library"):
        headers = (await ask(app, path)).headers
        found[path] = headers.get("cross-origin-embedder-policy"), headers["cross-origin-resource-policy"]
    isolated = ("require-corp", "cross-origin")
    ours = (None, "same-origin")
    closed = ("require-corp", "same-origin")
    assert list(found.values()) == [isolated, isolated, closed, ours, ours]


@pytest.mark.parametrize(
    "query", ["", "?portal=wiki", "?portal=nobody", "?portal=", "?portal=wiki&portal=intranet", "?portal=wiki&lang=de"]
)
async def test_the_embedded_page_talks_with_those_who_may_frame_it(
    real_app: RealApp, portals: Path, query: str
) -> None:
    reply = await ask(real_app(portals=str(portals), allowed_origins=LISTED), f"/embed{query}")
    (talks_with,) = re.findall(r'data-origins="([^"]*)"', reply.text)
    assert {"'self'", *talks_with.split()} == ancestors(reply)


@pytest.mark.parametrize(
    "path", ["/", "/read/pan-framework", "/read/nothing", "/library", "/themes", "/login", "/docs", "/nothing"]
)
async def test_every_page_of_the_real_application_says_who_may_frame_it(real_app: RealApp, path: str) -> None:
    open_app = real_app()
    for app in (open_app, real_app(api_keys=KEYS)):
        reply = await ask(app, path, accept="text/html")
        if reply.headers.get("content-type", "").startswith("text/html"):
            assert ancestors(reply) == {"'self'"}
            assert ('class="tool account"' in reply.text) == (app is not open_app)
        else:
            assert reply.status in {303, 404}


async def test_the_embedded_page_runs_nothing_but_the_servers_own_files() -> None:
    policy = (await ask(pages(), "/embed")).headers["content-security-policy"]
    rules = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == ["'self'"]
    assert rules["require-trusted-types-for"] == ["'script'"]
    assert "unsafe" not in policy


async def test_only_the_widget_and_its_files_may_be_loaded_by_other_sites(real_app: RealApp) -> None:
    app = real_app()
    for path, shared in {"/widget.js": True, "/ui/tokens.css": True, "/": False, "/api/sources": False}.items():
        policy = (await ask(app, path)).headers["cross-origin-resource-policy"]
        assert policy == ("cross-origin" if shared else "same-origin"), path


async def test_every_reply_has_the_quiet_headers_a_refusal_too() -> None:
    for app, path in ((pages(), "/"), (pages(api_keys=KEYS), "/api/ask"), (pages(), "/login")):
        headers = (await ask(app, path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["referrer-policy"] in {"no-referrer", "same-origin"}


async def test_https_is_remembered_where_it_was_used() -> None:
    assert "max-age=" in (await ask(pages(), scheme="https")).headers["strict-transport-security"]
    assert "strict-transport-security" not in (await ask(pages())).headers
