"""``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.web.context import Web
from assistant.web.guard.gate import NOBODY
from assistant.web.guard.hosts import is_loopback
from assistant.web.ops.health import Readiness, Report
from assistant.web.ops.metrics import CONTENT_TYPE
from assistant.web.principal import principal_of

_FRESH = {"Cache-Control": "no-store"}


def ops_routes(web: Web) -> APIRouter:
    """The routes for whoever runs the server."""
    routes = APIRouter(tags=["operations"])
    readiness, here = Readiness(web), is_loopback(web.settings.host)

    @routes.head("/healthz", include_in_schema=False)
    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Tell whether the process answers."""
        return {"status": "ok"}

    @routes.head("/readyz", include_in_schema=False)
    @routes.get("/readyz", response_model=Report, responses={503: {"model": Report, "description": "Not ready"}})
    async def readyz(request: Request) -> Response:
        """Tell whether questions can be answered, and what to repair where not."""
        report, caller = await readiness.report(), principal_of(request)
        if caller == NOBODY or caller.how == "portal" or (caller.how == "open" and not here):
            report = report.in_short()
        return JSONResponse(report.model_dump(), 200 if report.ready else 503, _FRESH)

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics() -> Response:
        """Give the numbers for Prometheus."""
        return Response(web.ops.metrics.text(), media_type=CONTENT_TYPE, headers=_FRESH)

    return routes
