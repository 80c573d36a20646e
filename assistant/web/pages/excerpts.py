"""A passage as a few words on a page: without its heading and Markdown's own characters, cut between words."""

from __future__ import annotations

import re
from itertools import accumulate

from markupsafe import Markup, escape

from assistant.retrieval.lexicon import content_stems
from assistant.types import RankedPassage

_WORD = re.compile(r"([^\W_]+(?:[-'’][^\W_]+)*)")
_SYNTAX = re.compile(r"[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}")


def body(passage: RankedPassage) -> str:
    """The passage's words on one line, without the heading it begins with."""
    first, _, rest = passage.text.partition("\n")
    text = rest if rest.strip() and first.strip("# ") == passage.section else passage.text
    return " ".join(line.lstrip("#-*• ") for line in text.splitlines() if line.strip())


def opening(passage: RankedPassage, limit: int = 150) -> str:
    """The first words of a passage, at most ``limit`` characters of them."""
    return _cut(body(passage), limit)


def found(passage: RankedPassage, query: str, limit: int = 300) -> Markup:
    """The part of a passage that holds most words of a query, with those words in ``b`` elements."""
    text = _SYNTAX.sub("", body(passage))
    wanted = set(content_stems(query))
    sentences = re.split(r"(?<=[.!?])\s+", text)
    hits = [len(wanted & set(content_stems(sentence))) for sentence in sentences]
    starts = list(accumulate((len(sentence) + 1 for sentence in sentences), initial=0))
    best = starts[hits.index(max(hits))] if len(text) > limit else 0
    shown = _cut(text[best:], limit)
    return escape("… " if best else "") + Markup().join(
        Markup("<b>{}</b>").format(word) if i % 2 and wanted & set(content_stems(word)) else escape(word)
        for i, word in enumerate(_WORD.split(shown))
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + "\u00a0…"
