"""Questions people ask, tied to the sentence that answers each: ``corpus/questions/<id>.yaml``.

They help retrieval understand words the essay does not use (as in doc2query). They are indexed, never quoted.
A file is a list of records, alone or as ``questions`` below ``owner`` and ``version``. A record's ``answer`` is a part
of one sentence of the notes, ``original`` a part of one of the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.corpus.splitting import split
from assistant.errors import CorpusError
from assistant.textfiles import read_yaml
from assistant.types import Essay, Frozen, Span


class Hint(Frozen):
    """A question for which the sentence at ``start:end`` of the essay is the answer."""

    source_id: str
    start: int
    end: int
    ask: str


def load_hints(essay: Essay, folders: tuple[Path, ...]) -> tuple[Hint, ...]:
    """The hints for an essay from the first folder that has any; none is fine.

    A record whose anchor does not stand exactly once in the text is passed over: the text has changed since.
    Raises CorpusError naming a file that can't be read.
    """
    for folder in folders:
        path = folder / "questions" / f"{essay.id}.yaml"
        if path.is_file():
            return tuple(_resolve(essay, _records(path)))
    return ()


def _records(path: Path) -> list[dict[str, Any]]:
    data = read_yaml(path, CorpusError)
    if isinstance(data, dict):
        data = data.get("questions")
    ok = isinstance(data, list) and all(isinstance(r, dict) and isinstance(r.get("ask"), list) for r in data)
    if not ok:
        raise CorpusError(f"{path}: is not a list of records with `answer` and `ask`.", "Correct it or remove it.")
    return list(data)


def _resolve(essay: Essay, records: list[dict[str, Any]]) -> Iterator[Hint]:
    spans = [span for passage in split(essay) for span in passage.sentences]
    field = "answer" if essay.kind == "notes" else "original"
    for record in records:
        span = _sentence_with(essay.text, spans, record.get(field))
        if span is not None:
            for ask in record["ask"]:
                yield Hint(source_id=essay.id, start=span.start, end=span.end, ask=str(ask))


def _sentence_with(text: str, spans: list[Span], anchor: object) -> Span | None:
    if not isinstance(anchor, str) or text.count(anchor) != 1:
        return None
    at = text.index(anchor)
    return next((span for span in spans if span.start <= at < span.end), None)
