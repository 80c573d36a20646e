"""The web application: the chat at ``/``, the source reader, and the JSON face, as one FastAPI app.

Puts this room's parts around an application.

Puts the guard around an application.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from assistant import __version__
from assistant.answering.assistant import Assistant
from assistant.settings import Settings
from assistant.store import Store
from assistant.web.api.ask import ask_routes
from assistant.web.api.conversations import conversation_routes
from assistant.web.api.feedback import feedback_routes
from assistant.web.api.openapi import install_docs
from assistant.web.api.sources import search_routes, source_routes
from assistant.web.catalog import DEFAULT, Shelf
from assistant.web.chat.head import PlainHead, first_sight, own_head
from assistant.web.chat.late import LateChat
from assistant.web.conversations import retaining
from assistant.web.guard import Guard
from assistant.web.guard.gate import Gate, SecurityHeaders
from assistant.web.guard.origins import Cors
from assistant.web.guard.proxies import Peers
from assistant.web.guard.signin import signin_routes
from assistant.web.health import ops_routes
from assistant.web.mcp.protocol import mcp_route
from assistant.web.observe.access import Access, Failures, RequestIds
from assistant.web.observe.answers import Ops
from assistant.web.observe.bodies import BodyCap, StrictJson
from assistant.web.observe.problems import Unclaimed, install_problems
from assistant.web.openai.routes import completion_routes
from assistant.web.own_model import STRICT, Reach
from assistant.web.pages.advise import advise_routes
from assistant.web.pages.embed import embed_routes, widget_routes
from assistant.web.pages.library import library_routes
from assistant.web.pages.reader import reader_routes
from assistant.web.service import Desk, Web


def install_bodies(app: FastAPI, settings: Settings) -> None:
    """Errors as problems, and bodies checked. Before the guard is installed: who may not ask gets nothing read."""
    install_problems(app)
    app.add_middleware(StrictJson)
    app.add_middleware(BodyCap, most=settings.max_body_bytes, seconds=settings.body_timeout)


def install_watch(app: FastAPI, ops: Ops) -> None:
    """Ids, log, numbers and spans. After the guard is installed, so that its refusals are seen too."""
    app.add_middleware(Failures)
    app.add_middleware(Access, metrics=ops.metrics, tracing=ops.tracing)
    app.add_middleware(RequestIds)


def install_guard(app: FastAPI, settings: Settings) -> Guard:
    """Add the sign-in page and the middleware, which wrap what was added before. Raises ConfigurationError.

    From the outside: where it comes from, the headers of each reply, other sites' pages, what fails, the gate.
    """
    guard = Guard.of(settings)
    app.include_router(signin_routes(guard))
    app.add_middleware(Gate, guard=guard)
    app.add_middleware(Failures)  # inside of what lets other sites' pages read the reply
    app.add_middleware(Cors, origins=guard.origins)
    app.add_middleware(SecurityHeaders, guard=guard)
    app.add_middleware(Peers, proxies=guard.proxies)
    return guard


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
    chat = LateChat(web, STATIC / "icon.svg")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with retaining(store, assistant.settings.retention_days), chat.running():
            yield

    app = FastAPI(
        title="essay-assistant",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.web, app.state.chat = web, chat
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(PlainHead, head=own_head(assistant.settings, assistant), first=first_sight(assistant))
    install_bodies(app, assistant.settings)
    guard = install_guard(app, assistant.settings)
    install_watch(app, ops)
    for routes in (ask_routes, search_routes, source_routes, feedback_routes, conversation_routes, ops_routes):
        app.include_router(routes(web))
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
    app.mount("/", chat)
    return app


def end_streams(app: FastAPI) -> None:
    """Close the streams that open pages hold, so that the server needn't cut them off to end."""
    app.state.web.desk.close()
    app.state.chat.end_streams()
