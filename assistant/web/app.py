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
from assistant.store import Store
from assistant.web.api.advise import advise_routes as advise_api
from assistant.web.api.ask import ask_routes
from assistant.web.api.conversations import conversation_routes
from assistant.web.api.docs import install_docs
from assistant.web.api.feedback import feedback_routes
from assistant.web.api.own_key import STRICT, Reach
from assistant.web.api.search import search_routes
from assistant.web.api.sources import source_routes
from assistant.web.chat.head import PlainHead, first_sight, own_head
from assistant.web.chat.page import chat_page
from assistant.web.chat.theme import theme
from assistant.web.completions.routes import completion_routes
from assistant.web.context import Web
from assistant.web.desk import Desk
from assistant.web.guard.install import install_guard
from assistant.web.mcp.http import mcp_route
from assistant.web.ops.install import install_bodies, install_watch
from assistant.web.ops.parts import Ops
from assistant.web.ops.retention import retaining
from assistant.web.ops.routes import ops_routes
from assistant.web.ops.unclaimed import Unclaimed
from assistant.web.pages.advise import advise_routes
from assistant.web.pages.embed import embed_routes
from assistant.web.pages.library import library_routes
from assistant.web.pages.reader import reader_routes
from assistant.web.pages.widget import widget_routes
from assistant.web.shelf import DEFAULT, Shelf

STATIC = Path(__file__).with_name("static")


def create_app(served: Assistant | Shelf, *, reach: Reach = STRICT) -> FastAPI:
    """The application over one open assistant, or several on a shelf, which stay the caller's to close.

    ``reach`` says where chat models of callers' own may be.
    """
    shelf = Shelf({DEFAULT: served}) if isinstance(served, Assistant) else served
    assistant = shelf.default
    ops = Ops.of(assistant.settings)
    store = Store(assistant.settings.database)
    web = Web(assistant.settings, shelf, Desk(shelf, assistant.settings, ops, store), ops, store, reach)
    app = FastAPI(
        title="essay-assistant",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lambda _: retaining(store, assistant.settings.retention_days),
    )
    app.state.web = web
    # With this in place Gradio leaves CORS to us: to the guard, which is further out.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(PlainHead, head=own_head(assistant.settings, assistant), first=first_sight(assistant))
    install_bodies(app, assistant.settings)
    guard = install_guard(app, assistant.settings)
    install_watch(app, ops)
    for routes in (ask_routes, search_routes, source_routes, feedback_routes, conversation_routes, ops_routes):
        app.include_router(routes(web))
    app.include_router(advise_api(web))
    app.include_router(completion_routes(web))
    app.router.routes.append(mcp_route(web))
    app.include_router(reader_routes({name: each.essays for name, each in shelf.assistants.items()}))
    app.include_router(library_routes(web.desk))
    app.include_router(advise_routes(web))
    app.include_router(widget_routes())
    app.include_router(embed_routes(guard))
    install_docs(app, web)
    app.mount("/ui", StaticFiles(directory=STATIC))
    app.router.routes.append(Unclaimed(app.router.routes))
    gr.mount_gradio_app(
        app,
        chat_page(web),
        path="/",
        theme=theme(),
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
    app.state.web.desk.close()
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, GradioApp):
            route.app.stop_event.set()
