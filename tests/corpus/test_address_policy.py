"""Which addresses an import may reach: public ones, looked up once, whatever tricks the address plays."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from local_site import HTML, Site, open_policy

from assistant.corpus.addresses import STRICT, check_url, is_public
from assistant.corpus.fetching import fetch
from assistant.errors import ImportRefused
from assistant.settings import Settings

TRICKS = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://LOCALHOST:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "http://public.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@public.example/",
    "http://user:hunter2@127.0.0.1:{port}/",
    "http://public.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\.public.example/",
    "http://public.example:80@127.0.0.1:{port}/#@public.example",
    "http:///127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\r\nHost: public.example/",
    "http://127.0.0.1:{port}\t/",
    "//127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "dict://127.0.0.1:{port}/info",
    "file:///etc/passwd",
    "file://127.0.0.1:{port}/etc/passwd",
    "data:text/html,hello",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_reaches_a_server_of_this_machine(site: Site, settings: Settings, trick: str) -> None:
    policy = replace(STRICT, ports=frozenset({80, 443, site.port}), seconds=3)
    with pytest.raises(ImportRefused) as caught:
        fetch(trick.format(port=site.port), settings, policy)
    assert caught.value.remedy
    assert "hunter2" not in str(caught.value)
    assert site.connections == 0


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],
        ["93.184.215.14", "::1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["10.0.0.1"],
        ["172.16.0.1"],
        ["192.168.0.1"],
        ["::ffff:169.254.169.254"],
        ["2002:a9fe:a9fe::"],
        ["fd00:ec2::254"],
        ["224.0.0.1"],
        ["not an address"],
    ],
)
def test_a_name_with_one_inner_address_is_refused(site: Site, settings: Settings, answers: list[str]) -> None:
    policy = replace(STRICT, ports=frozenset({site.port}), resolve=lambda host, port: answers)
    with pytest.raises(ImportRefused, match=r"public\.example"):
        fetch(f"http://public.example:{site.port}/", settings, policy)
    assert site.connections == 0


def test_a_name_is_resolved_once_and_the_checked_address_is_used(site: Site, settings: Settings) -> None:
    """Rebinding: a second look-up would lead to another, inner server."""
    site.pages["/"] = (200, HTML, b"the checked one")
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    fetched = fetch(f"http://public.example:{site.port}/", settings, replace(open_policy(site), resolve=rebinding))
    assert (fetched.body, asked) == (b"the checked one", ["public.example"])


def test_a_redirect_to_a_name_rebound_meanwhile_is_refused(site: Site, settings: Settings) -> None:
    site.pages["/"] = (302, {"Location": "/inner"}, b"")
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    policy = replace(open_policy(site), resolve=lambda host, port: next(answers))
    with pytest.raises(ImportRefused, match="not a public host"):
        fetch(f"http://public.example:{site.port}/", settings, policy)
    assert site.connections == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "http://inner.example:{port}/",
        "http://[::1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "//inner.example:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "http://user:hunter2@public.example:{port}/",
        "http://public.example:22/",
        "http://0x7f000002:{port}/",
        "http://[bad",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(site: Site, settings: Settings, location: str) -> None:
    site.pages["/"] = (302, {"Location": location.format(port=site.port)}, b"")
    inner = {"inner.example": ["192.168.0.1"]}

    def names(host: str, port: int) -> list[str]:
        return inner.get(host, [host] if host[0].isdigit() or ":" in host else ["127.0.0.1"])

    with pytest.raises(ImportRefused):
        fetch(f"http://public.example:{site.port}/", settings, replace(open_policy(site), resolve=names))
    assert site.connections == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("2002:7f00:1::", False),
        ("2001:0:0a00:1::", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("192.0.2.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("239.255.255.250", False),
        ("ff02::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("100::1", False),
        ("::", False),
        ("::1", False),
    ],
)
def test_public_means_global_unicast_all_the_way_in(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("url", ["https://public.example/a", "http://public.example:80/", "https://münchen.example/"])
def test_ordinary_addresses_pass(url: str) -> None:
    assert check_url(url).scheme in url


@pytest.mark.parametrize(
    "url", ["http://public.example:8080/", "https://public.example:22/", "http://public.example:0/"]
)
def test_other_ports_are_refused(url: str) -> None:
    with pytest.raises(ImportRefused, match="ports 80 and 443"):
        check_url(url)
