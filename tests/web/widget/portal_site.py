"""A portal of another origin: pages with headers of their own, a token for whoever comes, and a scripted assistant."""

import json
import threading
from collections.abc import Callable, Iterator

from local_server import LocalServer, QuietHandler

Headers = dict[str, str]
STRICT = (
    "default-src 'none'; script-src {server}; style-src 'none'; connect-src 'self' {server}; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


class PortalSite(LocalServer):
    """Served on a free port until closed. ``origin`` is what the assistant may list, ``stranger`` what it doesn't."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, Headers]] = {}
        self.token: Callable[[], str] = lambda: ""
        self.script: Callable[[], Iterator[bytes]] = lambda: iter(())
        self.asked: list[dict[str, object]] = []
        self.visited: list[str] = []
        self.over = threading.Event()
        super().__init__(_Handler)
        self.stranger = f"http://localhost:{self.port}"

    def page(self, body: str, *, head: str = "", lang: str = "en", policy: str = "", direction: str = "ltr") -> str:
        """The path of a new page."""
        path = f"/{len(self.pages)}.html"
        html = f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>Portal</title>'
        html += f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
        headers = {"Content-Security-Policy": policy} if policy else {}
        self.pages[path] = (f"{html}<body><main><h1>Portal</h1>{body}</main></body></html>", headers)
        return path


class _Handler(QuietHandler):
    server: PortalSite
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site, path = self.server, self.path.partition("?")[0]
        site.visited.append(self.path)
        if path == "/token":
            return self._send("application/json", json.dumps({"token": site.token()}).encode(), {})
        if path not in site.pages:
            return self._send("text/plain", b"", {}, 404)
        body, headers = site.pages[path]
        return self._send("text/html; charset=utf-8", body.encode(), headers)

    def do_POST(self) -> None:
        site = self.server
        site.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for piece in site.script():
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            site.over.set()  # the browser has hung up

    def _send(self, kind: str, body: bytes, headers: Headers, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def event(name: str, **data: object) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
