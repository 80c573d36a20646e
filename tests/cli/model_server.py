"""A chat server whose replies are made from the numbered sentences of the prompt alone."""

import re
from collections.abc import Callable, Iterator

from chat_server import Body, ChatServer, system

Reply = Callable[[list[str]], Iterator[str]]
"""From the numbered sentences of the prompt to the pieces of the reply."""


def ready(sentences: list[str]) -> Iterator[str]:
    """A reply with no sentence that cites."""
    yield "ready"


class ModelServer(ChatServer):
    """Answers with ``answer`` of the sentences; ``heard`` is told each system message."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Reply = ready
        self.heard: Callable[[str], object] = len

    def pieces(self, body: Body) -> Iterator[str]:
        self.heard(system(body))
        listed = system(body).rpartition("Numbered sentences")[2]
        return self.answer(re.findall(r"^\[\d+\].*$", listed, re.MULTILINE))
