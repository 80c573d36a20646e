"""Which of a case's facts an answer states: patterns as patterns, numbers as numbers."""

from __future__ import annotations

import math
import re

from assistant.evaluation.quantities import Quantity, as_quantities, in_digits, quantities
from assistant.evaluation.results import Score

_MARK = re.compile(r"\s*\[\d+\]")
_PLAIN = re.compile(r"[\w\s,%€£'’–-]+")


def without_marks(answer: str) -> str:
    """The answer's words without its ``[n]`` markers, which are no figures of it."""
    return _MARK.sub("", answer)


def missing_facts(facts: tuple[str | tuple[str, ...], ...], answer: str) -> list[str]:
    """The facts the answer does not state, each by its first pattern."""
    text = without_marks(answer)
    renderings = (text, in_digits(text))
    stated = quantities(text)
    found = []
    for fact in facts:
        accepted = (fact,) if isinstance(fact, str) else fact
        if not any(_states(pattern, renderings, stated) for pattern in accepted):
            found.append(accepted[0] if accepted else "")
    return found


def facts_score(facts: tuple[str | tuple[str, ...], ...], answer: str) -> Score:
    """Facts stated / facts wanted; None where the case wants none."""
    if not facts:
        return Score(value=None, reason="the case wants no facts")
    missing = missing_facts(facts, answer)
    value = (len(facts) - len(missing)) / len(facts)
    named = ", ".join(repr(fact) for fact in missing)
    return Score(value=value, reason=f"missing: {named}" if missing else f"all {len(facts)} stated")


def _states(pattern: str, renderings: tuple[str, ...], stated: list[Quantity]) -> bool:
    """Whether the text matches: a bare quantity by value and unit, anything else as a regular expression."""
    wanted = as_quantities(pattern)
    if wanted is not None:
        return all(any(_is_same(want, has) for has in stated) for want in wanted)
    if any(re.search(pattern, text, re.IGNORECASE) for text in renderings):
        return True
    digits = in_digits(pattern)
    in_words = _PLAIN.fullmatch(pattern) is not None and digits != pattern
    return in_words and re.search(rf"(?<![\w.]){re.escape(digits)}(?!\w)", renderings[-1], re.IGNORECASE) is not None


def _is_same(want: Quantity, has: Quantity) -> bool:
    """Equal amounts of one kind; a fact without a unit leaves the unit open."""
    if want.kind is None:
        return math.isclose(want.number, has.number, rel_tol=1e-9)
    return want.kind == has.kind and math.isclose(want.value, has.value, rel_tol=1e-9)
