"""The glossary: which of the essays' terms a question means when it uses other words.

``glossary.yaml`` is editable text; each variant is a small pattern (``*`` = any ending, ``(a|b)``, ``?``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

PATH = Path(__file__).with_name("glossary.yaml")


@lru_cache(maxsize=1)
def _entries() -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return tuple((str(term), _pattern(variants)) for term, variants in data["terms"].items())


def _pattern(variants: list[str]) -> re.Pattern[str]:
    alternatives = "|".join(f"(?:{_variant(v)})" for v in variants)
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


def _variant(variant: str) -> str:
    """``tweak* the`` as a pattern: stars take word endings, spaces any white space."""
    return re.sub(r"(?<=\w)\*", r"\\w*", variant).replace(" ", r"\s*" if "? " in variant else " ")


def terms_meant(question: str) -> tuple[str, ...]:
    """The essays' terms the question refers to in other words, in glossary order."""
    return tuple(
        term for term, pattern in _entries() if pattern.search(question) and term.lower() not in question.lower()
    )
