"""Readers of .html, .pdf and .docx files, each ``read(data: bytes) -> Extract``, and the limits they run under.

They run in a child process, started by ``assistant.corpus.extracting``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

CPU_SECONDS = 20
CPU_SECONDS_PER_MEGABYTE = 20
"""Processor time, however long that takes on a busy machine. 200 dense pages of PDF (0.8 MB) need 6 to 20 seconds."""
WALL_SECONDS = 1_800
"""A backstop for a child that sleeps instead of working, which nothing we read makes it do."""
MEMORY_BYTES = 500_000_000
"""On top of what the child holds when its reader is loaded."""
MAX_TEXT_CHARS = 20_000_000
MAX_PAGES = 500
MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_RATIO = 200
"""Unpacked bytes of a .docx for each packed one, looked at where more than a megabyte comes out."""


def cpu_seconds(size: int) -> int:
    """Processor seconds that a file of ``size`` bytes may take."""
    return CPU_SECONDS + CPU_SECONDS_PER_MEGABYTE * size // 1_000_000


@dataclass(frozen=True)
class Extract:
    """A document's text, and what the file states of itself (title, author, publisher, published, url).

    ``left_out`` lists in words what a reader of the file sees and the text does not hold. ``visible`` counts the
    letters and digits that a reader sees. ``web_page`` says that the text was published as a page of a web site.
    """

    text: str
    stated: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    visible: int = 0
    web_page: bool = False


class UnreadableError(Exception):
    """The file can't be read; ``message`` says what is wrong, ``remedy`` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences; neither names the file."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def joined(blocks: Iterable[str]) -> str:
    """Blocks of Markdown with a blank line between them, items of one list and rows of one table without."""
    text = ""
    previous = ""
    for block in blocks:
        gap = "\n" if _mark(block) and _mark(block) == _mark(previous) else "\n\n"
        text += (gap if text else "") + block
        previous = block
    return text


def _mark(block: str) -> str:
    """ "-" for an item of a list or what is indented below it, "|" for a row of a table, else nothing."""
    head = block.split(maxsplit=1)[0] if block.strip() else ""
    if head == "-" or block.startswith("  ") or (head[:-1].isdigit() and head[-1] in ".)"):
        return "-"
    return "|" if head.startswith("|") else ""


def row(cells: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(flat(cell).replace("|", "\\|") for cell in cells) + " |"


def with_head(rows: Sequence[Sequence[str]], heads: Sequence[bool] = ()) -> Iterator[str]:
    """The rows of a Markdown table with a rule below each that is marked as a head, else below the first of several."""
    if not any(heads):
        heads = [at == 0 and len(rows) > 1 for at in range(len(rows))]
    for cells, is_head in zip(rows, heads, strict=True):
        yield row(cells)
        if is_head:
            yield row(["---"] * len(cells))


def fenced(code: str, language: str = "") -> str:
    """Code as a fenced block, its lines as they are."""
    longest = max((len(run) for run in code.split() if set(run) == {"`"}), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def flat(text: str) -> str:
    """``text`` on one line."""
    return " ".join(text.split())


def letters(text: str) -> int:
    """How many letters and digits there are; marks and spaces that a format adds don't count."""
    return sum(map(str.isalnum, text))


def counted(number: int, noun: str) -> tuple[str, ...]:
    """``3 pictures`` as a tuple of one, empty for none."""
    return (f"{number} {noun}{'' if number == 1 else 's'}",) if number else ()


def excerpt(lines: Iterable[str], most: int = 5) -> str:
    """The first lines in quotes, cut short, and how many more there are."""
    lines = [flat(line) for line in lines if line.strip()]
    shown = ", ".join(f"“{line[:60]}{'…' if len(line) > 60 else ''}”" for line in lines[:most])
    return shown + (f" and {len(lines) - most} more" if len(lines) > most else "")
