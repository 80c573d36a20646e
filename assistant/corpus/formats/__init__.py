"""Readers of .html, .pdf and .docx files, each ``read(data: bytes) -> Extract``; they run in a child process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Extract:
    """A document's text, and what the file says of itself (title, author, publisher, published, url)."""

    text: str
    stated: dict[str, str]


class UnreadableError(Exception):
    """The file can't be read; ``message`` says what is wrong, ``remedy`` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences; neither names the file."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def joined(blocks: list[str]) -> str:
    """Blocks of Markdown with a blank line between them, items of one list on neighbouring lines."""
    text = ""
    previous = ""
    for block in blocks:
        gap = "\n" if _is_item(block) and _is_item(previous) else "\n\n"
        text += (gap if text else "") + block
        previous = block
    return text


def _is_item(block: str) -> bool:
    head = block.partition(" ")[0]
    return head == "-" or (head[:-1].isdigit() and head[-1] == ".") or block.startswith("|")
