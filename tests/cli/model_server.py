"""A local server that speaks as much of the OpenAI protocol as a streamed chat needs."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

Reply = Callable[[list[str]], Iterator[str]]
"""From the numbered sentences of the prompt to the pieces of the reply; what it raises breaks the stream off."""


class BrokenOffError(Exception):
    """Ends the reply in the middle."""


def ready(sentences: list[str]) -> Iterator[str]:
    """A reply with no sentence that cites."""
    yield "ready"


class ModelServer:
    """Serves ``reply`` on a free port of this machine until closed; ``heard`` is told each system message."""

    def __init__(self) -> None:
        self.reply: Reply = ready
        self.heard: Callable[[str], object] = len
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> "ModelServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.heard(body["messages"][0]["content"])
                prompt = body["messages"][0]["content"].rpartition("Numbered sentences")[2]
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    for piece in server.reply(re.findall(r"^\[\d+\].*$", prompt, re.MULTILINE)):
                        self._send({"content": piece})
                    self._send({}, "stop")
                    self._event("[DONE]")
                    self.wfile.write(b"0\r\n\r\n")
                except (BrokenOffError, ConnectionError):  # some tests stop the process that asked
                    return

            def _send(self, delta: dict[str, str], finish: str | None = None) -> None:
                choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": finish}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "local"}
                self._event(json.dumps(chunk | {"choices": [choice]}))

            def _event(self, data: str) -> None:
                event = f"data: {data}\n\n".encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                self.wfile.flush()

            def log_message(self, *_: object) -> None:
                """Keeps stderr for the tests."""

        return Handler
