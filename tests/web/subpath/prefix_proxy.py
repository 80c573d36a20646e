"""A reverse proxy that serves another server under ``/assist``, as an intranet's front door does."""

import http.client
from dataclasses import dataclass, field

from local_server import LocalServer, QuietHandler

PREFIX = "/assist"
HOP = {"connection", "transfer-encoding", "date", "server", "content-length"}


@dataclass(frozen=True)
class Manner:
    """How it passes requests on: with the prefix in the path or without, under which Host, with which headers."""

    strips: bool = True
    keeps_host: bool = True
    adds: dict[str, str] = field(default_factory=dict)


class PrefixProxy(LocalServer):
    """Listens on a free port; ``backend`` is host and port of the server behind, set before the first request."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.backend = ""
        super().__init__(_Handler)
        self.address = f"{self.origin}{PREFIX}/"


class _Handler(QuietHandler):
    server: PrefixProxy

    def _passed_on(self) -> None:
        proxy = self.server
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404)
            return
        path = self.path.removeprefix(PREFIX) if proxy.manner.strips else self.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        if not proxy.manner.keeps_host:
            headers["Host"] = proxy.backend
        behind = http.client.HTTPConnection(proxy.backend, timeout=60)
        try:
            behind.request(self.command, path, body or None, headers | proxy.manner.adds)
            reply = behind.getresponse()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.end_headers()
            while piece := reply.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()
        finally:
            behind.close()

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = _passed_on
