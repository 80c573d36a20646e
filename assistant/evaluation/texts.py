"""Every editable text that decides what the assistant does: its owner, its version, and whether it is the built-in one.

Going back to an older state is a git checkout: an answer rests on these texts, the code, the settings and the
documents. The index follows the documents by itself, and nothing is remembered elsewhere.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.answering import prompts
from assistant.corpus.claims import FILE as CLAIMS
from assistant.errors import ConfigurationError, CorpusError
from assistant.evaluation.chat_judge import PROMPTS as JUDGE_PROMPTS
from assistant.settings import PACKAGE, Settings, bundled_corpus, suites_dir
from assistant.textfiles import load_yaml, parse
from assistant.tuning import FILE as TUNING
from assistant.types import Frozen

ROOMS = ("advice", "answering", "corpus", "index", "retrieval")
PROMPTS = "answering/prompts/"
MEASURING = "evaluation/"
"""Texts that judge answers and don't make them: a run keeps its bars and its judge's hash by themselves."""


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
    """The texts that count under these settings, by name; owner and version are empty where the head names none.

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
    """Files that stand in for built-in ones, and claims beside documents of one's own, which count as well."""
    if settings.prompts_dir is not None:
        for path in prompts.prompt_files(settings.prompts_dir):
            yield PROMPTS + path.name, path
    for folder in reversed(settings.corpus_dirs):
        if folder != bundled_corpus():
            for name, path in _of_documents(folder):
                yield (f"{name} in {folder}" if path.name == CLAIMS else name), path


def _of_documents(folder: Path) -> Iterator[tuple[str, Path]]:
    if (folder / CLAIMS).is_file():
        yield f"corpus/{CLAIMS}", folder / CLAIMS
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
    data = tomllib.loads(text) if suffix == ".toml" else load_yaml(text)
    return data if isinstance(data, dict) else {}
