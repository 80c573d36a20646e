"""Portals and their tokens."""

import json
from pathlib import Path

import jwt
import pytest
from guarding import EVIL, INTRANET, KEYS, LISTED, OTHER_SECRET, OWN, SECRET, WIKI, Reply, ask, bearer, claims, echo
from jwt.api_jws import PyJWS

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard import Guard
from assistant.web.guard.sites import Portals, mint_token

TOKEN = {"portal": "intranet", "secret": SECRET, "user": "user-7"}
OPENED = [
    ("POST", "/api/ask"), ("POST", "/api/feedback"), ("GET", "/api/sources"), ("GET", "/api/sources/x"), ("HEAD",
    "/api/search"),
    ("GET", "/api/search"), ("GET", "/read/x"), ("GET", "/widget.js"), ("GET", "/ui/x.css"), ("GET", "/embed"),
    ("GET", "/api/themes"), ("GET", "/api/themes/x"),
]  # fmt: skip
CLOSED = [
    ("GET", "/"), ("GET", "/config"), ("POST", "/gradio_api/queue/join"), ("GET", "/metrics"), ("GET",
    "/api/conversations"),
    ("POST", "/v1/chat/completions"), ("POST", "/mcp"), ("GET", "/api/ask"), ("DELETE", "/api/sources/x"), ("GET",
    "/openapi.json"),
    ("POST", "/api/search"), ("GET", "/api/sourcesx"), ("GET", "/read/"), ("GET", "/read/../config"), ("POST",
    "/api/ask/"),
    ("GET", "/api/sources/../conversations"), ("POST", "/logout"), ("GET", "/themes"), ("POST", "/api/themes"),
]  # fmt: skip


async def asked(app: object, token: str, origin: str = INTRANET, path: str = "/api/ask", method: str = "POST") -> Reply:
    return await ask(app, path, method, origin=origin, authorization=bearer(token))  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [KEYS, None])
async def test_a_portals_page_asks_for_its_user(portals: Path, keys: str | None) -> None:
    app = echo(api_keys=keys, portals=portals)
    for origin in (INTRANET, "http://127.0.0.1:9000"):
        reply = await asked(app, mint_token(**TOKEN), origin)
        assert (reply.json()["id"], reply.json()["portal"]) == ("portal:intranet:user-7", "intranet")
        assert reply.json()["how"] == "portal"
        assert reply.headers["access-control-allow-origin"] == origin


async def test_the_embedded_page_and_the_portals_server_may_use_the_token_too(portals: Path) -> None:
    app = echo(api_keys=KEYS, portals=portals)
    assert (await asked(app, mint_token(**TOKEN), OWN)).status == 200
    assert (await ask(app, "/api/ask", "POST", authorization=bearer(mint_token(**TOKEN)))).status == 200


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize("origin", [WIKI, LISTED, EVIL, "null", f"{INTRANET}:8443"])
async def test_a_token_is_good_on_its_own_portals_pages_alone(portals: Path, keys: str | None, origin: str) -> None:
    app = echo(api_keys=keys, portals=portals, allowed_origins=LISTED)
    for method, path in (("POST", "/api/ask"), ("GET", "/api/search")):
        reply = await asked(app, mint_token(**TOKEN), origin, path, method)
        assert (reply.status, reply.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize(("method", "path"), OPENED)
async def test_a_token_opens_what_an_embedded_assistant_needs(
    portals: Path, keys: str | None, method: str, path: str
) -> None:
    assert (
        await asked(echo(api_keys=keys, portals=portals), mint_token(**TOKEN), INTRANET, path, method)
    ).status == 200


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_a_token_opens_nothing_else(portals: Path, keys: str | None, method: str, path: str) -> None:
    app = echo(api_keys=keys, portals=portals)
    for origin in (INTRANET, OWN):
        reply = await asked(app, mint_token(**TOKEN), origin, path, method)
        assert reply.status == 403
        assert "portal_scope" in reply.text


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "wiki"}, {"iss": "nobody"}, {"iss": None}, {"iss": ["intranet"]}, {"aud": "other"}, {"aud": None},
        {"sub": None},
        {"sub": ""}, {"sub": "a\nb"}, {"sub": "x" * 201}, {"sub": 7}, {"sub": "\ud800"}, {"iat": None}, {"exp": None},
        {"exp": 1}, {"iat": 1}, {"exp": 4_000_000_000}, {"iat": "x"}, {"iat": True}, {"iat": float("nan")},
        {"exp": float("inf")}, {"exp": float("nan")}, {"nbf": 4_000_000_000}, {"iat": 4_000_000_000,
        "exp": 4_000_000_001},
        {"iat": -1e308, "exp": 1e308},
    ],
)  # fmt: skip
async def test_a_token_with_other_claims_is_refused(portals: Path, changed: dict[str, object]) -> None:
    token = PyJWS().encode(json.dumps(claims(changed)).encode(), SECRET)
    reply = await asked(echo(api_keys=KEYS, portals=portals), token)
    assert reply.status == 401
    assert reply.headers["access-control-allow-origin"] == INTRANET
    assert (await asked(echo(portals=portals), token)).status == 401


