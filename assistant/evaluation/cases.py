"""A question with what a right answer must hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from assistant.types import Frozen, Turn


class Gold(Frozen):
    """Words of a source that answer a question. ``context`` is a longer quote around them where they stand twice.

    ``source`` is the essay's id; where it is None each of the case's sources is looked through.
    """

    quote: str = Field(min_length=1, description="Exact words of a source; only white space may differ.")
    context: str | None = Field(None, description="A longer quote around it, where the quote stands more than once.")
    source: str | None = Field(None, description="Id of the essay it stands in; else any of the case's sources.")


def _quoted(value: object) -> object:
    return {"quote": value} if isinstance(value, str) else value


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


AnyGold = Annotated[Gold, BeforeValidator(_quoted, json_schema_input_type=Gold | str)]
"""Gold, in a file also the bare quote."""
Pattern = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | float), Field(min_length=1)]
"""A regular expression or a quantity, in a file also a bare number."""


class Case(Frozen):
    """One question of a suite.

    ``facts`` are regular expressions (case is ignored), each wanted in the answer; one fact may be a list of accepted
    patterns; one that is a bare quantity ("30 s") is compared as a number. ``evidence`` are gold quotes, all wanted;
    ``alternatives`` are other minimal sets of them.
    """

    id: str = Field(min_length=1, description="Unique in its file.")
    question: str = Field(min_length=1, description="The user's last message.")
    history: tuple[Turn, ...] = Field((), description="Earlier turns, oldest first.")
    kind: str = Field("fact", description="What sort of question it is; results are shown by kind.")
    answerable: bool = Field(True, description="False where the right reply is that the essays don't say.")
    facts: tuple[Pattern | tuple[Pattern, ...], ...] = Field(
        (),
        description="What a right answer states, all of it: regular expressions (case ignored) or quantities compared "
        "as numbers; a list holds accepted alternatives of one fact.",
    )
    evidence: tuple[AnyGold, ...] = Field((), description="Quotes that answer the question, all of them wanted.")
    alternatives: tuple[tuple[AnyGold, ...], ...] = Field(
        (), description="Other sets of quotes, each enough by itself in place of the evidence."
    )
    sources: tuple[str, ...] = Field((), description="Ids of the essays that hold the evidence.")
    tags: tuple[str, ...] = Field((), description="Free labels.")
