"""PDF files: pypdf gives the lines, which become paragraphs and rows of tables again."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from assistant.corpus.formats import MAX_PAGES, Extract, UnreadableError, counted, excerpt, joined, letters, row

_AGAIN = "Save the text itself as .txt or .md and add that."
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\x00": ""})
_ITEM = re.compile(r"(?:[-•◦▪‣*–]|\d{1,2}[.)])\s+\S")
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
        pages = [_lines(page) for page in reader.pages]
        pictures = len({id_ for page in reader.pages for id_ in _pictures(page)})
        stated = _stated(reader)
    except LimitReachedError:
        raise UnreadableError("unpacks to far more than a document needs.", f"Split it, or: {_AGAIN}") from None
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OSError):
        raise UnreadableError("is damaged or not a PDF.", f"Print it to PDF again, or: {_AGAIN}") from None
    lines, running = _without_running_lines(pages)
    text = paragraphs(lines)
    if not letters(text):
        raise UnreadableError("holds no text (a scan?).", f"Run text recognition on it, or: {_AGAIN}")
    empty = [number for number, page in enumerate(pages, start=1) if not any(map(letters, page))]
    shown = ", ".join(map(str, empty[:9])) + (", …" if len(empty) > 9 else "")
    return Extract(
        text=text,
        stated=stated,
        left_out=(
            *((f"{len(empty)} of {len(pages)} pages without text, perhaps scanned ({shown})",) if empty else ()),
            *counted(pictures, "picture"),
            *((f"page numbers and running heads ({excerpt(dict.fromkeys(running))})",) if running else ()),
        ),
        visible=sum(letters(line) for page in pages for line in page),
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


def _lines(page: Any) -> list[str]:
    """The lines of a page in the order the file draws them, with what only their places show.

    These are blank lines where the page leaves one, and the cells of tables. Places are in characters, from pypdf's
    second mode, which reads across columns of text and is not used for the order.
    """
    drawn = [line.rstrip() for line in page.extract_text().translate(_LIGATURES).split("\n")]
    placed = page.extract_text(extraction_mode="layout").translate(_LIGATURES).split("\n")
    rows = {_key("".join(cells)): row(cells) for cells in _rows(placed)}
    below_blank = {_key(line) for above, line in pairwise(placed) if line.strip() and not above.strip()}
    if 2 * len(below_blank) > len([line for line in placed if line.strip()]):
        below_blank = set()  # the lines themselves are set far apart
    lines: list[str] = []
    for line in drawn:
        lines += [""] if lines and _key(line) in below_blank else []
        lines.append(rows.get(_key(line), line))
    return [*lines, *_annotations(page)]


def _key(line: str) -> str:
    """The line without its white space, which differs between the two modes."""
    return "".join(line.split())


def _annotations(page: Any) -> Iterator[str]:
    """The words that people have typed onto a page: notes in boxes, and filled fields."""
    notes = page.get("/Annots")
    for reference in notes.get_object() if notes is not None else ():
        note = reference.get_object()
        typed = {"/FreeText": "/Contents", "/Widget": "/V"}.get(note.get("/Subtype"), "")
        value = note.get(typed) if typed else None
        if isinstance(value, str) and letters(value) and note.get("/FT") in {None, "/Tx", "/Ch"}:
            name = note.get("/TU") or note.get("/T")
            yield from ("", f"{name}: {value}" if typed == "/V" and name else value, "")


def _rows(lines: Sequence[str]) -> Iterator[list[str]]:
    """The rows of tables among placed lines: the same gaps run through three lines or more."""
    filled = [line for line in lines if line.strip()]
    at = 0
    while at < len(filled):
        gaps = _gaps(filled[at])
        end = at + 1
        while gaps and end < len(filled) and len(shared := _shared(gaps, _gaps(filled[end]))) == len(gaps):
            gaps, end = shared, end + 1
        if gaps and end - at >= 3:
            yield from (_cut(line, gaps) for line in filled[at:end])
        at = end if gaps and end - at >= 3 else at + 1


def _gaps(line: str) -> list[tuple[int, int]]:
    """Where a line leaves far more room between words than elsewhere. Justified text spreads its room evenly."""
    found = [match.span() for match in re.finditer(r"(?<=\S) +(?=\S)", line)]
    narrow = min((end - start for start, end in found), default=0)
    return [(start, end) for start, end in found if end - start >= 3 and (narrow >= 3 or end - start >= 2.5 * narrow)]


def _shared(ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts two columns wide or more that gaps of two lines have in common."""
    found = [(max(a, c), min(b, d)) for a, b in ours for c, d in theirs]
    return [(start, end) for start, end in found if end - start >= 2]


def _cut(line: str, gaps: list[tuple[int, int]]) -> list[str]:
    edges = [0, *(start for start, _ in gaps), len(line)]
    return [line[a:b].strip() for a, b in pairwise(edges)]


def paragraphs(lines: list[str]) -> str:
    """Lines as paragraphs and list items.

    A paragraph ends at a blank line, before a list item, after a line that ends a sentence well short of the
    margin, and around a short line without a sentence's end (a heading).
    """
    width = _margin(lines)
    words = Counter(re.findall(r"[\w'’-]+", "\n".join(lines).casefold().replace("\u2010", "-")))
    blocks: list[list[str]] = [[]]
    for line in (" ".join(raw.split()) for raw in lines):
        alone = line.startswith("| ") or (blocks[-1] and blocks[-1][-1].startswith("| "))
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


def _without_running_lines(pages: list[list[str]]) -> tuple[list[str], list[str]]:
    """All lines but page numbers and running heads; and these."""
    gone = _running(pages)
    kept = [line for page, lines in enumerate(pages) for at, line in enumerate(lines) if (page, at) not in gone]
    return kept, [pages[page][at] for page, at in sorted(gone)]


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
    if letters(line) >= 3 and not line.strip().isdigit():
        yield " ".join(line.split()), -1
    if re.fullmatch(r"\W*[ivxlc]{1,7}\W*", line):
        yield "", _roman(line) - page
    for pattern in (r"(.*?)\W*\b(\d{1,4})(?: ?(?:/|of) ?\d{1,4})?\W*", r"\W*()(\d{1,4})\W+\D.*"):
        if (found := re.fullmatch(pattern, line)) is not None:
            words = found[1] or re.sub(r"^\W*\d+\W*", "", line)
            yield re.sub(r"^(?:page|p\.?)$", "", words.strip().lower()), int(found[2]) - page


def _roman(line: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}.get(mark, 0) for mark in line.strip()]
    return sum(-a if a < b else a for a, b in pairwise([*values, 0]))
