"""A real web server on a free port of 127.0.0.1, for tests that fetch."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from local_server import LocalServer, QuietHandler

from assistant.corpus.addresses import Policy

Reply = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Site(LocalServer):
    """A real server on a free port of 127.0.0.1; ``pages`` maps a path to its reply."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.connections = 0
        self.hosts: list[str] = []
        super().__init__(_Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()


class _Handler(QuietHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        page = self.server.pages.get(self.path, (404, {}, b""))
        if not isinstance(page, tuple):
            page(self)
            return
        status, headers, body = page
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def open_policy(site: Site) -> Policy:
    """The strict policy, but names lead to the test's server, and that server is allowed."""
    return Policy(
        allowed=lambda ip: str(ip) == "127.0.0.1",
        resolve=lambda host, port: ["127.0.0.1"],
        ports=frozenset({80, 443, site.port}),
        seconds=5,
    )
