"""The address of a caller's own model leads only to public servers: to none of these is there a connection."""

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from chat_server import ChatServer
from running import application, ask

from assistant.corpus.addresses import Policy
from assistant.errors import Problem
from assistant.web.catalog import STRICT, PinnedTransport, client_over, pinned_client

KEY = {"X-Model-Key": "sk-theirs", "X-Model": "openai:theirs"}


class Door:
    """A listening socket that counts who knocks."""

    def __init__(self) -> None:
        self.knocks = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            told = connection.recv(1)
            connection.close()
            if told == b"!":
                return
            self.knocks += 1

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"!")
        self._thread.join()
        self._socket.close()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def strict(index_dir: object, door: Door) -> Iterator[httpx.Client]:
    """The strict reach, but for the port, so that only the addresses stand in the way."""
    ports = frozenset({443, door.port})
    with application(replace(STRICT, policy=Policy(ports=ports, seconds=5))) as client:
        yield client


TRICKY = [
    "https://127.0.0.1:{port}/v1",
    "https://localhost:{port}/v1",
    "https://localhost.:{port}/v1",
    "https://[::1]:{port}/v1",
    "https://[::ffff:127.0.0.1]:{port}/v1",
    "https://[::ffff:7f00:1]:{port}/v1",
    "https://[64:ff9b::7f00:1]:{port}/v1",
    "https://[2002:7f00:1::]:{port}/v1",
    "https://[::]:{port}/v1",
    "https://[fe80::1]:{port}/v1",
    "https://[fc00::1]:{port}/v1",
    "https://0:{port}/v1",
    "https://0.0.0.0:{port}/v1",
    "https://2130706433:{port}/v1",
    "https://0x7f000001:{port}/v1",
    "https://0177.0.0.1:{port}/v1",
    "https://127.1:{port}/v1",
    "https://127.0.0.1.:{port}/v1",
    "https://10.0.0.1/v1",
    "https://192.168.0.1/v1",
    "https://172.16.0.1/v1",
    "https://100.64.0.1/v1",
    "https://169.254.169.254/latest",
    "https://224.0.0.1/v1",
    "https://user:pass@127.0.0.1:{port}/v1",
    "https://example.com@127.0.0.1:{port}/v1",
    "https://127.0.0.1:{port}\\@example.com/v1",
    "http://127.0.0.1:{port}/v1",
    "https://127.0.0.1:{port}/v1?x=1",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "unix:/var/run/docker.sock",
    "//127.0.0.1:{port}/v1",
    "127.0.0.1:{port}",
    "https:///v1",
    "",
]


@pytest.mark.parametrize("address", TRICKY)
def test_no_connection_is_made(strict: httpx.Client, door: Door, address: str) -> None:
    given = address.format(port=door.port)
    reply = ask(strict, headers=KEY | {"X-Model-Base-URL": given})
    assert (reply.status_code, reply.json()["code"]) == (422, "own_key_unusable")
    assert "127.0.0.1" not in reply.text
    assert door.knocks == 0


def resolving(*answers: str) -> Policy:
    return replace(STRICT.policy, resolve=lambda host, port: list(answers))


@pytest.mark.parametrize("answers", [("127.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("93.184.215.14", "::1"), ()])
def test_every_address_of_a_name_has_to_be_public(answers: tuple[str, ...]) -> None:
    with pytest.raises(Problem):
        pinned_client("https://models.example.com/v1", replace(STRICT, policy=resolving(*answers)))


async def test_a_name_is_resolved_once_and_the_connection_goes_where_that_led(chat: ChatServer) -> None:
    """The second answer, of a server that rebinds, is never asked for."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    url = httpx.URL(chat.address)
    policy = Policy(lambda ip: ip.is_loopback, lambda host, port: next(answers), frozenset({url.port or 0}))
    reach = replace(STRICT, policy=policy, schemes=frozenset({"http"}))
    async with pinned_client(f"http://models.example.com:{url.port}/v1", reach) as client:
        for _ in range(2):
            body = {"messages": [{"content": "Rewrite the last question"}]}
            reply = await client.post(f"http://models.example.com:{url.port}/v1/chat/completions", json=body)
            assert reply.status_code == 200
    assert next(answers) == ["192.0.2.1"]


async def test_neither_a_proxy_of_the_environment_nor_a_redirect_is_followed(
    monkeypatch: pytest.MonkeyPatch, door: Door
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{door.port}")
    before = door.knocks

    class Redirecting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(307, headers={"Location": f"http://127.0.0.1:{door.port}/"})

    async with client_over(Redirecting()) as client:
        assert (await client.get("https://models.example.com/")).status_code == 307
    nowhere = PinnedTransport([ipaddress.ip_address("127.0.0.1")])
    async with client_over(nowhere) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://models.example.com:1/")
    assert door.knocks == before


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The port of a server whose certificate is models.example.com's, and a context that trusts it."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    names = ["-addext", "subjectAltName=DNS:models.example.com", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*making, *names], check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = serving.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield int(server.server_address[1]), ssl.create_default_context(cafile=str(cert))
        server.shutdown()
        thread.join()


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the test's certificate: install Debian's openssl"
)
async def test_the_certificate_has_to_be_the_names(tls_server: tuple[int, ssl.SSLContext]) -> None:
    port, trusted = tls_server
    here = [ipaddress.ip_address("127.0.0.1")]
    async with client_over(PinnedTransport(here, trusted)) as client:
        assert (await client.get(f"https://models.example.com:{port}/")).status_code == 200
        with pytest.raises(httpx.ConnectError, match=r"(?i)hostname|certificate"):
            await client.get(f"https://other.example.com:{port}/")
