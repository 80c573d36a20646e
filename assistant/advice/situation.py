"""What is known of one team's case, and its numbers as people write them: 2k, 40,000, 1.5M, "a few hundred", 94%.

Every field may stay unknown; nothing is assumed for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
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
    query_price: _Dollars | None = Field(
        None, description="Dollars a query costs when prompted, where that is known instead of tokens and their price."
    )
    tuned_query_price: _Dollars | None = Field(None, description="Dollars a query costs when fine-tuned.")
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


WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "half a million": 500_000, "half a thousand": 500,
    "a dozen": 12, "dozen": 12, "a couple hundred": 200, "a couple of hundred": 200, "a few dozen": 36,
    "a few hundred": 300, "a couple thousand": 2_000, "a couple of thousand": 2_000, "a few thousand": 3_000,
    "a hundred": 100, "a thousand": 1_000, "a million": 1_000_000,
}  # fmt: skip
"""Vague amounts stand for the least that would usually be meant by them."""
SCALES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "hundred": 1e2,
}  # fmt: skip
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_DIGITS = r"(?:(?<![\w.,])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d{1,15})(?:\.\d{1,9})?"
NUMBER = rf"(?:{_DIGITS}(?:\s?(?:{_SCALE})\b)?|\b(?:{_WORD})\b(?:\s(?:{_SCALE})\b)?)"
"""A pattern for an amount; what it matches, ``number`` reads."""
_RATIO = rf"\b(?:{_WORD}|\d{{1,15}}) (?:in|out of) (?:{_WORD}|\d{{1,15}})\b"
PERCENT = rf"(?:(?<!\d)\d{{1,15}}(?:\.\d{{1,9}})?\s?(?:%|percent\b|per cent\b)|{_RATIO})"
"""A pattern for a share; what it matches, ``share`` reads."""
MONEY = rf"(?:[$€£]\s?{NUMBER}|{NUMBER}\s(?:dollars|euros|USD|EUR)\b)"
"""A pattern for an amount of money; what it matches, ``number`` reads."""
_DOTTED = re.compile(r"\W*[1-9]\d{0,2}(?:\.\d{3})+(?!\d|\s?[a-z])", re.IGNORECASE)
_PARTS = re.compile(rf"^\W*?(-?\d[\d,]*(?:\.\d+)?|{_WORD})\s?({_SCALE})?\b", re.IGNORECASE)


def number(text: str) -> float | None:
    """The amount written at the start of ``text``, signs of money let be; None where there is none."""
    found = _PARTS.match(" ".join(text.strip().split()))
    if found is None:
        return None
    amount, scale = found[1].lower(), (found[2] or "").lower()
    value = float(WORDS[amount]) if amount in WORDS else float(amount.replace(",", ""))
    return round(value * SCALES.get(scale, 1.0), 6)


def alone(text: str) -> bool:
    """Whether ``text`` is one amount or share and nothing else: not "200-300" or "20 or 30"."""
    text = " ".join(text.split())
    unsigned = text.removeprefix("-")
    return any(re.fullmatch(pattern, unsigned, re.IGNORECASE) for pattern in (NUMBER, PERCENT, MONEY))


def dotted(text: str) -> bool:
    """Whether a dot may part thousands in ``text``, as in "1.000", which may be meant as 1000."""
    return _DOTTED.match(" ".join(text.split())) is not None


def share(text: str) -> float | None:
    """A share from 0 to 1 of "94%", "nine in ten" or "0.94"; None where it is none."""
    ratio = re.fullmatch(r"\W*(.+?) (?:in|out of) (.+)", text.strip())
    if ratio:
        part, whole = number(ratio[1]), number(ratio[2])
        return round(part / whole, 6) if part is not None and whole and part <= whole else None
    value = number(text)
    if value is not None and re.search(r"%|per ?cent", text):
        value = round(value / 100, 6)
    return value if value is not None and 0 <= value <= 1 else None


def plain(value: float) -> str:
    """A number for people: thousands apart, no idle decimals."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def told(name: str, value: Any, *, exact: bool = False) -> str:
    """The value of the field ``name``: 82% for a share, yes or no, a list by commas, "unknown" for None.

    ``exact``: with every digit there is, so that what is typed back is the same value; else rounded.
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _figure(value, share=name in SHARES, exact=exact)
    parts = value.model_dump() if isinstance(value, Owners) else value
    if isinstance(parts, Mapping):
        return ", ".join(f"{part} {told(part, each, exact=exact)}" for part, each in parts.items())
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list | tuple) else str(value)


def _figure(value: float, *, share: bool, exact: bool) -> str:
    if exact:
        digits = f"{Decimal(repr(value)) * (100 if share else 1):,f}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    else:
        digits = plain(round(100 * value, 1) if share else value)
    return f"{digits}%" if share else digits
