"""The guard in a real process, over real sockets."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from guarding import EVIL, KEY, KEYS
from serving import serving

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard.credentials import COOKIE
from assistant.web.server import refuse_public, serve

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def closed(index_dir: Path) -> Iterator[str]:
    """Where the application is served with keys, with a slash at the end."""
    with serving(api_keys=KEYS) as (_, told):
        yield told


def raw(address: str, request: str) -> str:
    """The first line of the reply to a request that no client would tidy."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        return connection.makefile("rb").readline().decode().strip()


def test_someone_signs_in_and_has_the_chat(closed: str) -> None:
    with httpx.Client(base_url=closed, headers=HTML, follow_redirects=True) as browser:
        asked = browser.get("/library")
        assert asked.status_code == 401
        assert "Sign in" in asked.text
        own = closed.rstrip("/")
        wrong = browser.post("/login", data={"key": "wrong", "next": "/"}, headers={"Origin": own})
        assert wrong.status_code == 401
        chat = browser.post("/login", data={"key": KEY, "next": "/"}, headers={"Origin": own})
        assert (chat.status_code, chat.url.path) == (200, "/")
        assert COOKIE in browser.cookies
        assert browser.get("/config").status_code == 200
        assert browser.post("/api/ask", json={"question": "Hi"}, headers={"Origin": EVIL}).status_code == 403
        browser.post("/logout", headers={"Origin": own})
        assert browser.get("/config", headers={"Accept": "*/*"}).status_code == 401


@pytest.mark.parametrize(
    "line",
    [
        "GET /config", "GET //healthz", "GET /healthz/../config", "GET /ui/%2e%2e/config", "GET /ui/..%2fconfig",
        "GET /%2fhealthz",
        "GET /ui/../config", "GET http://127.0.0.1/config", "GET http://x/healthz/../config", "OPTIONS *",
        "TRACE /healthz",
        "HEAD /config", "GET /healthz%00", "GET /login%2f..%2fconfig", "GET /ui%2f..%2fconfig", "POST /healthz",
        "GET /embed%3f",
    ],
)  # fmt: skip
def test_no_trick_with_a_request_line_gets_in(closed: str, line: str) -> None:
    told = raw(closed, f"{line} HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 0\nConnection: close")
    assert told.split()[1] in {"400", "401", "404"}, told
    assert "ui" in line or told.split()[1] != "404"


def test_a_websocket_is_refused(closed: str) -> None:
    told = raw(
        closed,
        "GET /gradio_api/queue/join HTTP/1.1\nHost: 127.0.0.1\nConnection: Upgrade\nUpgrade: websocket\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    assert told.split()[1] == "403"


def test_a_name_pointed_at_this_machine_gets_nothing(address: str) -> None:
    assert httpx.get(address, headers={"Host": "evil.example.com"}).status_code == 421
    assert httpx.get(address).status_code == 200


def test_forged_forwarding_is_not_believed(closed: str) -> None:
    """Each of 200 sign-ins claims another address, and still they count as one address's."""
    began = time.monotonic()
    with httpx.Client(base_url=closed) as client:
        tried = [
            client.post("/login", data={"key": "wrong"}, headers={"X-Forwarded-For": f"203.0.{n}.1"}).status_code
            for n in range(200)
        ]
    minutes = (time.monotonic() - began) / 60
    assert set(tried) <= {401, 429}
    assert tried.count(401) <= 10 * (minutes + 1)


@pytest.mark.parametrize(
    "settings",
    [
        {"api_keys": KEYS},
        {"proxy_user_header": "X-User", "trusted_proxies": "10.0.0.5"},
        {"allow_public": True},
    ],
)
def test_other_machines_are_let_in_where_someone_is_known_or_a_setting_says_so(settings: dict[str, object]) -> None:
    refuse_public(load_settings(host="0.0.0.0", **settings))


@pytest.mark.parametrize("settings", [{}, {"trusted_proxies": "10.0.0.5"}, {"allowed_hosts": "chat.example.com"}])
def test_other_machines_are_not_let_in_otherwise_and_the_choices_are_named(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        refuse_public(load_settings(host="0.0.0.0", **settings))
    for choice in ("ASSISTANT_API_KEYS", "ASSISTANT_TRUSTED_PROXIES", "ASSISTANT_ALLOW_PUBLIC", "127.0.0.1"):
        assert choice in str(refused.value)


def test_a_setting_that_cant_be_meant_is_told_before_anything_is_loaded() -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_API_KEYS"):
        serve(load_settings(api_keys="alice:short", index="/nowhere"))
