"""Another system's server on this machine: replies to each POST as it is told."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, Any]], object]


class ForeignServer:
    """Serves until closed; ``asked`` holds path, key and body of each request."""

    def __init__(self, reply: Reply, status: int = 200, busy: int = 0, wait: str | None = None) -> None:
        """The first ``busy`` requests get 429, with ``wait`` as Retry-After."""
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
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

            def log_message(self, *_: object) -> None:
                """Keeps stderr for the tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "ForeignServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
