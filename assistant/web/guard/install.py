"""Puts the guard around an application."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.settings import Settings
from assistant.web.guard.gate import Gate
from assistant.web.guard.headers import SecurityHeaders
from assistant.web.guard.origins import Cors
from assistant.web.guard.policy import Guard
from assistant.web.guard.proxies import Peers
from assistant.web.ops.access import Failures
from assistant.web.pages.signin import signin_routes


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
