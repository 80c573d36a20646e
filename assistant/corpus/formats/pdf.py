"""PDF files: pypdf gives the lines, which become paragraphs and rows of tables again."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from assistant.corpus.formats import MAX_PAGES, Extract, UnreadableError, counted, excerpt, joined, letters
from assistant.corpus.formats.pdf_lines import lines_of, with_headings

_AGAIN = "Save the text itself as .txt or .md and add that."
_ITEM = re.compile(r"(?:[-•◦▪‣*–]|\d{1,2}[.)])\s+\S")
_NUMBERED_HEADINGS = frozenset(
    "appendix article chapter day exercise lesson module part section step unit week".split()
)
"""One a page, they count with the pages as page numbers do."""
_OWN_LINES = ("| ", *("#" * level + " " for level in range(2, 7)))
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")
_HYPHENS = "-\xad\u2010\u2011"


def read(data: bytes) -> Extract:
    """The text, wrapped lines joined to paragraphs. Raises UnreadableError."""
    import pypdf
    from pypdf.errors import LimitReachedError, PyPdfError

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):  # most are locked against printing only, and open
            raise UnreadableError("is encrypted.", "Save a copy without the password and add that.")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableError(f"has more than {MAX_PAGES} pages.", "Split it, or add the chapter you need.")
        pages = [lines_of(page) for page in reader.pages]
        pictures = len({id_ for page in reader.pages for id_ in _pictures(page)})
        stated = _stated(reader)
    except LimitReachedError:
        raise UnreadableError("unpacks to far more than a document needs.", f"Split it, or: {_AGAIN}") from None
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OSError):
        raise UnreadableError("is damaged or not a PDF.", f"Print it to PDF again, or: {_AGAIN}") from None
    gone = _running([[line.text for line in page] for page in pages])
    kept = (line for page, lines in enumerate(pages) for at, line in enumerate(lines) if (page, at) not in gone)
    running = dict.fromkeys(pages[page][at].text for page, at in sorted(gone))
    text = paragraphs(with_headings(kept))
    if not letters(text):
        raise UnreadableError("holds no text (a scan?).", f"Run text recognition on it, or: {_AGAIN}")
    empty = [number for number, page in enumerate(pages, start=1) if not any(letters(line.text) for line in page)]
    shown = ", ".join(map(str, empty[:9])) + (", …" if len(empty) > 9 else "")
    return Extract(
        text=text,
        stated=stated,
        left_out=(
            *((f"{len(empty)} of {len(pages)} pages without text, perhaps scanned ({shown})",) if empty else ()),
            *counted(pictures, "picture"),
            *((f"page numbers and running heads ({excerpt(running)})",) if running else ()),
        ),
        visible=sum(letters(line.text) for page in pages for line in page),
    )


def _stated(reader: Any) -> dict[str, str]:
    """Title and author. The dates in a PDF are the file's, not the text's, and are left out."""
    given = {name: str(getattr(reader.metadata, name, None) or "").strip() for name in ("title", "author")}
    return {name: value for name, value in given.items() if value}


def _pictures(page: Any) -> Iterator[object]:
    """An identity for each picture a page shows; one on several pages has one."""
    objects = page["/Resources"].get("/XObject") if "/Resources" in page else None
    for name, reference in objects.get_object().items() if objects is not None else ():
        if reference.get_object().get("/Subtype") == "/Image":
            yield getattr(reference, "idnum", None) or (page.page_number, name)


def paragraphs(lines: list[str]) -> str:
    """Lines as paragraphs and list items.

    A paragraph ends at a blank line, before a list item, after a line that ends a sentence well short of the
    margin, and around a short line without a sentence's end (a heading).
    """
    width = _margin(lines)
    words = Counter(re.findall(r"[\w'’-]+", "\n".join(lines).casefold().replace("\u2010", "-")))
    blocks: list[list[str]] = [[]]
    for line in (" ".join(raw.split()) for raw in lines):
        alone = line.startswith(_OWN_LINES) or (blocks[-1] and blocks[-1][-1].startswith(_OWN_LINES))
        if not line or alone or _ITEM.match(line) or (blocks[-1] and _ends(blocks[-1], line, width)):
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
        text = _hyphen_joined(text, line, words) if re.search(rf"\w[{_HYPHENS}]$", text) else f"{text} {line}"
    return text.replace("\xad", "")


def _hyphen_joined(text: str, line: str, words: Counter[str]) -> str:
    """Two lines at a hyphen: it stays where the document elsewhere writes the word with it, or joins capitals."""
    left = re.findall(r"[\w'’-]+$", text[:-1])[-1].casefold()
    right = re.match(r"[\w'’]+", line)
    whole, kept = (left + right[0].casefold(), f"{left}-{right[0].casefold()}") if right else ("", "")
    keep = text[-1] != "\xad" and (not line[0].islower() or (words[kept] > 0 and words[whole] == 0))
    return f"{text[:-1]}-{line}" if keep else text[:-1] + line


def _bulleted(block: str) -> str:
    return re.sub(r"^[-•◦▪‣*–]\s+", "- ", block)


def _running(pages: list[list[str]]) -> set[tuple[int, int]]:
    """Page and line of what stands at the edge of three neighbouring pages or more, but for a number that counts.

    The first one stays where it is the heading that later pages repeat, not where nearly all pages have it.
    """
    places: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for page, lines in enumerate(pages):
        for at, line in _edge(lines):
            for key in _keys(line, page):
                places[key].setdefault(page, at)
    gone: set[tuple[int, int]] = set()
    for key, found in places.items():
        near = sorted(page for page in found if any(other != page and abs(other - page) <= 2 for other in found))
        if len(near) >= min(len(pages), 2 if key[0] == "" else 3):
            is_heading = key[0] != "" and len(near) < 0.8 * len(pages)
            gone.update((page, found[page]) for page in near[is_heading:])
    return gone


def _edge(lines: list[str]) -> list[tuple[int, str]]:
    """Number and text of the two first and two last lines of a page that are not blank and no rows of a table."""
    filled = [(at, line) for at, line in enumerate(lines) if line.strip()]
    return [(at, line) for at, line in dict([*filled[:2], *filled[-2:]]).items() if not line.startswith("| ")]


def _keys(line: str, page: int) -> Iterator[tuple[str, int]]:
    """What makes two edge lines the same: their words; or their words and how far their number is from the page's."""
    goes_on = line.strip()[:1].islower() and _SENTENCE_END.search(line) is not None  # the end of a sentence is no head
    if letters(line) >= 3 and not line.strip().isdigit() and not goes_on:
        yield " ".join(line.split()), -1
    if re.fullmatch(r"\W*[ivxlc]{1,7}\W*", line):
        yield "", _roman(line) - page
    for pattern in (r"(.*?)\W*\b(\d{1,4})(?: ?(?:/|of) ?\d{1,4})?\W*", r"\W*()(\d{1,4})\W+\D.*"):
        if (found := re.fullmatch(pattern, line)) is not None:
            words = (found[1] or re.sub(r"^\W*\d+\W*", "", line)).strip().lower()
            if words not in _NUMBERED_HEADINGS:
                yield re.sub(r"^(?:page|p\.?)$", "", words), int(found[2]) - page


def _roman(line: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}.get(mark, 0) for mark in line.strip()]
    return sum(-a if a < b else a for a, b in pairwise([*values, 0]))
