"""What one phrase says: numbers, shares, times, periods, owners, and lists of what was tried."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from assistant.advice.denial import denied
from assistant.advice.figures import number, share

Kind = Literal["number", "daily", "share", "failing", "ms", "period", "owners", "no-owners", "rungs"]
DAYS_A_MONTH = 30
PARTS = {"data": r"\bdata|\bexamples|\blabels", "evals": r"\beval", "releases": r"\breleas"}
_EACH = re.compile(r"\b(?:each|every)\b")


def read_phrase(kind: Kind, text: str, periods: Mapping[str, str], rungs: Mapping[Any, re.Pattern[str]]) -> Any:
    """The value of a phrase; None where it holds none."""
    if kind in {"number", "daily"}:
        value = number(text)
        return value if value is None or kind == "number" else value * DAYS_A_MONTH
    if kind in {"share", "failing"}:
        part = share(text)
        return part if part is None or kind == "share" else round(1 - part, 6)
    if kind == "ms":
        return _milliseconds(text)
    if kind == "period":
        word = re.sub(r"^(?:every|each|once a)\s+", "", text.strip().lower())
        return periods.get(word[:2])
    if kind == "rungs":
        return [
            rung
            for rung, pattern in rungs.items()
            if any(not denied(text[: match.start()]) for match in pattern.finditer(text))
        ]
    return _owned(text, kind == "owners")


def _milliseconds(text: str) -> float | None:
    value = number(text)
    if value is None:
        return None
    return value if re.search(r"\b\d*\.?\d*\s?(?:ms|milli)", text, re.IGNORECASE) else value * 1000


def _owned(text: str, owned: bool) -> dict[str, bool] | None:
    """Each part the phrase names; all three where it names none of them, or each."""
    named = [part for part, pattern in PARTS.items() if re.search(pattern, text, re.IGNORECASE)]
    if owned and (not named or _EACH.search(text)):
        named = list(PARTS)
    return dict.fromkeys(named, owned) or None
