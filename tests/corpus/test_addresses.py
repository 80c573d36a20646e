"""Importing from an address: public pages only, and not one connection to anything else."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from local_site import HTML, Site, open_policy

from assistant.corpus.addresses import STRICT, Policy
from assistant.corpus.fetching import Fetched, fetch
from assistant.errors import AssistantError, CorpusError, ImportRefused
from assistant.settings import Settings


def test_a_page_comes_with_its_type_and_its_host_header(site: Site, settings: Settings) -> None:
    site.pages["/essay"] = (200, HTML, b"<p>Hello</p>")
    url = f"http://essays.example:{site.port}/essay"
    assert fetch(url + "#part", settings, open_policy(site)) == Fetched(
        url=url, content_type="text/html", body=b"<p>Hello</p>", charset="utf-8"
    )
    assert site.hosts == [f"essays.example:{site.port}"]


def test_redirects_are_followed_to_the_final_address(site: Site, settings: Settings) -> None:
    site.pages["/a"] = (301, {"Location": "/b"}, b"")
    site.pages["/b"] = (302, {"Location": f"http://other.example:{site.port}/c"}, b"")
    site.pages["/c"] = (307, {"Location": "d?x=1"}, b"")
    site.pages["/d?x=1"] = (200, HTML, b"there")
    fetched = fetch(f"http://essays.example:{site.port}/a", settings, open_policy(site))
    assert (fetched.url, fetched.body) == (f"http://other.example:{site.port}/d?x=1", b"there")


def test_a_fourth_redirect_is_refused(site: Site, settings: Settings) -> None:
    site.pages["/loop"] = (302, {"Location": "/loop"}, b"")
    with pytest.raises(ImportRefused, match="redirects more than 3 times"):
        fetch(f"http://essays.example:{site.port}/loop", settings, open_policy(site))
    assert site.connections == 4


def test_gzip_is_undone_and_a_gzip_bomb_is_cut_off(site: Site, settings: Settings) -> None:
    packed = {**HTML, "Content-Encoding": "gzip"}
    site.pages["/packed"] = (200, packed, gzip.compress(b"words " * 100))
    site.pages["/bomb"] = (200, packed, gzip.compress(b"\0" * 10_000_000))
    site.pages["/twice"] = (200, {**HTML, "Content-Encoding": "gzip, gzip"}, b"x")
    base = f"http://essays.example:{site.port}"
    assert fetch(base + "/packed", settings, open_policy(site)).body == b"words " * 100
    with pytest.raises(ImportRefused, match="larger than 20,000 bytes"):
        fetch(base + "/bomb", settings, open_policy(site))
    with pytest.raises(ImportRefused, match="encoding"):
        fetch(base + "/twice", settings, open_policy(site))


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "20001"}])
def test_a_document_over_the_cap_is_refused(site: Site, settings: Settings, headers: dict[str, str]) -> None:
    site.pages["/big"] = (200, HTML | headers, b"x" * 20_001)
    with pytest.raises(ImportRefused, match=r"larger than 20,000 bytes.*ASSISTANT_MAX_DOCUMENT_BYTES"):
        fetch(f"http://essays.example:{site.port}/big", settings, open_policy(site))


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "application/json", ""])
def test_other_media_types_are_refused(site: Site, settings: Settings, kind: str) -> None:
    site.pages["/x"] = (200, {"Content-Type": kind}, b"x")
    with pytest.raises(ImportRefused, match="not a page, text, PDF"):
        fetch(f"http://essays.example:{site.port}/x", settings, open_policy(site))


def test_a_server_that_fails_is_a_corpus_error_with_the_way_out(site: Site, settings: Settings) -> None:
    with pytest.raises(CorpusError, match=r"status 404.*assistant corpus add FILE"):
        fetch(f"http://essays.example:{site.port}/none", settings, open_policy(site))


def test_nobody_listening_is_a_corpus_error(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        policy = Policy(allowed=lambda ip: True, resolve=lambda h, p: ["127.0.0.1"], ports=frozenset({port}))
        with pytest.raises(CorpusError, match=r"could not be fetched.*assistant corpus add FILE"):
            fetch(f"http://essays.example:{port}/", settings, policy)


def test_an_unknown_name_is_a_corpus_error(settings: Settings) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(CorpusError, match=r"gone\.example: the name can't be resolved"):
        fetch("http://gone.example/", settings, replace(STRICT, resolve=unknown))


def test_a_resolver_that_never_answers_ends_with_the_deadline(settings: Settings) -> None:
    never = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        never.wait(20)
        return []

    with pytest.raises(CorpusError, match="took too long"):
        fetch("http://slow.example/", settings, replace(STRICT, resolve=hang, seconds=0.2))
    never.set()


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_slow_drip_ends_with_the_deadline(site: Site, settings: Settings, part: str) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + (b"\r\n" if part == "body" else b"X-A: ")
        )
        while not stop.wait(0.05):
            handler.wfile.write(b"a")

    site.pages["/drip"] = drip
    with pytest.raises(CorpusError, match=r"longer than 0\.5 seconds"):
        fetch(f"http://essays.example:{site.port}/drip", settings, replace(open_policy(site), seconds=0.5))
    stop.set()


def test_proxies_of_the_environment_are_not_used(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["/essay"] = (200, HTML, b"direct")
    with Site() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        fetched = fetch(f"http://essays.example:{site.port}/essay", settings, open_policy(site))
        assert (fetched.body, proxy.connections) == (b"direct", 0)


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the test's certificate: install Debian's openssl"
)
def test_the_certificate_is_checked_against_the_name(site: Site, settings: Settings, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=essays.example", "-addext", "subjectAltName=DNS:essays.example"]
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(
        [*making, *names, "-keyout", "key.pem", "-out", "cert.pem"], check=True, capture_output=True, cwd=tmp_path
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    site.socket = serving.wrap_socket(site.socket, server_side=True)
    site.pages["/"] = (200, HTML, b"safe")
    trusting = replace(open_policy(site), tls=ssl.create_default_context(cafile=str(cert)))
    assert fetch(f"https://essays.example:{site.port}/", settings, trusting).body == b"safe"
    for url, policy in [
        (f"https://other.example:{site.port}/", trusting),
        (f"https://essays.example:{site.port}/", open_policy(site)),
    ]:
        with pytest.raises(AssistantError, match="could not be fetched"):
            fetch(url, settings, policy)
