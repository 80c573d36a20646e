"""What is known of one team's case. Every field may stay unknown; nothing is assumed for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError

from assistant.errors import InputError
from assistant.types import Frozen

Failure = Literal["knowledge", "format", "style", "reasoning", "rules", "latency", "cost"]
Rung = Literal[
    "better-prompt",
    "examples-in-context",
    "many-examples",
    "retrieval",
    "orchestration",
    "tools-or-rules",
    "small-model",
    "fine-tune",
]
Changes = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "never"]
Hosting = Literal["any", "private", "on-device", "air-gapped"]
Quality = Literal["clean", "noisy", "unknown"]
RUNGS: tuple[Rung, ...] = get_args(Rung)
"""The ladder, cheapest first."""
_Share = Annotated[float, Field(ge=0, le=1)]
_Dollars = Annotated[float, Field(ge=0, le=1e12)]
_Count = Annotated[float, Field(gt=0, le=1e12)]


class Owners(Frozen):
    """Whether somebody by name is in charge of each part of a trained model."""

    data: bool | None = Field(None, description="Somebody owns the training data.")
    evals: bool | None = Field(None, description="Somebody owns the evaluation criteria.")
    releases: bool | None = Field(None, description="Somebody owns when the model is trained again and released.")


class Situation(Frozen):
    """One case in which a team asks whether to prompt, retrieve, orchestrate or fine-tune.

    Leave a field out unless the person said it: null means unknown, and unknown is a good answer.
    """

    fails: tuple[Failure, ...] | None = Field(
        None,
        description="What goes wrong. knowledge: facts are missing or invented; format: the output's shape; style: "
        "tone or voice; reasoning: logic or work in several steps; rules: policies or limits are broken; latency: too "
        "slow; cost: too dear.",
    )
    pass_rate: _Share | None = Field(
        None, description="Share of test cases the prompted (not fine-tuned) system passes, measured, 0 to 1."
    )
    target_pass_rate: _Share | None = Field(None, description="Share of test cases it has to pass, 0 to 1.")
    has_eval: bool | None = Field(None, description="There is a test set or eval that measures the system.")
    labelled_examples: int | None = Field(
        None, ge=0, le=10**12, description="How many labelled examples there are to train on."
    )
    label_quality: Quality | None = Field(
        None, description="clean: curated and consistent; noisy: with errors or contradictions."
    )
    changes: Changes | None = Field(None, description="How often the task, its labels or its rules change.")
    tasks: int | None = Field(None, ge=1, le=10**6, description="How many different tasks are to be served.")
    queries_per_month: _Count | None = Field(None, description="Queries a month.")
    tokens_per_query: _Count | None = Field(None, description="Tokens a query takes when prompted.")
    prompt_price: _Dollars | None = Field(None, description="Dollars a million tokens of the prompted model.")
    tuned_price: _Dollars | None = Field(None, description="Dollars a million tokens of the fine-tuned model.")
    cached_price: _Dollars | None = Field(None, description="Dollars a million prompt tokens read from a cache.")
    saving_per_month: _Dollars | None = Field(
        None, description="Dollars a month a trained model saves on tokens, where that is known instead of prices."
    )
    training_cost: _Dollars | None = Field(None, description="Dollars for the first training run, data included.")
    upkeep_per_month: _Dollars | None = Field(None, description="Dollars a month to look after a trained model.")
    tuned_tokens_per_query: _Count | None = Field(None, description="Tokens a query takes when fine-tuned.")
    cached_share: _Share | None = Field(None, description="Share of the prompt that repeats and can be cached, 0 to 1.")
    release_months: int | None = Field(
        None, ge=1, le=1200, description="Months between base models, each of which asks for training again."
    )
    retraining_cost: _Dollars | None = Field(None, description="Dollars for training again on a new base model.")
    latency_budget_ms: _Count | None = Field(None, description="Milliseconds an answer may take.")
    hosting: Hosting | None = Field(
        None,
        description="any: an outside API may be used; private: only the team's own servers; on-device: a device's own "
        "chip; air-gapped: no network at all.",
    )
    compliance: tuple[Annotated[str, Field(max_length=40)], ...] | None = Field(
        None,
        max_length=20,
        description="Frameworks or concerns about data, in lower case: hipaa, gdpr, pci, ip; commingling where "
        "training would mix data of several customers.",
    )
    owners: Owners | None = Field(None, description="Who is in charge of a trained model's parts.")
    tried: tuple[Rung, ...] | None = Field(
        None,
        description="What has been tried in earnest. better-prompt: a written spec; examples-in-context: a few; "
        "many-examples: hundreds in the prompt; retrieval; orchestration: stages with checks; tools-or-rules: code or "
        "constrained output; an empty list: nothing.",
    )
    tried_is_all: bool | None = Field(
        None, description="false where more than `tried` may have been tried; else `tried` is the whole list."
    )
    foreign_domain: bool | None = Field(
        None, description="The domain's notation or jargon is private: no model can have met it in its training."
    )


FIELDS: tuple[str, ...] = tuple(Situation.model_fields)
LISTS = frozenset({"fails", "tried", "compliance"})
"""The fields that hold several values."""
SHARES = frozenset({"pass_rate", "target_pass_rate", "cached_share"})
"""The fields from 0 to 1 that people write as percentages."""


def situation_of(data: Mapping[str, Any]) -> Situation:
    """The situation in ``data``, checked. Raises InputError with a sentence that names the field."""
    try:
        return Situation.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "the situation"
        if first["type"] == "extra_forbidden":
            raise InputError(
                f"A situation has no field {'.'.join(map(str, first['loc']))}.", f"It has: {', '.join(FIELDS)}."
            ) from None
        told = first["msg"].replace("Input should be", "must be").replace("Input", "it")
        raise InputError(f"{name} can't be used: {told}.", "Correct it, or leave it out.") from None


def known(situation: Situation) -> dict[str, Any]:
    """The fields that are known, as JSON-ready values."""
    return situation.model_dump(mode="json", exclude_none=True)
