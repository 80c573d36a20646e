"""What answers a suite: the interface a run needs, our own pipeline behind it, and the texts that shape its answers.

A run's set-up records the hashes of everything that shapes answers, so that two set-ups are never confused: texts,
code, settings and documents. A git checkout restores an earlier state; the index follows the documents.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from assistant import __version__
from assistant.answering import prompts
from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.answering.prompts import prompts_sha256
from assistant.answering.responding import replaced
from assistant.corpus.themes import CLAIMS
from assistant.corpus.wording import GLOSSARY, TERMS
from assistant.errors import ConfigurationError, CorpusError, InputError, ModelUnavailable
from assistant.evaluation.cases import Case, Suite
from assistant.evaluation.chat_judge import PROMPTS as JUDGE_PROMPTS
from assistant.evaluation.chat_judge import ChatJudge
from assistant.evaluation.results import Levers, Setup
from assistant.index.build import Progress, silent
from assistant.settings import PACKAGE, Settings, bundled_corpus, suites_dir
from assistant.textfiles import parse, yaml_head
from assistant.tuning import FILE as TUNING
from assistant.types import Answer, Essay, Frozen

ROOMS = ("advice", "answering", "corpus", "index", "retrieval")
PROMPTS = "answering/prompts/"
MEASURING = "evaluation/"
"""Texts that judge answers and don't make them: a run keeps its bars and its judge's hash by themselves."""

BESIDE = (CLAIMS, GLOSSARY, TERMS)
"""Files beside documents that add to the built-in ones and don't stand in for them."""


class LiveText(Frozen):
    """A text that counts now, with what its head says. ``differs``: it has not the words of the built-in one."""

    name: str
    path: Path
    owner: str
    version: str
    sha256: str
    differs: bool

    @property
    def short(self) -> str:
        """The first 12 hex digits of the hash."""
        return self.sha256[:12]


def live_texts(settings: Settings) -> tuple[LiveText, ...]:
    """The texts that count under these settings, by name; owner and version are empty if the head names none.

    Questions tied to a document count where it is loaded. Raises ConfigurationError for a text that can't be read.
    """
    built_in = dict(_built_in())
    found = built_in | dict(_own(settings))
    return tuple(_live(name, found[name], built_in.get(name)) for name in sorted(found))


def answering_texts(settings: Settings) -> dict[str, str]:
    """``version 2, 0a1b…`` (SHA-256) of each text that answers are made by, by name. Raises ConfigurationError."""
    return {
        text.name: f"version {text.version or 'unknown'}, {text.sha256}"
        for text in live_texts(settings)
        if not text.name.startswith(MEASURING)
    }


def _built_in() -> Iterator[tuple[str, Path]]:
    for path in prompts.prompt_files():
        yield PROMPTS + path.name, path
    yield "tuning.yaml", TUNING
    for room in ROOMS:
        for path in (PACKAGE / room).glob("*.yaml"):
            yield f"{room}/{path.name}", path
    yield from _of_documents(bundled_corpus())
    for path in JUDGE_PROMPTS.glob("*.md"):
        yield f"{MEASURING}prompts/{path.name}", path
    yield f"{MEASURING}thresholds.toml", suites_dir() / "thresholds.toml"


