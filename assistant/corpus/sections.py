"""Sections of a text: Markdown headings, or the heading lines that plain text shows by its layout."""

from __future__ import annotations

import re

from assistant.corpus.furniture import is_furniture
from assistant.types import Essay, Frozen

_MARKDOWN = re.compile(r"^[ \t]*#{1,6}[ \t]+(.+)$", re.MULTILINE)
_LINE = re.compile(r"^.*$", re.MULTILINE)
_MAX_HEADING = 90


class Section(Frozen):
    """A run of text under one heading; ``start`` is where the heading's line begins."""

    heading: str
    start: int
    end: int


def sections(essay: Essay) -> list[Section]:
    """All sections in order; together they cover the whole text.

    Text above the first heading stands under the essay's title.
    """
    text = essay.text
    heads = [(m.start(), _named(m[1])) for m in _MARKDOWN.finditer(text)] or _plain_headings(essay)
    if not heads or heads[0][0] > 0:
        heads = [(0, essay.title), *heads]
    ends = [start for start, _ in heads[1:]] + [len(text)]
    return [Section(heading=h, start=s, end=e) for (s, h), e in zip(heads, ends, strict=True)]


def _named(line: str) -> str:
    """A heading without the marks that may close it; one of nothing but marks keeps the first."""
    return (line.rstrip(" \t#") or line[:1]).strip()


def _plain_headings(essay: Essay) -> list[tuple[int, str]]:
    """Short unpunctuated lines that stand alone between a blank line and a paragraph."""
    lines = [(m.start(), m[0].strip()) for m in _LINE.finditer(essay.text)]
    found: list[tuple[int, str]] = []
    following = ""
    for i in reversed(range(1, len(lines))):
        start, line = lines[i]
        after_blank = not lines[i - 1][1]
        if after_blank and _reads_as_prose(following) and _reads_as_heading(line) and line != essay.title:
            found.append((start, re.sub(r"^\d{1,2}[.)]\s+", "", line)))
        following = line or following
    return found[::-1]


def _reads_as_heading(line: str) -> bool:
    words = line.split()
    return (
        len(words) >= 2
        and len(line) <= _MAX_HEADING
        and line[-1] not in ".!:;,…"
        and not line.startswith(("•", "-", "*", "|", ">", "[", "#"))
        and (line[0].isupper() or line[0].isdigit() or line[0] in '"“')
        and not is_furniture(line)
    )


def _reads_as_prose(line: str) -> bool:
    return len(line) > _MAX_HEADING or line.endswith((".", "!", "?", ":", "”", '"', "…"))
