"""Stands in for llama.cpp's Python package: the same calls, and a server that copies the first sentence it is given."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from chat_server import Body, ChatServer, quoting


class CommonParams(SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())


class Server:
    """Refuses to load a file with ``broken`` in it, and to answer without its key."""

    def __init__(self, params: CommonParams) -> None:
        if b"broken" in Path(params.model.path).read_bytes():
            raise RuntimeError("failed to load")
        sys.stdout.write("a word of the engine's own\n")
        served = ChatServer()

        def reply(body: Body) -> Iterator[str]:
            if served.keys[-1] != f"Bearer {params.api_keys[0]}":
                raise PermissionError
            yield from quoting(0)(body)

        served.reply = reply
        served.__enter__()
        self.listening_address = served.address.removesuffix("/v1")
