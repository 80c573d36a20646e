"""``assistant doctor``: check the installation and say how to repair it.

Each check is a function that returns a sentence and, if something is wrong, a remedy.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING

import typer

from assistant import __version__
from assistant.cli.terminal import Json, say, say_json, table, wrapped
from assistant.errors import AssistantError, CorpusError, IndexUnavailable
from assistant.settings import DEFAULT_EMBEDDING_MODEL, Settings
from assistant.types import Frozen

if TYPE_CHECKING:
    from assistant.corpus.loading import Corpus
    from assistant.evaluation.answerers import LiveText
    from assistant.index.embedding import Embedder

DISTRIBUTION = "essay-assistant"
MODEL_SECONDS = 15.0
SHOWN = ("torch", "sentence-transformers", "chromadb", "langchain", "gradio")
TRACERS = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


class Check(Frozen):
    """The result of one check: whether it passed, what was found, and the remedy if it failed."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


class Installed:
    """What the checks look at. Each part is read once, when a check first needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model, whose files are hashed anew."""
        from assistant.index.embedding import Embedder

        return Embedder(self.settings.embedding_model, encoders=self.settings.encoders_dir)

    @cached_property
    def corpus(self) -> Corpus:
        """The documents. Raises CorpusError where none can be loaded."""
        from assistant.corpus.loading import load_corpus

        try:
            return load_corpus(self.settings)
        except CorpusError as error:
            remedy = error.remedy or "Set ASSISTANT_CORPUS to a folder of documents."
            raise CorpusError(error.message, remedy) from None

    @cached_property
    def texts(self) -> tuple[LiveText, ...]:
        """The editable texts that count. Raises ConfigurationError where one can't be read."""
        from assistant.evaluation.answerers import live_texts

        return live_texts(self.settings)


def run_checks(installed: Installed) -> Iterator[Check]:
    """Every check, as it is done; a failure of one is its result and does not stop the others."""
    yield installation()
    checks: dict[str, Callable[[Installed], Check]] = {
        "embedding model": weights,
        "documents": documents,
        "index": index,
        "encoder": encoder,
        "texts": texts_check,
        "chat model": chat_model,
        "network": network,
    }
    for name, check in checks.items():
        try:
            yield check(installed)
        except AssistantError as error:
            yield Check(name=name, ok=False, detail=error.message, remedy=error.remedy)


def installation() -> Check:
    """Python, and every package the project requires."""
    found = {name: _version(name) for name in (*_required(), *SHOWN)}
    missing = sorted(name for name, version in found.items() if version is None)
    if missing:
        return Check(
            name="installation", ok=False, detail=f"Missing: {', '.join(missing)}.", remedy="Install the project again."
        )
    versions = ", ".join(f"{name} {found[name]}" for name in SHOWN)
    return Check(
        name="installation",
        ok=True,
        detail=f"{DISTRIBUTION} {__version__}, Python {sys.version.split()[0]}, {versions}",
    )


def weights(installed: Installed) -> Check:
    """The embedding model's files. Raises ConfigurationError."""
    found = installed.embedder.identity
    note = "as published" if found.name == DEFAULT_EMBEDDING_MODEL else "your own choice"
    return Check(name="embedding model", ok=True, detail=f"{found.name}, SHA-256 {found.weights_sha256[:12]}…, {note}")


def documents(installed: Installed) -> Check:
    """Every document, loaded. Raises CorpusError if none can be."""
    corpus = installed.corpus
    kinds = [essay.kind for essay in corpus.essays]
    detail = f"{len(kinds)} loaded ({kinds.count('notes')} notes, {kinds.count('original')} originals)"
    if not corpus.problems:
        return Check(name="documents", ok=True, detail=detail)
    left_out = f"{detail}, {len(corpus.problems)} left out"
    return Check(name="documents", ok=False, detail=left_out, remedy=" ".join(corpus.problems))


def index(installed: Installed) -> Check:
    """The index, searched for texts it must find. Raises IndexUnavailable, ConfigurationError."""
    from assistant.index.opened import index_status, open_index

    status = index_status(installed.settings, installed.corpus)
    if not status.current:
        raise IndexUnavailable(f"Not current: {'; '.join(status.reasons)}.", "Run: assistant index build")
    with open_index(installed.settings, status.wanted, embedder=installed.embedder) as opened:
        opened.check()
        canaries = len(opened.manifest.canaries)
    return Check(name="index", ok=True, detail=f"{status.wanted} is current and finds its {canaries} test texts")