async def test_a_token_for_an_hour_is_good_and_a_portals_clock_may_be_ahead_a_little(portals: Path) -> None:
    app = echo(api_keys=KEYS, portals=portals)
    now = claims({})["iat"]
    assert isinstance(now, int)
    for ahead in (0, 20):
        token = jwt.encode(claims({"iat": now + ahead, "exp": now + ahead + 3600}), SECRET)
        assert (await asked(app, token)).status == 200


async def test_an_old_token_is_told_to_be_so_that_the_page_fetches_another(portals: Path) -> None:
    reply = await asked(echo(portals=portals), mint_token(**TOKEN, seconds=-1))
    assert (reply.status, reply.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize(
    "token",
    [
        "x", "a.b.c", "..", jwt.encode(claims({}), OTHER_SECRET), jwt.encode(claims({}), None, algorithm="none"),
        jwt.encode(claims({}), SECRET, algorithm="HS512"), mint_token(**TOKEN)[:-2], "e30." + "W1tb" * 900 + ".e30",
        "W1tb" * 900 + ".e30.e30",
    ],
)  # fmt: skip
async def test_a_forged_token_is_refused(portals: Path, token: str) -> None:
    for app in (echo(api_keys=KEYS, portals=portals), echo(portals=portals)):
        reply = await asked(app, token)
        assert reply.status == 401
        assert token not in reply.text


async def test_where_the_server_is_open_a_portals_page_still_needs_its_token(portals: Path) -> None:
    app = echo(portals=portals, allowed_origins=f"{LISTED},{INTRANET}")
    for headers in ({}, {"authorization": "Bearer anything"}):
        reply = await ask(app, "/api/ask", "POST", origin=INTRANET, **headers)
        assert reply.status == 401
    assert (await ask(app, "/api/ask", "POST", origin=LISTED)).status == 200
    assert (await ask(app, "/api/ask", "POST")).json()["id"] == "local"
    assert (await ask(app, "/widget.js", origin=INTRANET)).status == 200


async def test_no_cookie_speaks_for_a_portals_page(portals: Path) -> None:
    app = echo(portals=portals, proxy_user_header="X-User", trusted_proxies="10.0.0.1")
    user = {"x_user": "carol", "peer": "10.0.0.1"}
    assert (await ask(app, "/api/ask", "POST", **user)).json()["id"] == "proxy:carol"
    assert (await ask(app, "/api/ask", "POST", origin=INTRANET, **user)).status == 401
    token = bearer(mint_token(**TOKEN))
    reply = await ask(app, "/api/ask", "POST", origin=INTRANET, authorization=token, **user)
    assert reply.json()["id"] == "portal:intranet:user-7"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "is no TOML"),
        ("x = 1", "x in"),
        ('[a]\norigins = ["https://a"]', "one of secret_env and secret_file"),
        ('[a]\norigins = ["https://a"]\nsecret_env = "A"\nsecret_file = "b"', "one of secret_env and secret_file"),
        ('[a]\norigins = ["https://a"]\nsecret_env = "NOT_SET_ANYWHERE"', "variable NOT_SET_ANYWHERE is not set"),
        ('[a]\norigins = ["https://a"]\nsecret_file = "gone"', r"gone can't be read \(FileNotFoundError\)"),
        ('[a]\norigins = ["https://a"]\nsecret_file = "short"', "shorter than 32 characters"),
        ('[a]\norigins = ["https://a"]\nsecret = "0123456789-hush"', r"a\.secret in"),
        ('[a]\norigins = ["*"]\nsecret_env = "INTRANET_SECRET"', "is no origin"),
        ('[a]\norigins = []\nsecret_env = "INTRANET_SECRET"', r"a\.origins in"),
        ('[a]\norigins = [" "]\nsecret_env = "INTRANET_SECRET"', "has no origin"),
        ('["A b"]\norigins = ["https://a"]\nsecret_env = "INTRANET_SECRET"', "is no name for a portal"),
    ],
)
def test_a_file_that_cant_be_meant_is_told_without_its_secrets(portals: Path, text: str, told: str) -> None:
    (portals.parent / "short").write_text("0123456789-hush")
    portals.write_text(text)
    with pytest.raises(ConfigurationError, match=told) as refused:
        Guard.of(load_settings(portals=portals))
    assert "ASSISTANT_PORTALS" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_file_that_isnt_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ASSISTANT_PORTALS: .*gone\.toml can't be read"):
        Guard.of(load_settings(portals=tmp_path / "gone.toml"))


def test_no_secret_is_in_what_is_printed(portals: Path) -> None:
    found = Portals.of(portals)
    assert "intranet" in f"{vars(found)!r}"
    assert SECRET not in f"{vars(found)!r}"
    assert OTHER_SECRET not in f"{found['wiki']!r}"
