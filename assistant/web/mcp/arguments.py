"""What the tools take and give; clients get these as JSON schemas."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator, Field

from assistant.advice.situation import Situation
from assistant.web.api.schemas import MAX_PASSAGES, MAX_TURNS, Said, SourceInfo, Taken
from assistant.web.verdicts import MAX_TEXT

MAX_SLICE = 20_000
"""Most characters of a source in one reply."""


def _decoded(value: object) -> object:
    """A list that a client wrote as JSON in a string, as some do; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


Corpus = Annotated[str | None, Field(max_length=64, description="Name of the corpus; left out: the default.")]
History = Annotated[list[Said], BeforeValidator(_decoded), Field(max_length=MAX_TURNS)]


class AskArguments(Taken):
    """A question."""

    question: str = Field(description="The question, in plain words.")
    history: History = Field([], description="Earlier messages, oldest first, for a question that leans on them.")
    model: str | None = Field(None, max_length=200, description="Name of a chat model on offer, or `extractive`.")
    corpus: Corpus = None


class SearchArguments(Taken):
    """A search."""

    query: str = Field(description="What to look for.")
    k: int = Field(5, ge=1, le=MAX_PASSAGES, description="How many passages.")
    corpus: Corpus = None


class ReadArguments(Taken):
    """A slice of a source's text."""

    source_id: str = Field(max_length=200, description="Id of the source, as citations and passages name it.")
    start: int = Field(0, ge=0, description="First character, counted in code points.")
    end: int | None = Field(None, ge=0, description="Character behind the last; left out: as much as one reply holds.")
    corpus: Corpus = None


class AdviseArguments(Taken):
    """A case, in words or as fields; a field corrects what was read from the words."""

    text: str | None = Field(None, max_length=MAX_TEXT, description="The case in the person's own words.")
    situation: Annotated[Situation | None, BeforeValidator(_decoded)] = Field(
        None, description="What the person said of it. Leave out what nobody said: unknown is a good answer."
    )
    corpus: Corpus = None


class Slice(SourceInfo):
    """Characters ``start`` to ``end`` (exclusive) of a source whose text has ``length``."""

    start: int
    end: int
    length: int
    text: str
    next: int | None = Field(description="Where to read on; null at the end of the text.")
