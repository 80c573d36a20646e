"""Whether the server can answer questions: what is wrong if it can't, and the repair.

``/healthz``, ``/readyz`` and ``/metrics``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.corpus.loading import Stamp, corpus_stamp, load_corpus
from assistant.errors import AssistantError, StoreUnavailable
from assistant.index.folder import check_files, content_of, read_manifest
from assistant.index.opened import reasons_of
from assistant.web.asking import principal_of
from assistant.web.catalog import DEFAULT
from assistant.web.guard.gate import NOBODY
from assistant.web.guard.proxies import is_loopback
from assistant.web.jobs import apart
from assistant.web.observe.logs import logger
from assistant.web.observe.telemetry import CONTENT_TYPE
from assistant.web.service import Web

FRESH_SECONDS = 5.0
"""A report is given again for so long."""
WAIT_SECONDS = 4.0
"""A report waits so long for its checks. A check that needs longer, because the machine is busy, is no fault."""
HUNG_SECONDS = 60.0
"""A check that runs so long hangs, which is a fault; each needs two seconds of a processor at most."""
log = logger("assistant.web.health")


class Check(BaseModel):
    """One matter: whether it is well, what was found, and the repair where it is not."""

    name: str
    ok: bool
    detail: str
    repair: str = ""


class Report(BaseModel):
    """All checks; ``ready`` where each is well."""

    ready: bool
    checks: list[Check]

    def in_short(self) -> Report:
        """Which checks are well, for strangers: without what was found (paths, documents, models) and the repairs."""
        told = "Whoever runs the server finds what is wrong, and the repair, in its log."
        checks = [Check(name=c.name, ok=c.ok, detail="", repair="" if c.ok else told) for c in self.checks]
        return Report(ready=self.ready, checks=checks)


class Readiness:
    """Makes reports; asking often costs nothing."""

    def __init__(self, web: Web) -> None:
        """Over what the application serves."""
        self._web = web
        self._disk, self._documents = DiskCheck(), DocumentsCheck()
        self._lock = asyncio.Lock()
        self._made: tuple[float, Report] | None = None
        self._running: dict[str, tuple[float, Future[Check]]] = {}
        self._known: dict[str, Check] = {}

    async def report(self) -> Report:
        """A report at most FRESH_SECONDS old, within WAIT_SECONDS."""
        async with self._lock:
            if self._made is None or time.monotonic() - self._made[0] > FRESH_SECONDS:
                checks = list(await asyncio.gather(*self._checks()))
                report = Report(ready=all(check.ok for check in checks), checks=checks)
                self._tell(report)
                self._made = (time.monotonic(), report)
            return self._made[1]

    def _checks(self) -> Iterator[Coroutine[Any, Any, Check]]:
        for name, assistant in self._web.shelf.assistants.items():
            of = "" if name == DEFAULT else f" {name}"
            yield self._within(f"index{of}", partial(self._index, assistant))
            yield self._within(f"documents{of}", partial(self._documents.check, assistant))
        yield self._within("database", self._database)
        yield self._limits()
        yield self._model()

    async def _within(self, name: str, work: Callable[[], str]) -> Check:
        """The check's finding; while it runs on, the last one, which at first is that the server could start."""
        if name not in self._running or self._running[name][1].done():
            self._running[name] = time.monotonic(), apart(partial(self._look, name, work))
        since, running = self._running[name]
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(running)), WAIT_SECONDS)
        except TimeoutError:
            if (seconds := time.monotonic() - since) >= HUNG_SECONDS:
                hangs = f"Looking has not ended after {seconds:.0f} seconds."
                return Check(name=name, ok=False, detail=hangs, repair="Look at the disk, the database and the log.")
        return self._known.get(name) or Check(name=name, ok=True, detail="well at the start; looking again")

    def _look(self, name: str, work: Callable[[], str]) -> Check:
        """Make a finding and keep it, so that one that comes after its report is in the next."""
        self._known[name] = found(name, work)
        return self._known[name]

    def _index(self, assistant: Assistant) -> str:
        index, server = assistant.index, assistant.index.manifest.content.chroma
        self._disk.check(index.folder)
        if server is None:
            return f"{index.fingerprint} is as it was built"
        index.check_vectors()
        return f"{index.fingerprint} has its vectors on the Chroma server at {server}"

    def _database(self) -> str:
        self._web.store.check()
        return "can be used"

    async def _limits(self) -> Check:
        try:
            await asyncio.wait_for(self._web.ops.limiter.check(), WAIT_SECONDS)
        except AssistantError as error:
            return Check(name="limits", ok=False, detail=error.message, repair=error.remedy)
        except TimeoutError:
            repair = "Start the server that ASSISTANT_RATE_LIMIT_STORAGE names."
            return Check(name="limits", ok=False, detail="The counter does not answer.", repair=repair)
        return Check(name="limits", ok=True, detail="can be counted")

    async def _model(self) -> Check:
        name = self._web.settings.model
        detail = "extractive: no chat model is needed" if name == EXTRACTIVE else f"{name} is set up, and was not asked"
        return Check(name="chat model", ok=True, detail=detail)

    def _tell(self, report: Report) -> None:
        if self._made is not None and [c.ok for c in self._made[1].checks] == [c.ok for c in report.checks]:
            return
        bad = {check.name: f"{check.detail} {check.repair}".strip() for check in report.checks if not check.ok}
        if bad:
            log.warning("not ready", **bad)
        elif self._made is not None:
            log.info("ready again")


