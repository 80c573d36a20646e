"""Puts this room's parts around an application."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.settings import Settings
from assistant.web.ops.access import Access, Failures, RequestIds
from assistant.web.ops.bodies import BodyCap
from assistant.web.ops.json_bodies import StrictJson
from assistant.web.ops.parts import Ops
from assistant.web.ops.problems import install_problems


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
