"""Pages of other sites."""

import pytest
from guarding import EVIL, HOST, INTRANET, KEY, KEYS, LISTED, OWN, RealApp, Reply, ask, bearer, echo

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard import Guard
from assistant.web.guard.sites import parse_origin

TRICKS = [
    EVIL, "null", "", "*", f"{LISTED}.evil.example.com", f"{LISTED}@evil.example.com",
    "https://evil-listed.example.com",
    "https://listed.example.com:8443", "http://listed.example.com", f"{LISTED}/", f"{LISTED}.", LISTED.upper(),
    "https://listed_example.com", f"{EVIL}, {LISTED}", f"{LISTED} ", "file://", "https://sub.listed.example.com",
    f"{LISTED}%00.evil.example.com", f"{LISTED}\x0b", "https://listed.example.com\\.evil.example.com", "localhost",
]  # fmt: skip
PREFLIGHT = {"access_control_request_method": "POST", "access_control_request_headers": "authorization,content-type"}


@pytest.mark.parametrize("origin", TRICKS)
@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/api/sources", "/widget.js", "/api/ask"])
async def test_no_trick_gets_an_origin_reflected(real_app: RealApp, origin: str, path: str) -> None:
    app = real_app(allowed_origins=LISTED)
    for method, more in (("GET", {}), ("OPTIONS", PREFLIGHT), ("POST", {})):
        reply = await ask(app, path, method, origin=origin, **more)
        assert not [name for name in reply.headers if name.startswith("access-control-allow")]
        if method != "GET":
            assert reply.status == 403


@pytest.mark.parametrize("origin", TRICKS)
async def test_with_keys_a_foreign_page_is_nobody(origin: str) -> None:
    app = echo(api_keys=KEYS, allowed_origins=LISTED)
    for method, more in (("GET", {}), ("OPTIONS", PREFLIGHT), ("POST", {})):
        reply = await ask(app, "/api/ask", method, origin=origin, **more)
        assert reply.status == 401
        assert not [name for name in reply.headers if name.startswith("access-control-allow")]


async def test_two_origins_at_once_are_none_that_is_listed() -> None:
    reply = await ask(echo(allowed_origins=LISTED), "/api/ask", "POST", extra=[("origin", LISTED), ("origin", EVIL)])
    assert reply.status == 403
    assert "access-control-allow-origin" not in reply.headers


async def test_a_listed_page_may_ask_where_the_server_is_open(real_app: RealApp) -> None:
    app = real_app(allowed_origins=LISTED)
    preflight = await ask(app, "/api/ask", "OPTIONS", origin=LISTED, **PREFLIGHT)
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == LISTED
    assert "access-control-allow-credentials" not in preflight.headers
    reply = await ask(app, "/api/search?q=prompting", origin=LISTED)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == LISTED
    assert "Origin" in reply.headers["vary"]
    assert {"X-Request-ID", "X-Conversation-Id"} <= set(reply.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize(
    "name", ["Authorization", "Content-Type", "Accept", "Idempotency-Key", "X-Model", "X-Model-Key", "X-Model-Base-URL",
             "X-Request-ID"]
)  # fmt: skip
async def test_a_listed_page_may_send_what_the_api_reads(name: str) -> None:
    wish = PREFLIGHT | {"access_control_request_headers": name.lower()}
    app = echo(allowed_origins=LISTED)
    assert (await ask(app, "/api/ask", "OPTIONS", origin=LISTED, **wish)).status == 200
    other = wish | {"access_control_request_headers": "x-forwarded-user"}
    assert (await ask(app, "/api/ask", "OPTIONS", origin=LISTED, **other)).status == 400


def allowed(reply: Reply) -> set[str]:
    return {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}


async def test_the_preflight_of_openais_browser_client_passes() -> None:
    """As its version 5 sends it; a later one may describe itself by further headers."""
    described = ["arch", "lang", "os", "package-version", "retry-count", "runtime", "runtime-version", "timeout", "new"]
    names = ["authorization", "content-type", "user-agent", *(f"x-stainless-{name}" for name in described)]
    app = echo(allowed_origins=LISTED)
    wish = PREFLIGHT | {"access_control_request_headers": ",".join(names)}
    reply = await ask(app, "/v1/chat/completions", "OPTIONS", origin=LISTED, **wish)
    assert reply.status == 200
    assert allowed(reply) > set(names)
    for other in ("x-forwarded-user", "x-stainless", "x-stainless-a b", "ax-stainless-os"):
        wish = PREFLIGHT | {"access_control_request_headers": f"x-stainless-os, {other}"}
        reply = await ask(app, "/v1/chat/completions", "OPTIONS", origin=LISTED, **wish)
        assert reply.status == 400
        assert other not in allowed(reply)


async def test_a_listed_page_is_told_why_it_was_refused() -> None:
    app = echo(api_keys=KEYS, allowed_origins=LISTED)
    preflight = await ask(app, "/api/ask", "OPTIONS", origin=LISTED, **PREFLIGHT)
    assert preflight.status == 200
    reply = await ask(app, "/api/ask", "POST", origin=LISTED)
    assert reply.status == 401
    assert reply.headers["access-control-allow-origin"] == LISTED


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/conversations"), ("GET", "/config"), ("GET", "/"), ("POST", "/gradio_api/queue/join"), ("GET",
    "/metrics"),
     ("POST", "/v1/chat/completions"), ("DELETE", "/api/conversations/x"), ("POST", "/mcp"), ("GET",
     "/read/../config")],
)  # fmt: skip
async def test_a_listed_page_may_not_have_what_isnt_for_embedding(method: str, path: str) -> None:
    app = echo(allowed_origins=LISTED)
    assert (await ask(app, path, method, origin=LISTED)).status == 403
    assert (await ask(echo(api_keys=KEYS, allowed_origins=LISTED), path, method, origin=LISTED)).status == 401


