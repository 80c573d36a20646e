"""Who answers a suite's questions: our own pipeline, or something else that looks the same from here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from assistant.answering.assistant import Assistant
from assistant.answering.models import EXTRACTIVE
from assistant.answering.prompts import prompts_sha256
from assistant.errors import ModelUnavailable
from assistant.evaluation.cases import Case
from assistant.evaluation.results import Levers
from assistant.evaluation.texts import answering_texts
from assistant.index.build import Progress, silent
from assistant.settings import Settings
from assistant.types import Answer, Essay

BUILT_IN = "built-in"


class Answerer(Protocol):
    """What a run needs of whoever answers. ``essays`` are what citations are checked against."""

    @property
    def model(self) -> str:
        """The name reports show."""
        ...

    @property
    def prompts(self) -> tuple[str, str]:
        """Name and SHA-256 of the prompts; the hash is empty where they are not known."""
        ...

    @property
    def corpus(self) -> str:
        """The name of the documents."""
        ...

    @property
    def index_fingerprint(self) -> str:
        """The index searched; empty where it is not known."""
        ...

    @property
    def levers(self) -> Levers:
        """What a chat model is given; empty where that is not known."""
        ...

    @property
    def essays(self) -> Mapping[str, Essay]:
        """The documents by id."""
        ...

    def answer(self, case: Case) -> Answer:
        """The answer to a case's question. Raises AssistantError where there is none."""
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
        return Levers(context=self._assistant.context, examples=self._settings.examples, texts=texts)

    @property
    def essays(self) -> Mapping[str, Essay]:
        """The documents by id."""
        return self._assistant.essays

    def answer(self, case: Case) -> Answer:
        """The answer. Raises ModelUnavailable where the extracted one stands in for the chat model's.

        Users are better served by the stand-in, but it says nothing about the model that is measured.
        """
        answer = self._assistant.ask(case.question, case.history)
        drafted = [str(step.detail.get("by")) for step in answer.trace if step.stage == "draft"]
        if self.model != EXTRACTIVE and drafted and drafted[-1] != self.model:
            why = answer.notices[0] if answer.notices else "It gave no usable answer."
            raise ModelUnavailable(f"{self.model} did not answer this itself: {why}", "Try it with --retry-errors.")
        return answer

    def close(self) -> None:
        """Releases the index."""
        self._assistant.close()
