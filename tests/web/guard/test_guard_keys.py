"""API keys as they are set, and as they are given."""

import hashlib

import pytest
from guarding import KEY, KEYS, OTHER_KEY, ask, bearer, echo

from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.web.guard import Guard


async def test_whoever_has_a_key_is_known_by_its_name() -> None:
    app = echo(api_keys=KEYS)
    for key, name in ((KEY, "alice"), (OTHER_KEY, "bob")):
        reply = await ask(app, authorization=bearer(key))
        assert reply.json() == {"id": f"key:{name}", "how": "key", "portal": None, "client": "127.0.0.1"}


async def test_a_key_may_be_set_by_its_hash_and_is_then_nowhere_on_the_server() -> None:
    app = echo(api_keys=f"carol:sha256:{hashlib.sha256(KEY.encode()).hexdigest().upper()}")
    assert (await ask(app, authorization=bearer(KEY))).json()["id"] == "key:carol"
    assert (await ask(app, authorization=bearer(hashlib.sha256(KEY.encode()).hexdigest()))).status == 401


async def test_while_a_key_is_replaced_both_work() -> None:
    app = echo(api_keys=f"alice:{KEY},alice:{OTHER_KEY}")
    assert [(await ask(app, authorization=bearer(key))).json()["id"] for key in (KEY, OTHER_KEY)] == ["key:alice"] * 2


@pytest.mark.parametrize(
    "given",
    [
        "Bearer", "Bearer ", "Bearer wrong", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Basic {KEY}", KEY,
        f"Bearer {KEY.upper()}", f"Bearer alice:{KEY}", "Bearer \xe9\xe9", f"Bearer {KEY} {KEY}",
    ],
)  # fmt: skip
async def test_anything_else_is_a_401_that_repeats_nothing(given: str) -> None:
    reply = await ask(echo(api_keys=KEYS), authorization=given)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert KEY not in reply.text
    assert not any(len(word) > 6 and word in reply.text for word in given.split())
    assert set(reply.json()) == {"type", "title", "status", "detail", "code", "request_id"}


async def test_two_authorizations_are_one_too_many() -> None:
    twice = [("authorization", bearer(KEY)), ("authorization", bearer("wrong"))]
    assert (await ask(echo(api_keys=KEYS), extra=twice)).status == 401


async def test_the_openai_face_refuses_in_its_own_form() -> None:
    reply = await ask(echo(api_keys=KEYS), "/v1/models", authorization=bearer("wrong"))
    assert reply.status == 401
    assert reply.json()["error"]["type"] == "authentication_error"


async def test_where_no_key_is_set_any_will_do() -> None:
    reply = await ask(echo(), authorization=bearer("not-needed"))
    assert reply.json()["id"] == "local"


async def test_what_a_caller_gets_no_shared_cache_keeps() -> None:
    assert (await ask(echo(api_keys=KEYS), authorization=bearer(KEY))).headers["cache-control"] == "private"
    assert "cache-control" not in (await ask(echo())).headers


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("alice:tooshort", "under 16 characters"),
        (KEY, "no name"),
        (f"alice:{KEY},", "entry 2"),
        (",", "entry 1"),
        (f":{KEY}", "no name"),
        (f"al ice:{KEY}", "no name"),
        (f"sha256:{'a' * 64}", "no name"),
        ("alice:sha256:abc", "64 hex digits"),
        ("alice:clé-0123456789abcdef", "no header takes"),
        (f"alice:{KEY} {KEY}", "no header takes"),
    ],
)
def test_keys_that_cant_be_meant_are_told_without_being_shown(keys: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        Guard.of(load_settings(api_keys=keys))
    assert "ASSISTANT_API_KEYS" in str(refused.value)
    assert KEY not in str(refused.value)
    assert "tooshort" not in str(refused.value)


def test_no_secret_is_in_what_is_printed_of_the_guard() -> None:
    guard = Guard.of(load_settings(api_keys=KEYS))
    printed = f"{guard!r} {guard.keys.named('alice')!r} {vars(guard.keys)!r}"
    assert "alice" in printed
    for key in (KEY, OTHER_KEY):
        assert key not in printed
        assert hashlib.sha256(key.encode()).hexdigest() not in printed
