"""Documents added, fetched and removed on the page of the library, by those who may: one import at a time, in a thread.

The documents land where ``assistant corpus add`` puts them, through the same limits; the running server follows them.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from assistant.corpus.importing import AddReport, add_documents, fetch_originals, imported, remove_document
from assistant.corpus.reading import SUFFIXES, catalog
from assistant.errors import CorpusError, InputError, Problem
from assistant.settings import Settings
from assistant.types import Essay
from assistant.web.asking import principal_of
from assistant.web.catalog import DEFAULT
from assistant.web.observe.logs import logger
from assistant.web.service import Web

ADD, FETCH, REMOVE = "/library/add", "/library/fetch", "/library/remove"
MOST_FILES = 20
AT_ONCE = 4
"""Of the largest documents, how many one upload may hold."""
RIGHTS = (
    "The essays belong to their authors. They are downloaded from the authors' own pages, for your own reading on this "
    "server: ask the authors before you pass them on or show them to the public."
)
log = logger("assistant.web.documents")
State = Literal["waiting", "working", "done", "failed"]


@dataclass
class Step:
    """One document of an import: what it is called, how far it is, what to say about it, and what came or went."""

    name: str
    state: State = "waiting"
    told: str = ""
    essay: Essay | None = None
    gone: Essay | None = None


@dataclass
class Import:
    """What is being added, fetched or removed in one go, or was."""

    corpus: str | None
    steps: list[Step]
    over: bool = False


@dataclass
class Imports:
    """The import that runs, or the last one; safe to share between threads."""

    last: Import | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, corpus: str | None, names: Sequence[str], work: Callable[[Step], None]) -> None:
        """Do the work for each name, in a thread. Raises Problem 409 while another import runs."""
        begun = Import(corpus, [Step(name) for name in names])
        with self._lock:
            if self.last is not None and not self.last.over:
                raise Problem(409, "import_running", "Other documents are being added.", "Wait until they are there.")
            self.last = begun
        threading.Thread(target=self._run, args=(begun, work), name="import", daemon=True).start()

    def _run(self, begun: Import, work: Callable[[Step], None]) -> None:
        for step in begun.steps:
            step.state = "working"
            try:
                work(step)
                step.state = "done"
            except CorpusError as error:
                step.state, step.told = "failed", str(error)
            except Exception:
                log.exception("an import failed", document=step.name)
                step.state, step.told = "failed", "The server failed on it; its log says why."
        begun.over = True


@dataclass(frozen=True)
class Editing:
    """What the page offers: the last import, the originals to fetch, the documents to remove, and what still comes."""

    last: Import | None
    fetchable: tuple[Essay, ...]
    removable: frozenset[str]
    pending: bool
    kinds: str = ",".join(SUFFIXES)
    rights: str = RIGHTS


def uploads(settings: Settings) -> Mapping[str, int]:
    """The paths that take more than other requests, with their most bytes."""
    return {ADD: AT_ONCE * settings.max_document_bytes + 100_000} if settings.documents_editable else {}


def editing(settings: Settings, essays: Mapping[str, Essay], imports: Imports, corpus: str | None) -> Editing | None:
    """What there is to edit in a corpus; None where nobody may."""
    if not settings.documents_editable:
        return None
    last = imports.last if imports.last is not None and imports.last.corpus == corpus else None
    notes = [] if settings.corpus else [e for e in catalog().values() if essays.get(e.id, e).kind == "notes"]
    return Editing(
        last=last,
        fetchable=tuple(essay for essay in notes if essay.url),
        removable=frozenset(name for name in essays if imported(name, settings)),
        pending=last is not None and (not last.over or any(_coming(step, essays) for step in last.steps)),
    )


def _coming(step: Step, essays: Mapping[str, Essay]) -> bool:
    """Whether a document that was imported does not answer yet, or one that was removed still does."""

    def served(essay: Essay) -> bool:
        return essay.id in essays and essays[essay.id].sha256 == essay.sha256

    return (step.essay is not None and not served(step.essay)) or (step.gone is not None and served(step.gone))


def document_routes(web: Web, imports: Imports) -> APIRouter:
    """Where the library's forms are sent; each replies with the way back to the library."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(ADD)
    async def add(request: Request) -> Response:
        async with _sent(request, web) as form:
            files = [(_name(each), await each.read()) for each in form.getlist("file") if isinstance(each, UploadFile)]
        bodies = {name: body for name, body in files if name}
        if not bodies:
            raise InputError("There is no file to add.", f"Choose one of {', '.join(SUFFIXES)}.")
        corpus, settings = _corpus(form, web)
        replace = bool(form.get("replace"))

        def work(step: Step) -> None:
            with TemporaryDirectory() as folder:
                path = Path(folder, "library", step.name)
                path.parent.mkdir()
                path.write_bytes(bodies[step.name])
                _tell(step, add_documents([str(path)], settings, replace=replace), path.parent, settings)

        imports.begin(corpus, list(bodies), work)
        return _back(corpus)

    @routes.post(FETCH)
    async def fetch(request: Request) -> Response:
        async with _sent(request, web) as form:
            corpus, settings = _corpus(form, web)
        known = catalog()
        ids = [str(name) for name in form.getlist("id") if name in known] or list(known)
        titles = {f"“{known[name].title}”": name for name in ids}

        def work(step: Step) -> None:
            _tell(step, fetch_originals([titles[step.name]], settings, replace=True), Path(), settings)

        imports.begin(corpus, list(titles), work)
        return _back(corpus)

    @routes.post(REMOVE)
    async def remove(request: Request) -> Response:
        async with _sent(request, web) as form:
            corpus, settings = _corpus(form, web)
        source_id, essays = str(form.get("id", "")), web.shelf.corpus(corpus).essays
        if source_id not in essays:
            raise Problem(404, "unknown_source", "This document is not here any more.", "Look at the library again.")
        if len(essays) == 1:
            raise InputError("This is the last document.", "Add another one before you remove it.")

        def work(step: Step) -> None:
            remove_document(source_id, settings)
            step.gone = essays[source_id]
            step.told = "Removed."

        imports.begin(corpus, [f"“{essays[source_id].title}”"], work)
        return _back(corpus)

    return routes


