"""A server on this machine that speaks OpenAI's chat completions, streamed, as local model servers do."""

import html
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from local_server import LocalServer, QuietHandler

Body = dict[str, Any]
PATIENCE = 60
"""Seconds after which a test that waits for something gives up."""


class CutOff(Exception):
    """Raised by a reply: the connection ends in the middle."""


def system(body: Body) -> str:
    """The system message, whether in OpenAI's or in Anthropic's form."""
    given = body["system"] if "system" in body else body["messages"][0]["content"]
    return given if isinstance(given, str) else "\n\n".join(block["text"] for block in given)


def evidence(body: Body) -> list[tuple[int, str]]:
    """Number and text of each sentence in the prompt, whether its document stands before it or above it."""
    listed = system(body).rpartition("Numbered sentences")[2].partition("Worked examples")[0]
    found = re.findall(r'^\[(\d+)\] (?:\((?:notes on )?".*?", [^)]*(?:\([^)]*\))?[^)]*\) )?(.*)$', listed, re.MULTILINE)
    return [(int(number), html.unescape(text)) for number, text in found]


def quoting(*places: int) -> Callable[[Body], Iterator[str]]:
    """A reply that copies the evidence at these places, each with its mark."""

    def reply(body: Body) -> Iterator[str]:
        listed = evidence(body)
        for place in places:
            number, text = listed[place]
            yield f"{text} [{number}] "

    return reply


def in_turn(*replies: Callable[[Body], Iterator[str]]) -> Callable[[Body], Iterator[str]]:
    """The first reply to the first question, and so on; the last to all further ones."""
    left = list(replies)
    return lambda body: (left.pop(0) if len(left) > 1 else left[0])(body)


def saying(*pieces: str) -> Callable[[Body], Iterator[str]]:
    """A reply of these pieces whatever is asked."""
    return lambda _: iter(pieces)


class ChatServer(LocalServer):
    """Answers on ``address`` until closed; what it answers can be changed at any time.

    ``filled`` is what it puts into the tool a request offers; None: it talks instead. ``reason`` is why its replies
    end; None: it doesn't say. ``refusals`` are statuses of its next replies, ``headers`` go with a refusal.
    ``requests`` is what it was asked, ``keys`` the Authorization headers.
    """

    def __init__(self, handler: "type[Handler] | None" = None) -> None:
        self.reply: Callable[[Body], Iterator[str]] = quoting(0)
        self.condensed: Callable[[Body], Iterator[str]] = saying("What does LoRA cost?")
        self.filled: Body | None = None
        self.status = 200
        self.reason: str | None = "stop"
        self.refusals: list[int] = []
        self.headers: dict[str, str] = {}
        self.usage: Callable[[Body], Body] | None = None
        self.requests: list[Body] = []
        self.keys: list[str] = []
        self.go_on = threading.Event()
        self.finished = threading.Event()
        super().__init__(handler or Handler)
        self.address = f"{self.origin}/v1"

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        super().__exit__()

    def wait(self) -> None:
        """For a reply to call: holds it until the test goes on."""
        self.go_on.wait(PATIENCE)

    def pieces(self, body: Body) -> Iterator[str]:
        condensing = system(body).startswith("Rewrite the last question")
        return (self.condensed if condensing else self.reply)(body)


class Handler(QuietHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        self.close_connection = True
        try:
            self.answer(body)
        except CutOff:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client has given up, as some tests want
        self.server.finished.set()

    def answer(self, body: Body) -> None:
        status = self.server.refusals.pop(0) if self.server.refusals else self.server.status
        self.send_response(status)
        if status != 200:
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            error = {"error": {"message": f"no, {self.server.keys[-1]}, go away", "type": "refused"}}
            self.whole(json.dumps(error).encode())
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        if body.get("tools") and self.server.filled is not None:
            called = {"name": body["tools"][0]["function"]["name"], "arguments": json.dumps(self.server.filled)}
            call = {"index": 0, "id": "call1", "type": "function", "function": called}
            self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}}]})
            body = body | {"answered": True}
        for piece in () if "answered" in body else self.server.pieces(body):
            self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}}]})
        if self.server.reason is not None:
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": self.server.reason}]})
        if self.server.usage is not None:
            self._event({"choices": [], "usage": self.server.usage(body)})
        self._write("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def whole(self, content: bytes) -> None:
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _event(self, chunk: Body) -> None:
        head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "local"}
        self._write(json.dumps(head | chunk))

    def _write(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.flush()
