"""A server that speaks Ollama's own protocol: ``/api/chat`` streams a JSON object a line, the last with counts."""

import json
from typing import Any

from chat_server import Body, ChatServer, Handler


class OllamaServer(ChatServer):
    """As ``ChatServer``, in Ollama's words; without a ``reason`` its replies end without their last line."""

    def __init__(self) -> None:
        super().__init__(_Handler)


class _Handler(Handler):
    def answer(self, body: Body) -> None:
        chat = self.server
        assert self.path == "/api/chat"
        if chat.status != 200:
            self.send_response(chat.status)
            self.whole(json.dumps({"error": "no, go away"}).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in chat.pieces(body):
            self._line({"message": {"role": "assistant", "content": piece}, "done": False})
        if chat.reason is not None:
            counts: dict[str, Any] = {"prompt_eval_count": 70, "eval_count": 9, "total_duration": 5, "eval_duration": 4}
            message = {"role": "assistant", "content": ""}
            self._line({"message": message, "done": True, "done_reason": chat.reason} | counts)
        self.wfile.write(b"0\r\n\r\n")

    def _line(self, said: Body) -> None:
        line = json.dumps({"model": "small", "created_at": "2026-01-01T00:00:00Z"} | said).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()