@asynccontextmanager
async def _sent(request: Request, web: Web) -> AsyncIterator[FormData]:
    """The form, its files closed afterwards. Raises Problem 403 for those who may not edit, 429 for too many."""
    principal = principal_of(request)
    if not web.settings.documents_editable or principal.how == "portal":
        raise Problem(
            403,
            "documents_closed",
            "Documents can't be changed here.",
            "Whoever runs the server adds them, or sets ASSISTANT_EDIT_DOCUMENTS.",
        )
    await web.desk.count(principal, apart="documents")
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
        yield form


def _corpus(form: FormData, web: Web) -> tuple[str | None, Settings]:
    """The corpus a form names, None being the default, and its settings. Raises Problem 422."""
    name = str(form.get("corpus", "")) or None
    return (None if name == DEFAULT else name), web.shelf.corpus(name).settings


def _name(file: UploadFile) -> str:
    """The file's own name, without the folders some browsers send along."""
    return PurePosixPath((file.filename or "").replace("\\", "/")).name.replace("\0", "")[:200]


def _tell(step: Step, report: AddReport, folder: Path, settings: Settings) -> None:
    """What became of a document, without a folder of the server's own. Raises CorpusError."""
    for _, error in report.failed:
        told = str(error)
        for private in {str(folder), str(settings.originals_dir)} - {"."}:
            told = told.replace(f"{private}/", "")
        raise CorpusError(told)
    for added in report.added:
        step.essay = added.essay
        step.told = " ".join(filter(None, [f"{len(added.essay.text.split()):,} words.", added.loss]))


def _back(corpus: str | None) -> Response:
    query = f"?{urlencode({'corpus': corpus})}" if corpus else ""
    return RedirectResponse(f"../library{query}#edit", 303, {"Cache-Control": "no-store"})
