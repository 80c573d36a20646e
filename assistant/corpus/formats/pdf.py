"""PDF files: pypdf gives the lines, which become paragraphs again."""

from __future__ import annotations

import io
import re
from collections import Counter

from assistant.corpus.formats import Extract, UnreadableError, joined

MAX_PAGES = 500
_AGAIN = "Save the text itself as .txt or .md and add that."
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\xad": ""})
_ITEM = re.compile(r"(?:[-•◦▪‣*–]|\d{1,2}[.)])\s+\S")
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")


def read(data: bytes) -> Extract:
    """The text, wrapped lines joined to paragraphs. Raises UnreadableError."""
    import pypdf
    from pypdf.errors import LimitReachedError, PyPdfError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise UnreadableError("is encrypted.", "Save a copy without the password and add that.")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableError(f"has more than {MAX_PAGES} pages.", "Split it, or add the chapter you need.")
        pages = [page.extract_text().translate(_LIGATURES).split("\n") for page in reader.pages]
        stated = _stated(reader)
    except LimitReachedError:
        raise UnreadableError("unpacks to far more than a document needs.", f"Split it, or: {_AGAIN}") from None
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OSError):
        raise UnreadableError("is damaged or not a PDF.", f"Print it to PDF again, or: {_AGAIN}") from None
    text = paragraphs(_without_running_lines(pages))
    if not text:
        raise UnreadableError("holds no text (a scan?).", f"Run text recognition on it, or: {_AGAIN}")
    return Extract(text, stated)


def _stated(reader: object) -> dict[str, str]:
    """Title and author. The dates in a PDF are the file's, not the text's, and are left out."""
    info = getattr(reader, "metadata", None)
    given = {name: str(getattr(info, name, None) or "").strip() for name in ("title", "author")}
    return {name: value for name, value in given.items() if value}


def paragraphs(lines: list[str]) -> str:
    """Lines as paragraphs and list items.

    A paragraph ends at a blank line, before a list item, after a line that ends a sentence well short of the
    margin, and around a short line without a sentence's end (a heading).
    """
    width = _margin(lines)
    words = Counter(re.findall(r"[\w'’-]+", "\n".join(lines).casefold()))
    blocks: list[list[str]] = [[]]
    for line in (" ".join(raw.split()) for raw in lines):
        if not line or _ITEM.match(line) or (blocks[-1] and _ends(blocks[-1], line, width)):
            blocks.append([])
        if line:
            blocks[-1].append(line)
    return joined([_bulleted(_unwrapped(block, words)) for block in blocks if block])


def _margin(lines: list[str]) -> int:
    """The width full lines have, in characters: the 80th of 100 non-blank lines by length."""
    lengths = sorted(len(line) for line in lines if line.strip())
    return lengths[int(len(lengths) * 0.8)] if lengths else 0


def _ends(block: list[str], following: str, width: int) -> bool:
    """Whether the paragraph ends with its last line, given the line that follows."""
    last = block[-1]
    if not (following[0].isupper() or following[0].isdigit() or following[0] in "\"'“‘(["):
        return False
    if _SENTENCE_END.search(last):
        return len(last) < 0.85 * width
    return len(block) == 1 and len(last) < 0.7 * width and last[-1] not in ",;-–—"


def _unwrapped(block: list[str], words: Counter[str]) -> str:
    text = block[0]
    for line in block[1:]:
        text = _hyphen_joined(text, line, words) if re.search(r"\w-$", text) else f"{text} {line}"
    return text


def _hyphen_joined(text: str, line: str, words: Counter[str]) -> str:
    """Two lines at a hyphen: it stays where the document elsewhere writes the word with it, or joins capitals."""
    left = re.findall(r"[\w'’-]+-$", text)[-1].casefold()
    right = re.match(r"[\w'’]+", line)
    whole, kept = (left[:-1] + right[0].casefold(), left + right[0].casefold()) if right else ("", "")
    keep = not line[0].islower() or (words[kept] > 0 and words[whole] == 0)
    return text + line if keep else text[:-1] + line


def _bulleted(block: str) -> str:
    return re.sub(r"^[-•◦▪‣*–]\s+", "- ", block)


def _without_running_lines(pages: list[list[str]]) -> list[str]:
    """All lines but page numbers and what stands at the head or foot of most pages."""
    filled = [[line for line in page if line.strip()] for page in pages]
    edges = Counter(edge for page in filled if page for edge in {_running(page[0]), _running(page[-1])})
    often = {edge for edge, count in edges.items() if count >= 3 and count * 2 > len(pages)}
    return [line for page in pages for line in _inner(page, often)]


def _running(line: str) -> str:
    """A head or foot line with its numbers made alike."""
    return re.sub(r"\d+", "0", " ".join(line.split()))


def _inner(page: list[str], often: set[str]) -> list[str]:
    while page and (not page[0].strip() or _running(page[0]) in often | {"0"}):
        page = page[1:]
    while page and (not page[-1].strip() or _running(page[-1]) in often | {"0", "Page 0", "0 / 0", "Page 0 of 0"}):
        page = page[:-1]
    return page
