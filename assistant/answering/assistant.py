"""The Python face: ``from assistant import Assistant``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from assistant.answering.models import ChatModel
from assistant.answering.pipeline import Pipeline, readable
from assistant.answering.stages import Done, Event
from assistant.corpus.loading import load_corpus
from assistant.corpus.overview import Overview, overview
from assistant.errors import InputError
from assistant.index.build import Progress, silent
from assistant.index.opened import OpenIndex, ensure_index
from assistant.retrieval.retriever import HybridRetriever
from assistant.settings import Settings, load_settings
from assistant.tuning import tuned
from assistant.types import Answer, Essay, RankedPassage, Turn

History = Iterable[Turn | Mapping[str, object]]
Model = ChatModel | Literal["extractive"] | None


class Assistant:
    """Answers questions from the configured documents.

    ``Assistant()`` reads its settings from the environment and builds the index when it is missing or stale.
    Safe to share between threads. Raises CorpusError, IndexUnavailable or ConfigurationError on construction.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        progress: Progress = silent,
        like: Assistant | None = None,
        **overrides: object,
    ) -> None:
        """``overrides`` are settings by name, for example ``model="openai:gpt-4o-mini"``.

        ``like`` is an assistant with the same embedding model, which both then share.
        """
        self.settings = settings or load_settings(**overrides)
        corpus = load_corpus(self.settings)
        self.problems = corpus.problems
        self.claims = corpus.claims
        self.index: OpenIndex = ensure_index(
            self.settings, corpus, progress, embedder=like.index.embedder if like else None
        )
        self._pipeline = Pipeline(self.settings, self.index, corpus)

    @property
    def context(self) -> Literal["retrieved", "whole"]:
        """What a chat model is given: sentences retrieved for the question, or the whole documents."""
        return "whole" if self._pipeline.context.whole else "retrieved"

    @property
    def essays(self) -> Mapping[str, Essay]:
        """The documents that answer, by id, with the text every citation's offsets count in."""
        return self.index.essays

    @cached_property
    def overview(self) -> Overview:
        """What each document says on each theme, with citations; a notice names documents without themes."""
        book = self._pipeline.composer.matcher.book
        return overview(self.essays, list(book.statements.values()), book.themes)

    def ask(self, question: str, history: History = (), model: Model = None) -> Answer:
        """The whole answer. ``history`` are earlier turns, oldest first. Raises InputError."""
        for event in self.stream(question, history, model):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("the pipeline ended without an answer")

    def stream(self, question: str, history: History = (), model: Model = None) -> Iterator[Event]:
        """Passages, then Token events as sentences are verified, then Done with the answer. Raises InputError.

        ``model`` answers this question instead of the configured one; ``extractive`` means none at all.
        """
        yield from self._pipeline.stream(question, turns(history), model)

    def clean(self, question: str) -> str:
        """The question as it is asked: without characters nobody sees. Raises InputError where it can't be."""
        return self._pipeline.clean(question)

    def search(self, query: str, k: int = 5) -> tuple[RankedPassage, ...]:
        """The ``k`` best passages for a query, as far as they have to do with it. Raises InputError."""
        found = HybridRetriever(self.index, k, self.settings.corpus_dirs).retrieve(self.clean(query), k).passages
        return tuple(passage for passage in found if passage.score >= tuned("retrieval.related"))

    def close(self) -> None:
        """Release the index."""
        self.index.close()

    def __enter__(self) -> Assistant:
        """Use as a context manager to release the index at the end."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Release the index."""
        self.close()


def turns(history: History) -> tuple[Turn, ...]:
    """Earlier messages as turns. Raises InputError for a role other than user or assistant, or no text."""
    found: Sequence[Turn | Mapping[str, object]] = list(history)
    made = []
    for i, turn in enumerate(found, start=1):
        if isinstance(turn, Turn):
            made.append(turn.model_copy(update={"content": readable(turn.content)}))
            continue
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise InputError(
                f"Message {i} of the history is not usable.",
                'Each needs a "role" (user or assistant) and "content" (text).',
            )
        made.append(Turn(role=role, content=readable(content)))
    return tuple(made)
