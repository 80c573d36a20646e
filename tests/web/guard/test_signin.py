"""Signing in with a key in a browser."""

import copy
import re
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
from fastapi import FastAPI
from guarding import EVIL, KEY, KEYS, OTHER_KEY, OWN, RealApp, Reply, ask, echo

from assistant.web.app import create_app
from assistant.web.catalog import changed
from assistant.web.guard import credentials
from assistant.web.guard.credentials import COOKIE
from assistant.web.guard.signin import TOO_MANY, WRONG, local_path

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


async def sign_in(app: FastAPI, key: str = KEY, onward: str = "/", **more: str) -> Reply:
    body = urlencode({"key": key, "next": onward}).encode()
    form = "application/x-www-form-urlencoded"
    return await ask(app, "/login", "POST", body=body, content_type=form, accept=HTML, **more)


def cookie_of(reply: Reply) -> str:
    return f"{COOKIE}={SimpleCookie(reply.headers['set-cookie'])[COOKIE].value}"


async def test_a_page_asked_for_without_a_key_is_the_sign_in_page_and_leads_back() -> None:
    app = echo(api_keys=KEYS)
    asked = await ask(app, "/read/pan-framework?start=1&end=5", accept=HTML)
    assert asked.status == 401
    assert asked.headers["www-authenticate"] == "Bearer"
    assert 'type="password"' in asked.text
    onward = re.search(r'name="next" value="([^"]+)"', asked.text)
    assert onward is not None
    signed = await sign_in(app, onward=onward[1].replace("&amp;", "&"))
    assert (signed.status, signed.headers["location"]) == (303, "/read/pan-framework?start=1&end=5")
    assert (await ask(app, "/read/pan-framework", cookie=cookie_of(signed))).json()["id"] == "key:alice"


async def test_a_program_is_not_given_a_page() -> None:
    reply = await ask(echo(api_keys=KEYS), "/read/pan-framework", accept="*/*")
    assert reply.json()["code"] == "credentials_missing"


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_names_only_the_holder(
    scheme: str, secure: bool
) -> None:
    reply = await sign_in(echo(api_keys=KEYS, session_hours=2), scheme=scheme)
    cookie = SimpleCookie(reply.headers["set-cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "lax", "/", "7200")
    assert bool(cookie["secure"]) is secure
    told = jwt.decode(cookie.value, options={"verify_signature": False})
    assert told.keys() == {"aud", "sub", "iat", "exp", "jti"}
    assert told["sub"] == "alice"
    assert told["exp"] - told["iat"] == 7200


async def test_a_wrong_key_is_told_and_not_repeated() -> None:
    reply = await sign_in(echo(api_keys=KEYS), key="<b>wrong-key-0123456789</b>")
    assert reply.status == 401
    assert WRONG in reply.text
    assert "wrong-key" not in reply.text
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("body", [b"", b"key", b"\xff\xfe", b"key=%00%ff", b"{}", b"key=" + b"x" * 100_000, b"&" * 500])
async def test_no_form_of_whatever_shape_breaks_it(body: bytes) -> None:
    reply = await ask(echo(api_keys=KEYS), "/login", "POST", body=body)
    assert reply.status == 401
    assert WRONG in reply.text


async def test_an_address_may_try_ten_times_a_minute_and_others_go_on() -> None:
    app = echo(api_keys=KEYS)
    tried = [(await sign_in(app, key="wrong", peer="10.0.0.1")).status for _ in range(10)]
    assert tried == [401] * 10
    refused = await sign_in(app, key=KEY, peer="10.0.0.1")
    assert refused.status == 429
    assert refused.headers["retry-after"] == "60"
    assert TOO_MANY in refused.text
    assert (await sign_in(app, peer="10.0.0.2")).status == 303


async def test_forged_forwarding_gives_no_further_tries() -> None:
    app = echo(api_keys=KEYS)
    tried = [
        (await sign_in(app, key="wrong", peer="10.0.0.1", x_forwarded_for=f"8.8.{n}.8")).status for n in range(200)
    ]
    assert tried == [401] * 10 + [429] * 190


async def test_a_session_ends_with_its_key_and_not_with_another() -> None:
    cookie = cookie_of(await sign_in(echo(api_keys=KEYS)))
    assert (await ask(echo(api_keys=f"alice:{KEY}"), cookie=cookie)).status == 200
    for keys in (f"bob:{OTHER_KEY}", f"alice:{OTHER_KEY}", f"alice2:{KEY}"):
        assert (await ask(echo(api_keys=keys), cookie=cookie)).status == 401


async def test_a_session_ends_after_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    app = echo(api_keys=KEYS, session_hours=1)
    earlier = time.time() - 3601
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: earlier)
        cookie = cookie_of(await sign_in(app))
    assert (await ask(app, cookie=cookie)).status == 401


async def test_a_session_of_the_future_is_none_until_the_clock_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    app, later = echo(api_keys=KEYS), time.time() + 86_400
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: later)
        cookie = cookie_of(await sign_in(app))
    assert (await ask(app, cookie=cookie)).status == 401
    assert (await ask(app, cookie=cookie_of(await sign_in(app)))).status == 200


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "e30.e30.e30", "." * 500, "e30." + "W1tb" * 900 + ".e30"])
async def test_a_made_up_cookie_is_none(value: str) -> None:
    assert (await ask(echo(api_keys=KEYS), cookie=f"{COOKIE}={value}")).status == 401


