"""Under which names the server answers."""

import pytest
from guarding import KEY, KEYS, ask, echo

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard import Guard

FOREIGN = [
    "evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil.example.com:7860", "127.0.0.1@evil", "0.0.0.0",
    "", "localhost.", " ", "[::2]", "[::1", "127.0.0.1:x", "127.0.0.1/x", "127.0.0.1 ", "evil.example.com, localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_name_that_was_pointed_at_this_machine_gets_nothing(host: str) -> None:
    for path in ("/", "/login", "/api/ask", "/healthz/", "/readyz/x"):
        reply = await ask(echo(), path, host=host)
        assert (reply.status, reply.json()["code"]) == (421, "wrong_host")
        assert "evil" not in reply.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:7860", "[::1]", "[::1]:80"])
async def test_this_machines_names_are_good_on_any_port(host: str) -> None:
    assert (await ask(echo(), host=host)).status == 200


async def test_the_address_listened_on_is_a_name() -> None:
    assert (await ask(echo(host="127.0.0.2"), host="127.0.0.2:80")).status == 200
    assert (await ask(echo(), host="127.0.0.2:80")).status == 421


async def test_two_hosts_or_none_are_refused() -> None:
    assert (await ask(echo(), extra=[("host", "localhost")])).status == 421
    assert (await ask(echo(allowed_hosts="localhost"), host="127.0.0.1")).status == 421


async def test_where_other_machines_are_let_in_any_name_is_good_until_some_are_set() -> None:
    public = {"host": "0.0.0.0", "allow_public": True}
    assert (await ask(echo(**public), host="chat.example.com")).status == 200
    app = echo(**public, allowed_hosts="chat.example.com, 10.0.0.5:80", public_url="https://ask.example.com/x")
    names = ["Chat.example.com", "chat.example.com:8080", "10.0.0.5:80", "ask.example.com"]
    assert [(await ask(app, host=host)).status for host in names] == [200] * 4
    others = ["10.0.0.5:81", "localhost", "evil.example.com", "x.chat.example.com"]
    assert [(await ask(app, host=host)).status for host in others] == [421] * 4


async def test_who_asks_is_told_before_under_which_name() -> None:
    assert (await ask(echo(api_keys=KEYS), host="evil.example.com")).status == 401
    assert (await ask(echo(api_keys=KEYS), "/login", host="evil.example.com")).status == 421


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_reaches_the_server_under_any_name_and_is_nobody(path: str) -> None:
    for app in (echo(), echo(api_keys=KEYS)):
        for host in ("10.42.0.7:7860", *FOREIGN):
            reply = await ask(app, path, host=host, authorization=f"Bearer {KEY}")
            assert (reply.status, reply.json()["id"]) == (200, "nobody")
    assert (await ask(echo(), path, "HEAD", host="10.42.0.7:7860")).status == 200
    assert (await ask(echo(), path, "POST", host="10.42.0.7:7860")).status == 421


@pytest.mark.parametrize("names", ["https://chat.example.com", "*", "*.example.com", "chat.example.com/x", "a b"])
def test_names_that_are_none_are_told(names: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_ALLOWED_HOSTS"):
        Guard.of(load_settings(allowed_hosts=names))