async def test_a_program_in_a_listed_page_that_has_a_key_may_have_what_the_key_opens() -> None:
    app = echo(api_keys=KEYS, allowed_origins=LISTED)
    reply = await ask(app, "/v1/chat/completions", "POST", origin=LISTED, authorization=bearer(KEY))
    assert reply.json()["id"] == "key:alice"
    assert (await ask(app, "/api/ask", "POST", origin=EVIL, authorization=bearer(KEY))).status == 403


async def test_the_servers_own_page_may_ask() -> None:
    app = echo(public_url="https://chat.example.com/path")
    for origin in (OWN, f"https://{HOST}", "https://chat.example.com"):
        assert (await ask(app, "/gradio_api/queue/join", "POST", origin=origin)).status == 200
    for origin in ("http://127.0.0.1:7861", "http://localhost:7860", "http://chat.example.com", "null"):
        assert (await ask(app, "/gradio_api/queue/join", "POST", origin=origin)).status == 403


async def test_an_unsafe_page_of_the_same_name_is_not_the_servers_own() -> None:
    app = echo()
    assert (await ask(app, "/x", "POST", scheme="https", origin=OWN)).status == 403
    assert (await ask(app, "/x", "POST", scheme="https", origin=f"https://{HOST}")).status == 200
    assert (
        await ask(app, "/x", "POST", scheme="https", origin="https://localhost", host="localhost:443")
    ).status == 200


async def test_programs_name_no_origin_and_are_not_asked_for_one() -> None:
    assert (await ask(echo(), "/api/ask", "POST")).status == 200


@pytest.mark.parametrize(
    ("text", "origin"),
    [(LISTED, LISTED), ("HTTPS://Listed.Example.com:443", LISTED), ("http://x:80", "http://x"), ("http://x:81",
    "http://x:81"),
     ("http://[::1]:5000", "http://[::1]:5000")],
)  # fmt: skip
def test_an_origin_is_taken_as_browsers_write_it(text: str, origin: str) -> None:
    assert parse_origin(text, "ASSISTANT_ALLOWED_ORIGINS") == origin


@pytest.mark.parametrize(
    "text",
    ["*", "null", "listed.example.com", "https://*.example.com", f"{LISTED}/", f"{LISTED}/path", f"{LISTED}?x",
    f"{LISTED}#x",
     "https://a@b", "https://", "ftp://x", "https://x:0", "https://x:99999", "https://x:٣", "https://bücher.example",
     "https://x y",
     "https://x\n"],
)  # fmt: skip
def test_what_is_no_origin_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ASSISTANT_ALLOWED_ORIGINS: .* Write scheme://host"):
        parse_origin(text, "ASSISTANT_ALLOWED_ORIGINS")


def test_one_bad_origin_among_good_ones_is_told_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_ALLOWED_ORIGINS"):
        Guard.of(load_settings(allowed_origins=f"{LISTED}, *"))
    with pytest.raises(ConfigurationError, match="ASSISTANT_PUBLIC_URL"):
        Guard.of(load_settings(public_url="chat.example.com"))
    assert Guard.of(load_settings(allowed_origins=f" {LISTED} ,{INTRANET},")).origins.listed == {LISTED, INTRANET}
