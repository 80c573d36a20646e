"""A caller's own key: used for that request, and found nowhere afterwards."""

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from chat_server import Body, ChatServer, CutOff, quoting, saying
from running import QUESTION, application, ask, events
from serving import as_set, serving

from assistant.corpus.addresses import Policy
from assistant.web import app
from assistant.web.catalog import Reach

CANARY = "sk-canary-7f3a9c41d2e8"


def port_of(chat: ChatServer) -> int:
    port = httpx.URL(chat.address).port
    assert port is not None
    return port


def loopback(chat: ChatServer) -> Reach:
    """The strict reach, but the test's own server is let in, without TLS."""
    policy = Policy(allowed=lambda ip: ip.is_loopback, ports=frozenset({port_of(chat)}), seconds=5)
    return Reach(policy, frozenset({"http"}), {"openai": chat.address})


@pytest.fixture(scope="module")
def client(chat: ChatServer) -> Iterator[httpx.Client]:
    with application(loopback(chat)) as served:
        yield served


def own(chat: ChatServer | None = None, **more: str) -> dict[str, str]:
    headers = {"X-Model-Key": CANARY, "X-Model": "openai:theirs"}
    return headers | ({"X-Model-Base-URL": chat.address} if chat else {}) | more


@pytest.mark.parametrize("named", [True, False])
def test_the_callers_model_answers_with_the_callers_key(client: httpx.Client, chat: ChatServer, named: bool) -> None:
    chat.keys.clear()
    answer = ask(client, headers=own(chat if named else None)).json()
    assert (answer["model"], answer["notices"][:1]) != ("extractive", [])
    assert answer["model"] == "openai:theirs"
    assert set(chat.keys) == {f"Bearer {CANARY}"}
    assert ask(client).json()["model"] == "extractive"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Model-Key": CANARY},
        {"X-Model": "openai:theirs"},
        {"X-Model-Base-URL": "https://models.example.com/v1"},
        own(**{"X-Model": "ollama:llama"}),
        own(**{"X-Model": "theirs"}),
        own(**{"X-Model": "openai:"}),
        own(**{"X-Model": "openai:a b"}),
        own(**{"X-Model": "openai:" + "a" * 200}),
        own(**{"X-Model-Key": f"{CANARY} x"}),
        own(**{"X-Model-Key": CANARY * 30}),
        own(**{"X-Model": "anthropic:claude", "X-Model-Base-URL": "https://models.example.com/v1"}),
    ],
)
def test_headers_that_cant_be_used_are_a_problem_that_repeats_nothing(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    reply = ask(client, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (422, "own_key_unusable")
    assert all(value not in reply.text for value in (CANARY, "theirs", "example.com"))


def test_a_server_that_takes_no_keys_says_so(index_dir: Path) -> None:
    with application(own_keys=False) as served:
        reply = ask(served, headers=own())
        assert (reply.status_code, reply.json()["code"]) == (403, "own_keys_off")
        assert served.get("/api/models").json()["own_keys"] is False


def cut(body: Body) -> Iterator[str]:
    yield from quoting(0, 1)(body)
    raise CutOff


def echoing(body: Body) -> Iterator[str]:
    yield f"Your key is {CANARY}. "


def stalling(chat: ChatServer):
    def reply(body: Body) -> Iterator[str]:
        chat.wait()
        yield "late"

    return reply


def serve_reaching(port: int, folder: Path) -> None:
    """A real server that writes into the folder, with the strict reach but for this port of this machine."""
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    here = Reach(Policy(lambda ip: ip.is_loopback, ports=frozenset({port})), frozenset({"http"}))
    app.create_app = partial(app.create_app, reach=here)  # type: ignore[assignment]
    as_set()


@pytest.mark.slow
def test_a_key_is_in_no_reply_log_metric_or_file_whatever_fails(chat: ChatServer, tmp_path: Path) -> None:
    replies = []
    at_its_most = {
        "OPENAI_LOG": "debug", "log_level": "debug", "log_format": "json", "rate_limit": "", "model_timeout": "3",
        "keep_conversations": "true", "database_url": f"sqlite:///{tmp_path}/kept.sqlite3",
    }  # fmt: skip
    server = partial(serve_reaching, port_of(chat), tmp_path)
    with (
        serving(server, **at_its_most) as (process, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        for status in (200, 401, 429, 500):
            chat.status = status
            replies += [ask(client, headers=own(chat)), ask(client, headers=own(chat), stream=True)]
        chat.status = 200
        for reply in (echoing, cut, saying("\u0000\ufffd"), saying(""), stalling(chat)):
            chat.reply = reply
            replies += [ask(client, headers=own(chat)), ask(client, headers=own(chat), stream=True)]
            chat.go_on.set()
        chat.go_on.clear()
        chat.reply = quoting(0)
        replies.append(ask(client, headers=own(**{"X-Model": "openai:a b"})))
        replies.append(ask(client, headers=own(**{"X-Model-Base-URL": f"https://{CANARY}.invalid/v1"})))
        replies.append(ask(client, headers=own(**{"X-Model-Base-URL": f"http://127.0.0.1:1/{CANARY}"})))
        replies.append(client.get("/metrics"))
        replies.append(client.post("/api/ask", content=b"{", headers=own(chat)))
    assert len(replies) == 23
    assert [reply.url for reply in replies if CANARY in reply.text or CANARY in str(reply.headers)] == []
    said = "".join(process.said)
    assert CANARY not in said
    assert f"Bearer {CANARY}" in chat.keys
    assert '"event"' in said
    written = [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert written == []


def test_the_notice_names_neither_key_nor_address(client: httpx.Client, chat: ChatServer) -> None:
    chat.status = 401
    answer = ask(client, headers=own(chat)).json()
    name, done = events(ask(client, headers=own(chat), stream=True).text)[-1]
    chat.status = 200
    assert name == "done"
    for notice in (answer["notices"][0], done["notices"][0]):
        assert "openai:theirs failed" in notice
        assert "extracted without it" in notice
        assert CANARY not in notice
        assert "127.0.0.1" not in notice


def test_a_conversation_is_answered_by_the_callers_model_alone(with_model: httpx.Client, chat: ChatServer) -> None:
    """The server's own key never goes where a caller points."""
    chat.keys.clear()
    reply = ask(with_model, headers=own(chat))
    assert reply.status_code == 422  # the strict reach: this server is on the same machine
    assert chat.keys == []
    assert QUESTION not in reply.text
