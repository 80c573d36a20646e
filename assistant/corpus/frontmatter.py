"""YAML front matter: the block between two ``---`` lines at the head of a Markdown file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from assistant.errors import CorpusError

_BLOCK = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)

_PLAIN = ("id", "title", "author", "publisher", "published", "url", "kind")
_REMEDY = "Correct the block between ---."


def parse(text: str) -> tuple[dict[str, Any], str]:
    """Split ``text`` (LF line ends) into its front matter and its body.

    A text without front matter gives an empty mapping and itself. Raises CorpusError where the
    block is not a YAML mapping, or a field we read is not plain text.
    """
    block = _BLOCK.match(text)
    if block is None:
        return {}, text
    try:
        data = yaml.safe_load(block[1]) or {}
    except Exception as error:  # noqa: BLE001 - besides YAMLError, dates and tags out of range raise kinds of their own
        raise CorpusError(f"Its front matter is not YAML ({_first_line(error)}).", _REMEDY) from None
    if not isinstance(data, dict):
        raise CorpusError("Its front matter is not a list of `name: value` lines.", _REMEDY)
    for name in _PLAIN:
        if isinstance(data.get(name), (dict, list, set)):
            raise CorpusError(f"Its front matter gives more than one {name}.", f"Write {name} as one line of text.")
    return data, text[block.end() :].lstrip("\n")


def dump(data: Mapping[str, Any], body: str) -> str:
    """A Markdown file's text with ``data`` as front matter above ``body``."""
    head = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{body}"


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 2}: " if mark is not None else ""
    return where + str(getattr(error, "problem", None) or (isinstance(error, ValueError) and error) or "unreadable")
