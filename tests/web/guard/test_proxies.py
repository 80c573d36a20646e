"""Reverse proxies: who is believed."""

import pytest
from guarding import KEY, KEYS, ask, bearer, echo

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard import Guard

PROXY = {"proxy_user_header": "X-Forwarded-User", "trusted_proxies": "10.0.0.5, 10.1.0.0/16, fd00::/8"}


@pytest.mark.parametrize("peer", ["10.0.0.5", "10.1.200.3", "fd00::1", "::ffff:10.0.0.5"])
async def test_a_trusted_proxy_names_the_user(peer: str) -> None:
    reply = await ask(echo(**PROXY), peer=peer, x_forwarded_user="carol@example.com")
    assert (reply.json()["id"], reply.json()["how"]) == ("proxy:carol@example.com", "proxy")


@pytest.mark.parametrize("peer", ["10.0.0.6", "10.2.0.1", "127.0.0.1", "::1", "testclient", ""])
async def test_from_anyone_else_the_header_is_a_401(peer: str) -> None:
    for more in (
        {},
        {"x_forwarded_for": "10.0.0.5"},
        {"x_forwarded_for": "10.0.0.5, 10.0.0.5", "forwarded": "for=10.0.0.5"},
    ):
        assert (await ask(echo(**PROXY), peer=peer, x_forwarded_user="carol", **more)).status == 401


async def test_a_proxy_that_names_nobody_lets_nobody_in() -> None:
    for more in ({}, {"x_forwarded_user": ""}):
        assert (await ask(echo(**PROXY), peer="10.0.0.5", **more)).status == 401


@pytest.mark.parametrize("user", ["a\tb", "x" * 201, " \x7f"])
async def test_a_name_that_can_be_no_users_is_refused(user: str) -> None:
    assert (await ask(echo(**PROXY), peer="10.0.0.5", x_forwarded_user=user)).status == 401


async def test_two_names_are_refused_and_one_beyond_ascii_is_read() -> None:
    twice = [("x-forwarded-user", "carol"), ("x-forwarded-user", "root")]
    assert (await ask(echo(**PROXY), peer="10.0.0.5", extra=twice)).status == 401
    assert (await ask(echo(**PROXY), peer="10.0.0.5", x_forwarded_user="zoë")).json()["id"] == "proxy:zoë"


async def test_a_proxys_user_and_a_keys_holder_of_the_same_name_are_two() -> None:
    app = echo(**PROXY, api_keys=KEYS)
    assert (await ask(app, peer="10.0.0.5", x_forwarded_user="alice")).json()["id"] == "proxy:alice"
    assert (await ask(app, peer="10.9.9.9", authorization=bearer(KEY))).json()["id"] == "key:alice"


async def test_the_client_is_who_a_trusted_proxy_says_and_the_last_hop_otherwise() -> None:
    app = echo(trusted_proxies="10.0.0.5")
    forged = "1.1.1.1, 203.0.113.9"
    assert (await ask(app, peer="10.0.0.5", x_forwarded_for=forged)).json()["client"] == "203.0.113.9"
    assert (await ask(app, peer="203.0.113.7", x_forwarded_for=forged)).json()["client"] == "203.0.113.7"
    assert (await ask(echo(), peer="127.0.0.1", x_forwarded_for=forged)).json()["client"] == "127.0.0.1"


async def test_https_is_believed_of_a_trusted_proxy_alone() -> None:
    app = echo(trusted_proxies="10.0.0.5")
    for peer, told in (("10.0.0.5", True), ("10.0.0.6", False)):
        reply = await ask(app, peer=peer, x_forwarded_proto="https")
        assert ("strict-transport-security" in reply.headers) is told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"proxy_user_header": "X-User"}, "Set ASSISTANT_TRUSTED_PROXIES"),
        ({"proxy_user_header": "X-User", "trusted_proxies": " , "}, "Set ASSISTANT_TRUSTED_PROXIES"),
        ({"proxy_user_header": "Cookie", "trusted_proxies": "10.0.0.5"}, "can't name a user"),
        ({"proxy_user_header": "X User", "trusted_proxies": "10.0.0.5"}, "can't name a user"),
        ({"trusted_proxies": "*"}, "is no address or network"),
        ({"trusted_proxies": "proxy.example.com"}, "is no address or network"),
        ({"trusted_proxies": "0.0.0.0/0"}, "would trust everyone"),
        ({"trusted_proxies": "10.0.0.5, ::/0"}, "would trust everyone"),
    ],
)
def test_settings_that_would_trust_anyone_are_told(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Guard.of(load_settings(**settings))
