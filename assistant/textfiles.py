"""The text files that people edit: YAML, and Markdown with a block of YAML at its head."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs
import yaml

from assistant.errors import AssistantError, CorpusError

DEEPEST = 100
"""Most collections inside each other; far below where libyaml's composer overflows the stack of a thread."""
LARGE = 20_000
"""Characters from which on a YAML text is kept parsed: reading it as JSON takes a fiftieth of the time."""
KEPT = 30
"""Parsed texts that stay when another one is kept."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may come without libyaml
_BLOCK = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_PLAIN = ("id", "title", "author", "publisher", "published", "url", "kind")
_USUAL = frozenset(
    """author authors categories category date description draft id imported_from keywords kind lang language layout
    nav_order owner permalink published publisher sha256 sidebar_label sidebar_position slug status summary tags title
    toc url version weight""".split()
)
"""Names of which front matter has at least one, if a value of it reads as a sentence."""
_SENTENCE = re.compile(r"\w+ \w+ \w+.*[.!?]$", re.DOTALL)
_REMEDY = "Correct the block between ---."


def read_yaml(path: Path, error: type[AssistantError], remedy: str = "Correct it or remove it.") -> Any:
    """The content of a YAML file, parsed once for as long as the file stays as it is.

    The value is shared by all who ask for it: don't change it. Raises ``error`` naming the file and the line.
    """
    try:
        stat = path.stat()
        return _read(path, (stat.st_ino, stat.st_size, stat.st_mtime_ns))
    except OSError as problem:
        raise error(f"{path}: can't be read ({problem.strerror}).", remedy) from None
    except ValueError as problem:
        raise error(f"{path}: can't be read as YAML ({problem}).", remedy) from None


@lru_cache(maxsize=64)
def _read(path: Path, _state: tuple[int, int, int]) -> Any:
    text = path.read_text(encoding="utf-8")
    return load_yaml(text) if len(text) < LARGE else _remembered(text)


def _remembered(text: str) -> Any:
    """The value of a large YAML text, kept as JSON under the text's hash where the user's cache can be written."""
    folder = Path(platformdirs.user_cache_dir("essay-assistant")) / "texts"
    kept = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    with suppress(OSError, ValueError):
        return json.loads(kept.read_bytes())
    value = load_yaml(text)
    with suppress(OSError, TypeError, ValueError):  # a date is no JSON, and is read as YAML each time
        written = json.dumps(value)
        if json.loads(written) == value:
            folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
                old.unlink()
            (own := kept.with_suffix(f".{os.getpid()}")).write_text(written, encoding="utf-8")
            own.replace(kept)
    return value


def load_yaml(text: str, first_line: int = 1) -> Any:
    """The value of a YAML text. Raises ValueError with the line, counted from ``first_line``, and the reason."""
    loader = yaml_loader(text)
    try:
        return loader.get_single_data()
    except Exception as error:  # noqa: BLE001 - besides YAMLError, dates and tags out of range raise kinds of their own
        raise ValueError(_reason(error, first_line)) from None
    finally:
        loader.dispose()


def yaml_head(text: str) -> dict[str, str]:
    """The fields of a YAML text that stand before its first list or mapping. Raises ValueError with the reason."""
    found: dict[str, str] = {}
    try:
        events = (event for event in yaml.parse(text, _LOADER) if isinstance(event, yaml.NodeEvent))
        if isinstance(next(events, None), yaml.MappingStartEvent):
            for name, value in zip(events, events, strict=False):
                if not (isinstance(name, yaml.ScalarEvent) and isinstance(value, yaml.ScalarEvent)):
                    break
                found[name.value] = value.value
    except yaml.YAMLError as error:
        raise ValueError(_reason(error, 1)) from None
    return found


def yaml_loader(text: str) -> Any:
    """A loader over ``text`` that makes plain values only. Raises ValueError for collections nested too deep.

    libyaml composes by recursion in C: a text of brackets would end the process instead of raising RecursionError.
    """
    depth = 0
    try:
        for event in yaml.parse(text, _LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise ValueError(f"more than {DEEPEST} lists inside each other")
    except yaml.YAMLError:
        pass  # the loader finds it again and says where
    return _LOADER(text)


def _reason(error: Exception, first_line: int) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + first_line}: " if mark is not None else ""
    return where + " ".join(str(getattr(error, "problem", None) or error).split()) or type(error).__name__


def parse(text: str) -> tuple[dict[str, Any], str]:
    """Split ``text`` (LF line ends) into its front matter and its body.

    A text without front matter gives an empty mapping and itself; so does a note between two rules. Raises CorpusError
    if the front matter is not YAML, or a field we read is not plain text.
    """
    block = _BLOCK.match(text)
    if block is None or _is_note(block[1]):
        return {}, text
    try:
        data = load_yaml(block[1], first_line=2) or {}
    except ValueError as error:
        raise CorpusError(f"Its front matter is not YAML ({error}).", _REMEDY) from None
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise CorpusError("Its front matter is not a list of `name: value` lines.", _REMEDY)
    if not data.keys() & _USUAL and any(isinstance(value, str) and _SENTENCE.search(value) for value in data.values()):
        return {}, text
    for name in _PLAIN:
        if isinstance(data.get(name), (dict, list, set)):
            raise CorpusError(f"Its front matter gives more than one {name}.", f"Write {name} as one line of text.")
    return data, text[block.end() :].lstrip("\n")


def _is_note(block: str) -> bool:
    """Whether a text between two rules does not even begin as front matter does, with a name in small letters."""
    lines = [line for line in block.split("\n") if line.strip() and not line.startswith("#")]
    return bool(lines) and re.match(r"""\s*["']?[a-z_][\w.-]*["']?\s*:(?:\s|$)""", lines[0]) is None


def dump(data: Mapping[str, Any], body: str) -> str:
    """A Markdown file's text with ``data`` as front matter above ``body``."""
    head = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{head}---\n\n{body}"
