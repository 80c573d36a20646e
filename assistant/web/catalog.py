"""The corpora and models a caller may choose from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from assistant.answering.assistant import Assistant, Model
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.errors import ConfigurationError, Problem, UnknownSource
from assistant.index.build import Progress, silent
from assistant.settings import Settings
from assistant.types import Essay

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Shelf:
    """Open assistants by the name of their corpus, the first being the default, and the chat models on offer."""

    def __init__(self, assistants: Mapping[str, Assistant]) -> None:
        """``assistants`` stay the caller's to close. Raises ConfigurationError for a model that can't be set up."""
        self.assistants = dict(assistants)
        self.default = next(iter(self.assistants.values()))
        self.default_model = self.default.settings.model
        self._models = _models(self.default.settings)

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, progress: Progress = silent) -> Iterator[Shelf]:
        """Every corpus of the settings opened, closed at the end.

        Raises ConfigurationError for corpora that can't be read, CorpusError and IndexUnavailable as Assistant does.
        """
        with ExitStack() as stack:
            chosen = {DEFAULT: settings, **_corpora(settings)}
            yield cls({n: stack.enter_context(Assistant(s, progress=progress)) for n, s in chosen.items()})

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models a caller may choose, the default first."""
        return tuple(self._models)

    def corpus(self, name: str | None) -> Assistant:
        """The assistant over a corpus, None meaning the default. Raises Problem 422 for a name nobody offers."""
        if name is None:
            return self.default
        if name not in self.assistants:
            offered = ", ".join(self.assistants)
            raise Problem(422, "unknown_corpus", "No corpus has this name.", f"There are: {offered}.")
        return self.assistants[name]

    def model(self, name: str | None) -> Model:
        """What answers for a model's name, None meaning the default. Raises Problem 422 for a name nobody offers."""
        if name is None:
            return None
        if name not in self._models:
            offered = ", ".join(self._models)
            raise Problem(422, "unknown_model", "No model of this name is offered.", f"There are: {offered}.")
        return self._models[name]


def warm_up(assistant: Assistant) -> None:
    """Load what only a question needs, so that the first one needn't wait. No chat model is asked."""
    assistant.search("What is fine-tuning?")


def source(essays: Mapping[str, Essay], source_id: str) -> Essay:
    """The document of this id. Raises UnknownSource naming those there are."""
    if source_id not in essays:
        raise UnknownSource("No source has this id.", f"There are: {', '.join(essays)}.")
    return essays[source_id]


def changed(settings: Settings, **changes: object) -> Settings:
    """The settings with some changed, nothing read anew, and nothing remembered that rests on the old ones."""
    return Settings(**{name: getattr(settings, name) for name in Settings.model_fields} | changes)


def _models(settings: Settings) -> dict[str, Model]:
    """The default's own model goes by None: each assistant has set it up already."""
    found: dict[str, Model] = {settings.model: None, EXTRACTIVE: "extractive"}
    for name in filter(None, map(str.strip, settings.models.split(","))):
        if name not in found:
            found[name] = ChatModel(changed(settings, model=name))
    return found


def _corpora(settings: Settings) -> dict[str, Settings]:
    """Settings for each further corpus; its index lies in a folder of its own, where no other corpus clears it away."""
    found: dict[str, Settings] = {}
    for entry in filter(None, map(str.strip, settings.corpora.split(";"))):
        name, _, folder = (part.strip() for part in entry.partition("="))
        if not _NAME.fullmatch(name) or not folder:
            raise ConfigurationError(
                "ASSISTANT_CORPORA holds something that is not `name=folder`.",
                "Write for example handbook=/data/handbook;notes=/data/notes, names in letters, digits, - and _.",
            )
        if name == DEFAULT or name in found:
            raise ConfigurationError(f"ASSISTANT_CORPORA names {name!r} twice.", f"{DEFAULT!r} is ASSISTANT_CORPUS.")
        found[name] = changed(settings, corpus=folder, index=settings.index_dir / "corpora" / name)
    return found