def _own(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Files that stand in for built-in ones, and what stands beside documents of one's own and counts as well."""
    if settings.prompts_dir is not None:
        for path in prompts.prompt_files(settings.prompts_dir):
            yield PROMPTS + path.name, path
    for folder in reversed(settings.corpus_dirs):
        if folder != bundled_corpus():
            for name, path in _of_documents(folder):
                yield (f"{name} in {folder}" if path.name in BESIDE else name), path


def _of_documents(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in BESIDE:
        if (folder / name).is_file():
            yield f"corpus/{name}", folder / name
    for part in ("statements", "themes"):
        for path in sorted((folder / part).glob("*.yaml")):
            yield f"corpus/{part}/{path.name}", path


def _live(name: str, path: Path, built_in: Path | None) -> LiveText:
    try:
        data = path.read_bytes()
        own = built_in is None or (path != built_in and data != built_in.read_bytes())
        head = _head(data.decode("utf-8"), path.suffix)
    except (OSError, ValueError, CorpusError) as error:
        raise ConfigurationError(f"{path}: can't be read ({type(error).__name__}).", "Correct or remove it.") from None
    said = {field: str(head[field]) if head.get(field) is not None else "" for field in ("owner", "version")}
    return LiveText(name=name, path=path, sha256=hashlib.sha256(data).hexdigest(), differs=own, **said)


def _head(text: str, suffix: str) -> Mapping[str, object]:
    if suffix == ".md":
        return parse(text)[0]
    return tomllib.loads(text) if suffix == ".toml" else yaml_head(text)


BUILT_IN = "built-in"


class Answerer(Protocol):
    """What a run needs from a system that answers. Citations are checked against ``essays``."""

    @property
    def model(self) -> str:
        """The name reports show."""
        ...

    @property
    def prompts(self) -> tuple[str, str]:
        """Name and SHA-256 of the prompts; the hash is empty if they are not known."""
        ...

    @property
    def corpus(self) -> str:
        """The name of the documents."""
        ...

    @property
    def index_fingerprint(self) -> str:
        """The index searched; empty if it is not known."""
        ...

    @property
    def levers(self) -> Levers:
        """What a chat model is given; empty if that is not known."""
        ...

    @property
    def essays(self) -> Mapping[str, Essay]:
        """The documents by id."""
        ...

    def answer(self, case: Case) -> Answer:
        """The answer to a case's question. Raises AssistantError if there is none."""
        ...

    def close(self) -> None:
        """Releases what it holds."""
        ...


class OwnPipeline:
    """The real pipeline with one model, one folder of prompts and one corpus."""

    def __init__(self, settings: Settings, progress: Progress = silent) -> None:
        """Raises CorpusError, IndexUnavailable, ConfigurationError as Assistant does."""
        self._settings = settings
        self._assistant = Assistant(settings, progress=progress)
        self.model = settings.model
        self.problems = self._assistant.problems
        self._assistant.search("warm", 1)  # loading weights is no question's time

    @property
    def prompts(self) -> tuple[str, str]:
        """Name and SHA-256 of the prompts."""
        return str(self._settings.prompts or BUILT_IN), prompts_sha256(self._settings.prompts_dir)

    @property
    def corpus(self) -> str:
        """The configured folders."""
        return self._settings.corpus or BUILT_IN

    @property
    def index_fingerprint(self) -> str:
        """The index searched."""
        return self._assistant.index.manifest.fingerprint

    @cached_property
    def levers(self) -> Levers:
        """The context and examples a chat model is given, and the texts answers are made by, as they were at first."""
        texts = answering_texts(self._settings)
        if self.model == EXTRACTIVE:
            return Levers(texts=texts)
        settings = self._settings
        return Levers(
            task=settings.model_task, context=self._assistant.context, examples=settings.examples, texts=texts
        )

    @property
    def essays(self) -> Mapping[str, Essay]:
        """The documents by id."""
        return self._assistant.essays

    def answer(self, case: Case) -> Answer:
        """The answer. Raises ModelUnavailable if the extracted answer replaced the chat model's.

        Users are better served by the replacement, but it says nothing about the model under test.
        """
        answer = self._assistant.ask(case.question, case.history)
        if self.model != EXTRACTIVE and (why := replaced(answer)):
            raise ModelUnavailable(f"{self.model} did not answer this itself: {why}", "Try it with --retry-errors.")
        return answer

    def close(self) -> None:
        """Releases the index."""
        self._assistant.close()


_ANSWERING = ("types.py", "settings.py", "corpus", "index", "retrieval", "advice", "answering")
"""The parts of the package an answer depends on: reports and commands may change and a run still be continued."""


def setup_of(suite: Suite, answerer: Answerer, judge: ChatJudge | None = None) -> Setup:
    """The set-up of a run: suite, answerer and, if there is one, the judge."""
    prompts, prompt_sha256 = answerer.prompts
    return Setup(
        suite=suite.name,
        suite_sha256=suite.sha256,
        model=answerer.model,
        prompts=prompts,
        prompt_sha256=prompt_sha256,
        corpus=answerer.corpus,
        corpus_sha256={essay.id: essay.sha256 for essay in answerer.essays.values()},
        index_fingerprint=answerer.index_fingerprint,
        code_version=code_version(),
        levers=answerer.levers,
        judge=judge.name if judge else "",
        judge_sha256=judge.prompt_sha256 if judge else "",
    )


def check_corpus(setup: Setup, essays: Mapping[str, Essay]) -> None:
    """Raises InputError if a document is missing or has another text: offsets would mean other words."""
    changed = [
        name for name, digest in setup.corpus_sha256.items() if name not in essays or essays[name].sha256 != digest
    ]
    if changed:
        raise InputError(
            f"The documents are not those of this run ({', '.join(changed)}).", "Set ASSISTANT_CORPUS to its corpus."
        )


@lru_cache(maxsize=1)
def code_version() -> str:
    """The version, and the first 12 hex digits of a SHA-256 over the code and data that answer."""
    digest = hashlib.sha256()
    for name in _ANSWERING:
        place = PACKAGE / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in {".py", ".yaml"} and path.is_file():
                digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"
