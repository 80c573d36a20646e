"""The web application: every face, the pages and the chat at ``/``, as one FastAPI app behind one list of layers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from assistant import __version__
from assistant.answering.assistant import Assistant
from assistant.settings import Settings
from assistant.store import Store
from assistant.web.api.ask import ask_routes, search_routes, source_routes, theme_routes
from assistant.web.api.conversations import conversation_routes, feedback_routes
from assistant.web.api.openapi import install_docs
from assistant.web.catalog import DEFAULT, STRICT, Reach, Shelf
from assistant.web.chat import LateChat
from assistant.web.conversations import retaining
from assistant.web.guard import Guard
from assistant.web.guard.gate import Gate, SecurityHeaders
from assistant.web.guard.proxies import Peers
from assistant.web.guard.signin import signin_routes
from assistant.web.guard.sites import Cors
from assistant.web.health import ops_routes
from assistant.web.mcp.protocol import mcp_route
from assistant.web.observe.access import Access, Failures, RequestIds
from assistant.web.observe.answers import Ops
from assistant.web.observe.bodies import Bodies
from assistant.web.observe.problems import Unclaimed, install_problems
from assistant.web.openai import completion_routes
from assistant.web.pages.advise import advise_routes
from assistant.web.pages.documents import Imports, document_routes, uploads
from assistant.web.pages.embed import embed_routes, widget_routes
from assistant.web.pages.library import library_routes
from assistant.web.pages.library import theme_routes as theme_page_routes
from assistant.web.pages.reader import reader_routes
from assistant.web.service import Desk, Web

STATIC = Path(__file__).with_name("static")


def create_app(served: Assistant | Shelf, *, reach: Reach = STRICT) -> FastAPI:
    """The application over one open assistant, or several on a shelf, which stay the caller's to close.

    ``reach`` says where chat models of callers' own may be. Raises ConfigurationError.
    """
    shelf = Shelf({DEFAULT: served}) if isinstance(served, Assistant) else served
    settings = shelf.default.settings
    ops, store = Ops.of(settings), Store(settings.database)
    guard = Guard.of(settings, store)
    web = Web(settings, shelf, Desk(shelf, settings, ops, store), ops, store, reach)
    chat = LateChat(web, icon=STATIC / "icon.svg")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with retaining(store, settings.retention_days), chat.running():
            yield

    app = FastAPI(
        title="essay-assistant",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=layers(settings, guard, ops),
    )
    app.state.web, app.state.chat = web, chat
    app.state.places = lambda: web.places
    install_problems(app)
    reading = (search_routes, source_routes, theme_routes)
    for routes in (ask_routes, *reading, feedback_routes, conversation_routes, ops_routes):
        app.include_router(routes(web))
    app.include_router(completion_routes(web))
    app.router.routes.append(mcp_route(web))
    app.include_router(reader_routes(lambda: {name: each.essays for name, each in shelf.assistants.items()}))
    imports = Imports()
    app.include_router(library_routes(web.desk, imports))
    app.include_router(document_routes(web, imports))
    app.include_router(theme_page_routes(shelf))
    app.include_router(advise_routes(web))
    app.include_router(signin_routes(guard))
    app.include_router(embed_routes(guard))
    app.include_router(widget_routes())
    install_docs(app, web)
    app.mount("/ui", StaticFiles(directory=STATIC))
    app.router.routes.append(Unclaimed(app.router.routes))
    app.mount("/", chat)
    return app


def layers(settings: Settings, guard: Guard, ops: Ops) -> list[Middleware]:
    """What every request passes, outermost first, each with the reason for its place."""
    return [
        # The request gets its id first, because the log lines and replies of all further layers name it.
        Middleware(RequestIds),
        # Logs and counts what comes back from all others, refusals and failures too.
        Middleware(Access, metrics=ops.metrics, tracing=ops.tracing),
        # A fault of one of the next three becomes a problem that Access sees.
        Middleware(Failures),
        # The caller's address and scheme as a trusted proxy names them, before anything decides by them.
        Middleware(Peers, proxies=guard.proxies),
        # The content policy stands on every reply, also on those of the layers below.
        Middleware(SecurityHeaders, guard=guard),
        # Listed sites' pages may read the replies of everything below, and only they.
        Middleware(Cors, origins=guard.origins),
        # A fault of the gate or of a route becomes a problem that such a page may read.
        Middleware(Failures),
        # Lets the caller in or refuses, before a byte of the body is read.
        Middleware(Gate, guard=guard),
        # Bounds the body and parses JSON, once for all routes.
        Middleware(Bodies, most=settings.max_body_bytes, seconds=settings.body_timeout, larger=uploads(settings)),
    ]


def end_streams(app: FastAPI) -> None:
    """Close the streams that open pages hold, so that the server needn't cut them off to end."""
    app.state.web.desk.close()
    app.state.chat.end_streams()
