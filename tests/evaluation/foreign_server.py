"""Another system's server on this machine: replies to each POST as it is told."""

import json
from collections.abc import Callable
from typing import Any

from local_server import LocalServer, QuietHandler

Reply = Callable[[dict[str, Any]], object]


class ForeignServer(LocalServer):
    """Serves until closed; ``asked`` holds path, key and body of each request."""

    def __init__(self, reply: Reply, status: int = 200, busy: int = 0, wait: str | None = None) -> None:
        """The first ``busy`` requests get 429, with ``wait`` as Retry-After."""
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, self.headers.get("Authorization", ""), body))
                made = reply(body)
                data = made.encode() if isinstance(made, str) else json.dumps(made).encode()
                turned_away = len(outer.asked) <= busy
                self.send_response(429 if turned_away else status)
                if turned_away and wait is not None:
                    self.send_header("Retry-After", wait)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                data = b'{"data": [{"id": "listed-first"}, {"id": "second"}]}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        super().__init__(Handler)
        self.address = self.origin