async def test_a_cookie_signed_with_anothers_key_or_with_none_is_none() -> None:
    app = echo(api_keys=KEYS)
    cookie = cookie_of(await sign_in(app, key=OTHER_KEY)).partition("=")[2]
    header, _, signature = cookie.split(".")
    alices = jwt.encode({"aud": "essay-assistant/session", "sub": "alice", "exp": 2**31}, "x" * 32).split(".")[1]
    unsigned = jwt.encode({"aud": "essay-assistant/session", "sub": "alice", "exp": 2**31}, None, algorithm="none")
    for forged in (f"{header}.{alices}.{signature}", unsigned):
        assert (await ask(app, cookie=f"{COOKIE}={forged}")).status == 401


async def test_a_cookie_is_not_taken_as_a_token_nor_the_other_way_round() -> None:
    app = echo(api_keys=KEYS)
    cookie = cookie_of(await sign_in(app)).partition("=")[2]
    assert (await ask(app, authorization=f"Bearer {cookie}")).status == 401
    assert (await ask(app, cookie=f"{COOKIE}={KEY}")).status == 401


async def test_signing_out_has_the_browser_forget() -> None:
    app = echo(api_keys=KEYS)
    cookie = cookie_of(await sign_in(app))
    page = await ask(app, "/login", cookie=cookie, accept=HTML)
    assert "Sign out" in page.text
    assert "alice" in page.text
    out = await ask(app, "/logout", "POST", cookie=cookie, origin=OWN)
    assert (out.status, out.headers["location"]) == (303, "/login")
    assert SimpleCookie(out.headers["set-cookie"])[COOKIE]["max-age"] == "0"
    assert (await ask(app, "/logout", "POST")).status == 401


async def test_a_copy_of_the_cookie_is_no_good_after_signing_out_nor_after_a_restart(real_app: RealApp) -> None:
    app = real_app(api_keys=KEYS)
    phone, laptop = cookie_of(await sign_in(app)), cookie_of(await sign_in(app))
    await ask(app, "/logout", "POST", cookie=phone, origin=OWN)
    restarted = create_app(copy.copy(app.state.web.shelf.default))
    for each in (app, restarted):
        assert (await ask(each, "/api/models", cookie=phone)).status == 401
        assert (await ask(each, "/api/models", cookie=laptop)).status == 200


async def test_another_process_soon_knows_of_it(real_app: RealApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "FRESH_SECONDS", 0)
    app = real_app(api_keys=KEYS)
    other = create_app(copy.copy(app.state.web.shelf.default))
    cookie = cookie_of(await sign_in(app))
    assert (await ask(other, "/api/models", cookie=cookie)).status == 200
    await ask(app, "/logout", "POST", cookie=cookie, origin=OWN)
    assert (await ask(other, "/api/models", cookie=cookie)).status == 401


async def test_with_a_database_that_is_damaged_signing_out_still_counts_here(
    real_app: RealApp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"no database" * 1000)
    app = real_app(api_keys=KEYS)
    served = copy.copy(app.state.web.shelf.default)
    served.settings = changed(served.settings, database_url=f"sqlite:///{damaged}")
    app = create_app(served)
    cookie = cookie_of(await sign_in(app))
    assert (await ask(app, "/api/models", cookie=cookie)).status == 200
    assert (await ask(app, "/logout", "POST", cookie=cookie, origin=OWN)).status == 303
    assert (await ask(app, "/api/models", cookie=cookie)).status == 401
    assert "this process alone" in caplog.text


async def test_no_other_site_signs_a_browser_in_or_out() -> None:
    app = echo(api_keys=KEYS, allowed_origins="https://listed.example.com")
    cookie = cookie_of(await sign_in(app, origin=OWN))
    for origin in (EVIL, "null", "https://listed.example.com"):
        assert (await sign_in(app, origin=origin)).status == 403
        assert (await ask(app, "/logout", "POST", cookie=cookie, origin=origin)).status in {401, 403}


async def test_the_form_sends_its_origin() -> None:
    """With no referrer at all, browsers send the origin of a posted form as null."""
    page = await ask(echo(api_keys=KEYS), "/login", accept=HTML)
    assert page.headers["referrer-policy"] == "same-origin"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_nobody_is_sent_round_in_circles() -> None:
    assert (await ask(echo(), "/login", accept=HTML)).headers["location"] == "/"
    assert (await ask(echo(api_keys=KEYS), "/login", accept=HTML)).status == 200
    proxied = echo(proxy_user_header="X-User", trusted_proxies="10.0.0.1")
    for path in ("/", "/login"):
        page = await ask(proxied, path, accept=HTML)
        assert "location" not in page.headers
        assert 'type="password"' not in page.text


@pytest.mark.parametrize(
    "address",
    [
        "", "https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "\\\\evil", "/a\\b", "/\tx",
        "/\n//evil",
        "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "/é", "/login", "/login/?next=/login", "/logout", " /x",
    ],
)  # fmt: skip
async def test_one_is_sent_on_only_within_the_server(address: str) -> None:
    assert local_path(address) == "/"
    assert (await sign_in(echo(api_keys=KEYS), onward=address)).headers["location"] == "/"


@pytest.mark.parametrize("address", ["/", "/read/x?start=1&end=2#cited", "/loginx", "/library"])
def test_a_page_of_the_server_is_gone_on_to(address: str) -> None:
    assert local_path(address) == address
