"""The web application: the chat at ``/``, the source reader, and the JSON face, as one FastAPI app."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from gradio.routes import App as GradioApp
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from assistant import __version__
from assistant.answering.assistant import Assistant
from assistant.web.api.sources import api_routes
from assistant.web.chat.head import PlainHead
from assistant.web.chat.page import chat_page
from assistant.web.chat.theme import HEAD, theme
from assistant.web.context import Web
from assistant.web.desk import Desk
from assistant.web.guard.headers import SecurityHeaders
from assistant.web.pages.reader import reader_routes
from assistant.web.shelf import DEFAULT, Shelf

STATIC = Path(__file__).with_name("static")


def create_app(assistant: Assistant) -> FastAPI:
    """The application over one open assistant, which stays the caller's to close."""
    shelf = Shelf({DEFAULT: assistant})
    web = Web(assistant.settings, shelf, Desk(shelf, assistant.settings))
    app = FastAPI(title="essay-assistant", version=__version__, docs_url=None, redoc_url=None)
    # With this in place Gradio leaves CORS to us; no foreign origin is allowed.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(PlainHead)
    app.add_middleware(SecurityHeaders)
    app.include_router(api_routes(assistant.essays))
    app.include_router(reader_routes(assistant.essays))
    app.mount("/ui", StaticFiles(directory=STATIC))
    gr.mount_gradio_app(
        app,
        chat_page(web),
        path="/",
        theme=theme(),
        head=HEAD,
        footer_links=[],
        run_history=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
        favicon_path=str(STATIC / "icon.svg"),
    )
    return app


def end_streams(app: FastAPI) -> None:
    """Close the streams that open pages hold, so that the server needn't cut them off to end."""
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, GradioApp):
            route.app.stop_event.set()
