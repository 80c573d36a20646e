"""The lines of a PDF page in the order the file draws them, with their size and place; rows of tables in cells."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import hypot
from typing import Any

from assistant.corpus.formats import letters, with_head

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\x00": ""})
LARGER = 1.15
"""A line set this much larger than the text is a heading."""
WIDER = 1.35
"""A line this much further below the one above than lines usually are begins a paragraph."""
LONGEST_HEADING = 150
FEWEST_ROWS = 3
"""Two lines with a gap in the same place happen in running text."""


MOST_CELLS = 12
"""A row of more cells that the file draws one by one is left as it is."""


@dataclass
class Line:
    """A line of text; ``size`` of its font and ``y`` of its foot are in points, 0 where they are not known."""

    text: str = ""
    size: float = 0.0
    y: float = 0.0
    begins: bool = False
    """Whether the page leaves a gap above it."""


def lines_of(page: Any) -> list[Line]:
    """The lines of a pypdf page."""
    lines = _drawn(page)
    filled = [line for line in lines if line.text.strip()]
    rows = {_key("".join(cells)): cells for cells in _rows(_placed(page))}
    put: dict[int, list[Line]] = {}
    for is_row, run in groupby(by_rows(filled, rows), key=lambda part: part[0] is not None):
        if is_row and len(table := list(run)) >= FEWEST_ROWS:
            put |= _as_table(table)
    lines = [new for line in lines for new in put.get(id(line), [line])]
    filled = [line for line in lines if line.text.strip()]
    _mark_gaps(filled)
    return [*lines, *(Line(text, begins=True) for text in _typed(page))]


def by_rows(lines: Sequence[Line], rows: Mapping[str, list[str]]) -> Iterator[tuple[list[str] | None, list[Line]]]:
    """Each line with the cells of the row that it is, or the lines of one whose cells were drawn one by one."""
    at = 0
    while at < len(lines):
        said, taken = "", 1
        for number, line in enumerate(lines[at : at + MOST_CELLS], start=1):
            said += _key(line.text)
            if said in rows:
                taken = number
                break
        yield rows.get(said), list(lines[at : at + taken])
        at += taken


def _as_table(table: Sequence[tuple[list[str] | None, list[Line]]]) -> dict[int, list[Line]]:
    """What stands in the place of each line of a table, by the line's identity: a row, with a rule below the first."""
    firsts = [lines[0] for _, lines in table]
    texts = list(with_head([cells or [] for cells, _ in table]))
    put: dict[int, list[Line]] = {id(line): [] for _, lines in table for line in lines}
    for line, text in zip(firsts, [texts[0], *texts[2:]], strict=True):
        line.text = text
        put[id(line)].append(line)
    put[id(firsts[0])].append(replace(firsts[0], text=texts[1]))
    return put


def _drawn(page: Any) -> list[Line]:
    lines = [Line()]

    def visit(text: str, matrix: Sequence[float], placing: Sequence[float], _: object, size: float) -> None:
        for number, part in enumerate(text.translate(_LIGATURES).split("\n")):
            if number:
                lines.append(Line())
            if part.strip() and not lines[-1].text.strip():
                lines[-1].size = round(size * hypot(*placing[2:4]) * hypot(*matrix[2:4]), 1)
                lines[-1].y = placing[4] * matrix[1] + placing[5] * matrix[3] + matrix[5]
            lines[-1].text += part

    page.extract_text(visitor_text=visit)
    return lines


def _mark_gaps(lines: list[Line]) -> None:
    """Find the lines that stand further below the one above than is usual for their size on this page."""
    steps: dict[float, list[float]] = defaultdict(list)
    for above, below in pairwise(lines):
        if above.y - below.y > 0.8 * below.size:  # further down, and not a raised or lowered mark of the same line
            steps[below.size].append(above.y - below.y)
    usual = {size: sorted(found)[len(found) // 4] for size, found in steps.items()}
    for above, below in pairwise(lines):
        below.begins = above.y - below.y > WIDER * usual.get(below.size, 1_000)


def with_headings(lines: Iterable[Line]) -> list[str]:
    """The texts of lines, a blank one where a gap is, headings with a mark by their rank among the larger sizes."""
    lines = list(lines)
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += letters(line.text) if line.size else 0
    body = max(sizes, key=lambda size: sizes[size], default=0.0)
    ranks = {size: at for at, size in enumerate(sorted({s for s in sizes if s > LARGER * body}, reverse=True))}
    texts: list[str] = []
    above = Line()
    for line in lines:
        is_heading = line.size in ranks and letters(line.text) and not line.text.startswith("| ")
        if is_heading and above.size == line.size and texts and len(texts[-1]) < LONGEST_HEADING and not line.begins:
            texts[-1] += f" {line.text.strip()}"
        elif is_heading:
            texts += ["", f"{'#' * min(6, ranks[line.size] + 2)} {line.text.strip()}"]
        else:
            texts += ["", line.text] if line.begins or above.size in ranks else [line.text]
        above = line if line.text.strip() else above
    return [text if len(text) <= LONGEST_HEADING else text.lstrip("# ") for text in texts]


def _typed(page: Any) -> Iterator[str]:
    """The words that people have typed onto a page: notes in boxes, and filled fields."""
    notes = page.get("/Annots")
    for reference in notes.get_object() if notes is not None else ():
        note = reference.get_object()
        kind = note.get("/Subtype")
        value = note.get({"/FreeText": "/Contents", "/Widget": "/V"}.get(kind, "/None"))
        if isinstance(value, str) and letters(value) and note.get("/FT") in {None, "/Tx", "/Ch"}:
            name = note.get("/TU") or note.get("/T")
            yield f"{name}: {value}" if kind == "/Widget" and name else value


def _placed(page: Any) -> list[str]:
    """The lines of a page with each word at its place, in characters; pypdf reads across columns of text here."""
    text: str = page.extract_text(extraction_mode="layout").translate(_LIGATURES)
    return [line for line in text.split("\n") if line.strip()]


def _key(line: str) -> str:
    """The line without its white space, which differs between the two ways of reading."""
    return "".join(line.split())


def _rows(lines: list[str]) -> Iterator[list[str]]:
    """The rows of tables among placed lines: the same gaps run through all lines of one."""
    at = 0
    while at < len(lines):
        gaps = _gaps(lines[at])
        end = at + 1
        while gaps and end < len(lines) and len(shared := _shared(gaps, _gaps(lines[end]))) == len(gaps):
            gaps, end = shared, end + 1
        is_table = bool(gaps) and end - at >= FEWEST_ROWS
        yield from (_cut(line, gaps) for line in lines[at:end] if is_table)
        at = end if is_table else at + 1


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
