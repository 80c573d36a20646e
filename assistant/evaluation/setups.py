"""What a run was made with, in hashes, so that it can be made again and never be taken for another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from assistant import __version__
from assistant.errors import InputError
from assistant.evaluation.answerers import Answerer
from assistant.evaluation.chat_judge import ChatJudge
from assistant.evaluation.loading import Suite
from assistant.evaluation.results import Setup
from assistant.settings import PACKAGE
from assistant.types import Essay

_ANSWERING = ("types.py", "settings.py", "corpus", "index", "retrieval", "advice", "answering")
"""The parts of the package an answer depends on: reports and commands may change and a run still be continued."""


def setup_of(suite: Suite, answerer: Answerer, judge: ChatJudge | None = None) -> Setup:
    """The set-up of a suite asked of an answerer, and judged by a chat model where there is a judge."""
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
    """Raises InputError where a document is missing or has another text: offsets would mean other words."""
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