class DiskCheck:
    """Compares folders of indexes with their manifests, each again only when something in it changed.

    The server has read what it answers from, so damage would only show at its next start: nothing is opened for this.
    """

    def __init__(self) -> None:
        """Nothing is known to be good yet."""
        self._good: dict[Path, frozenset[tuple[object, ...]]] = {}

    def check(self, folder: Path) -> None:
        """Raises IndexUnavailable, naming the repair, where an index opened now would be found damaged."""
        now = frozenset(_stamps(folder))
        if self._good.get(folder) != now:
            check_files(folder, read_manifest(folder))
            self._good[folder] = now


def _stamps(folder: Path) -> Iterator[tuple[object, ...]]:
    for path in folder.rglob("*"):
        with suppress(OSError):
            stat = path.stat()
            yield path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class DocumentsCheck:
    """Compares documents with the index that answers, again only when a file or the index changed."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._found: dict[tuple[str, ...], tuple[Stamp, str, str]] = {}

    def check(self, assistant: Assistant) -> str:
        """Whether the documents are those of the index; this is no fault, because old answers keep the old text."""
        corpus = assistant.index.manifest.content.folders
        stamp, fingerprint = corpus_stamp(assistant.settings), assistant.index.fingerprint
        known = self._found.get(corpus)
        if known is None or known[:2] != (stamp, fingerprint):
            known = self._found[corpus] = stamp, fingerprint, documents(assistant)
        return known[2]


def documents(assistant: Assistant) -> str:
    """Whether the documents are those of the index that answers."""
    index = assistant.index
    try:
        corpus = load_corpus(assistant.settings)
        wanted = content_of(assistant.settings, corpus, index.embedder.identity)
    except AssistantError as error:
        return f"stale: they can't be read now, the index still answers ({error.message})"
    if wanted.fingerprint == index.fingerprint:
        return f"{len(corpus.essays)}, all in the index"
    changes = "; ".join(reasons_of(index.manifest.content, wanted))
    return f"stale: {changes}. The server changes to them by itself, once they are indexed (assistant index build)"


def found(name: str, work: Callable[[], str]) -> Check:
    """The check ``work`` makes: what it returns is well, what it raises is not."""
    try:
        return Check(name=name, ok=True, detail=work())
    except StoreUnavailable as error:
        return Check(name=name, ok=False, detail=error.located, repair=error.remedy)
    except AssistantError as error:
        return Check(name=name, ok=False, detail=error.message, repair=error.remedy)
    except Exception as error:
        log.exception("check failed", check=name)
        return Check(name=name, ok=False, detail=f"Failed: {type(error).__name__}.", repair="Look into the log.")


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