def encoder(installed: Installed) -> Check:
    """What encodes questions and documents. Raises ConfigurationError."""
    return Check(name="encoder", ok=True, detail=installed.embedder.load().description)


def texts_check(installed: Installed) -> Check:
    """The editable texts that decide what is answered. Raises ConfigurationError if one can't be read."""
    found = installed.texts
    own = [text.name for text in found if text.differs]
    told = f"of them your own: {', '.join(own)}" if own else "all built in"
    detail = f"{len(found)} editable texts count, {told}"
    orphans = [text.name for text in found if not (text.owner and text.version)]
    remedy = f"Say owner and version in the head of: {', '.join(orphans)}." if orphans else ""
    return Check(name="texts", ok=True, detail=detail, remedy=remedy)


def chat_model(installed: Installed) -> Check:
    """A short word with the configured chat model. Raises ModelUnavailable, ConfigurationError."""
    from assistant.answering.local import is_local
    from assistant.answering.models import EXTRACTIVE, ChatModel

    settings = installed.settings
    if settings.model == EXTRACTIVE:
        return Check(name="chat model", ok=True, detail="extractive: answers are quoted, no model is needed")
    seconds = settings.model_first_token if is_local(settings.model) else MODEL_SECONDS  # it is loaded first
    model = ChatModel(settings.model_copy(update={"model_timeout": min(settings.model_timeout, seconds)}))
    if not model.complete("Answer with one word.", "Say: ready"):
        return Check(
            name="chat model",
            ok=False,
            detail=f"{settings.model} answered with nothing.",
            remedy="Check that ASSISTANT_MODEL names a chat model.",
        )
    return Check(name="chat model", ok=True, detail=f"{settings.model} answers")


def network(installed: Installed) -> Check:
    """Where questions and documents may go."""
    from assistant.answering.local import is_local
    from assistant.answering.models import EXTRACTIVE
    from assistant.index.searches import public_url

    settings = installed.settings
    tracing = [name for name in TRACERS if os.environ.get(name, "").strip().lower() in {"1", "true", "yes"}]
    if tracing:
        return Check(
            name="network",
            ok=False,
            detail=f"{', '.join(tracing)} would send every question to LangSmith.",
            remedy=f"Unset {', '.join(tracing)}.",
        )
    stays = settings.model == EXTRACTIVE or is_local(settings.model)
    places = [] if stays else [f"questions and passages go to {settings.model}"]
    if settings.chroma_url:
        places.append(f"vectors are at {public_url(settings.chroma_url)}")
    if settings.embedding_model != DEFAULT_EMBEDDING_MODEL:
        places.append("an embedding model that is not here is downloaded")
    return Check(name="network", ok=True, detail="; ".join(places) or "nothing leaves this machine")


def _required() -> list[str]:
    """Names of the packages the project's metadata asks for, without extras."""
    try:
        asked = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return [DISTRIBUTION]
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in asked if "extra ==" not in line]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


_TEXTS = ("text", "owner", "version", "SHA-256", "which")


def doctor(as_json: Json = False) -> None:
    """Check that all is in order, and say what to do.

    Looks at the installation, the models, the documents, the index and where data may go, and lists the editable texts
    that count.
    """

    from assistant.settings import load_settings

    installed = Installed(load_settings())
    checks: list[Check] = []
    for check in run_checks(installed):
        checks.append(check)
        if not as_json:
            for line in _lines(check):
                say(line)
            sys.stdout.flush()
    well = all(check.ok for check in checks)
    if as_json:
        found = {"ok": well, "checks": [check.model_dump() for check in checks]}
        found["texts"] = [text.model_dump(mode="json") for text in texts(installed)]
        say_json(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        say()
        table(_TEXTS, map(_row, texts(installed)))
    if not well:
        raise typer.Exit(1)


def texts(installed: Installed) -> tuple[LiveText, ...]:
    """The editable texts that count; none if one can't be read, which is a check's finding."""
    try:
        return installed.texts
    except AssistantError:
        return ()


def _row(text: LiveText) -> tuple[str, ...]:
    which = "your own" if text.differs else "built in"
    return text.name, text.owner or "nobody", text.version or "-", text.short, which


def _lines(check: Check) -> Iterator[str]:
    yield wrapped(f"{'✓' if check.ok else '✗'} {check.name}: {check.detail}", "  ")
    if check.remedy:
        yield wrapped(f"→ {check.remedy}", "    ", first="  ")
