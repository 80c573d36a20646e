"""A server on this machine that speaks Anthropic's messages protocol, streamed, and keeps a cache as theirs does."""

import json
from collections.abc import Callable, Iterator

from chat_server import Body, quoting
from local_server import LocalServer, QuietHandler


class AnthropicServer(LocalServer):
    """Answers on ``address`` until closed.

    A marked block that it has not seen is written to its cache, one that it has is read from there; ``usage`` tells
    words in place of tokens, and the three kinds of input apart, as the protocol does.
    """

    def __init__(self) -> None:
        self.reply: Callable[[Body], Iterator[str]] = quoting(0)
        self.requests: list[Body] = []
        self.usage: list[Body] = []
        self._cached: set[str] = set()
        super().__init__(Handler)
        self.address = self.origin

    def counted(self, body: Body) -> Body:
        """The usage of one request."""
        blocks = body["system"] if isinstance(body["system"], list) else [{"text": body["system"]}]
        marked = [block["text"] for block in blocks if "cache_control" in block]
        known = [text for text in marked if text in self._cached]
        fresh = [text for text in marked if text not in self._cached]
        self._cached.update(marked)
        plain = [block["text"] for block in blocks if "cache_control" not in block]
        plain += [str(message["content"]) for message in body["messages"]]
        self.usage.append(
            {
                "input_tokens": sum(len(text.split()) for text in plain),
                "cache_creation_input_tokens": sum(len(text.split()) for text in fresh),
                "cache_read_input_tokens": sum(len(text.split()) for text in known),
                "output_tokens": 9,
            }
        )
        return self.usage[-1]


class Handler(QuietHandler):
    server: AnthropicServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        usage = self.server.counted(body)
        message = {"id": "m", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        self._event("message_start", message={**message, "stop_reason": None, "usage": usage | {"output_tokens": 1}})
        self._event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for piece in self.server.reply(body):
            self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        self._event("content_block_stop", index=0)
        self._event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage)
        self._event("message_stop")

    def _event(self, kind: str, **data: object) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode())
        self.wfile.flush()
