"""The application in this process: served by a real server in a thread, over an assistant that is open already."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from assistant import Assistant
from assistant.settings import Settings
from assistant.web.app import end_streams
from assistant.web.server import address_of, listening


def under(assistant: Assistant, settings: Settings) -> Assistant:
    """The assistant for an application with other settings; it answers with what is open, as it was set up."""
    own = copy.copy(assistant)
    own.settings = settings
    return own


@contextmanager
def served_here(make: Callable[[], FastAPI]) -> Iterator[str]:
    """The address, with a slash at the end. ``make`` runs in the server's event loop, or Gradio leaves loops behind."""
    made: list[FastAPI] = []

    def factory() -> FastAPI:
        made.append(make())
        return made[0]

    with listening("127.0.0.1", 0) as listener:
        config = uvicorn.Config(factory, factory=True, log_config=None, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address_of(listener)
        finally:
            for app in made:
                end_streams(app)
            server.should_exit = True
            thread.join(30)
        assert not thread.is_alive()
