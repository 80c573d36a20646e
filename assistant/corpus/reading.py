"""Reading a document of any kind we import as an essay with canonical text.

Canonical text: LF line ends, Unicode NFC, no byte-order mark, no invisible characters, plain spaces, page
furniture left out, list items on lines that start with "- ", headings (where the format knows them) with "## ".

Extraction in a child process, so that a file made to exhaust memory or time harms nothing else.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from assistant.corpus.formats import Extract
from assistant.corpus.furniture import strip_furniture
from assistant.corpus.loading import decode, read_bytes, slug
from assistant.errors import CorpusError
from assistant.settings import CHECKOUT, Settings
from assistant.textfiles import parse
from assistant.types import Essay, Frozen

_BACKSTOP_SECONDS = 30
_AGAIN = "Save the text itself as .txt or .md and add that."


def extract(data: bytes, suffix: str, name: str) -> Extract:
    """The text of an .html, .htm, .pdf or .docx file's bytes; ``name`` is how errors call the file.

    Raises CorpusError where the file is damaged, encrypted, without text, or too much for 4 seconds and 400 MB.
    """
    command = [sys.executable, "-P", "-m", "assistant.corpus.formats", suffix]
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, the document comes by stdin
            command,
            input=data,
            capture_output=True,
            timeout=_BACKSTOP_SECONDS,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(name) from None
    if child.returncode in {-signal.SIGALRM, -signal.SIGKILL, 3}:
        raise _too_much(name)
    if child.returncode != 0:
        raise CorpusError(f"{name}: is damaged and can't be read.", _AGAIN)
    result = json.loads(child.stdout)
    if "text" not in result:
        raise CorpusError(f"{name}: {result['message']}", result["remedy"])
    return Extract(result["text"], result["stated"])


def _too_much(name: str) -> CorpusError:
    return CorpusError(f"{name}: takes more time or memory than a document should.", f"Split it, or: {_AGAIN}")


METADATA = ("title", "author", "publisher", "published", "url")
SUFFIXES = (".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx")

_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u2060\ufeff\U000e0000-\U000e007f\x00-\x08\x0b\x0e-\x1f\x7f]")
_BULLET = re.compile(r"^[ ]*[•◦▪‣][ ]*(?=\S)", re.MULTILINE)


class Draft(Frozen):
    """A document just read: its text, what its author or editor stated of it, what was guessed from the page."""

    text: str
    stated: dict[str, str]
    guessed: dict[str, str]


def read_document(path: Path, settings: Settings) -> Essay:
    """A .md, .txt, .html, .htm, .pdf or .docx file as an essay of kind original.

    Raises CorpusError naming the file and the remedy: missing, empty, binary, not UTF-8, over
    ``settings.max_document_bytes``, of another kind, damaged, encrypted, or made to exhaust memory or time.
    """
    draft = read_draft(read_bytes(path, settings.max_document_bytes), path, settings)
    given = {name: draft.stated.get(name) or draft.guessed.get(name) for name in METADATA}
    title = given.pop("title") or first_line(draft.text)
    return Essay(id=usable_id(draft.stated.get("id") or path.stem), title=title, text=draft.text, **given)


def read_draft(data: bytes, path: Path, settings: Settings) -> Draft:
    """The bytes of a document as a draft; ``path`` names it in errors and its suffix tells its kind.

    Raises CorpusError as ``read_document`` does.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CorpusError(
            f"{path}: files of this kind are not imported.", f"Save it as one of {', '.join(SUFFIXES)} and add that."
        )
    if not data.strip():
        raise CorpusError(f"{path}: the document is empty.", "Give it text, or remove it.")
    stated: dict[str, str] = {}
    guessed: dict[str, str] = {}
    if suffix in {".md", ".markdown", ".txt"}:
        stated, text = _front_matter(decode(path, data), path)
    else:
        if suffix in {".html", ".htm"}:
            data = decode(path, data).encode()
        extracted = extract(data, suffix, str(path))
        text, guessed = extracted.text, extracted.stated
    text = canonical(text)
    if not text:
        raise CorpusError(f"{path}: holds nothing but page furniture.", "Save the text itself as .txt and add that.")
    if len(text.encode()) > settings.max_document_bytes:
        raise CorpusError(
            f"{path}: its text is larger than {settings.max_document_bytes:,} bytes.",
            "Split it, or raise ASSISTANT_MAX_DOCUMENT_BYTES.",
        )
    return Draft(text=text, stated=stated, guessed=guessed)


def canonical(text: str) -> str:
    """``text`` in canonical form, ending in one line end; empty where nothing but furniture is left."""
    plain = unicodedata.normalize("NFC", re.sub(r"\r\n?|[\x0c\u2028\u2029\x85]", "\n", text))
    plain = _BULLET.sub("- ", _SPACES.sub(" ", _INVISIBLE.sub("", plain.expandtabs(4))))
    kept = strip_furniture(plain)
    return kept + "\n" if kept else ""


def first_line(text: str) -> str:
    """The first line that is not blank, as a title of at most 200 characters."""
    lines = (line.strip().lstrip("#").strip() for line in text.splitlines())
    return next((line for line in lines if line), "Untitled")[:200]


def usable_id(name: str) -> str:
    """``name`` where it can be an essay's id and a file's name, else a slug of it; never a README's name."""
    if name.lower() == "readme":
        return f"{name}-document"
    fits = re.fullmatch(r"\w[\w.\-]{0,79}", name) is not None and not name.endswith(".")
    return name if fits else slug(name)[:80].strip("-_") or "document"


def _front_matter(text: str, path: Path) -> tuple[dict[str, str], str]:
    try:
        data, body = parse(text)
    except CorpusError as error:
        raise CorpusError(f"{path}: {error.message}", error.remedy) from None
    return _as_texts(data), body


def _as_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """The fields we know, as text; a date in ISO form; what is null or blank left out."""
    known = {name: data.get(name) for name in ("id", *METADATA)}
    texts = {name: value.isoformat() if isinstance(value, date) else value for name, value in known.items()}
    return {name: str(value).strip() for name, value in texts.items() if value is not None and str(value).strip()}
