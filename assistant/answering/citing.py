"""The one maker of cited text: sentences one after the other, each with the numbers of the words that bear it out."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.types import Citation, Claim


class CitedText:
    """An answer's text as it grows. Citations are numbered as they first appear; one place has one number."""

    def __init__(self, text: str = "") -> None:
        """``text`` stands before the first sentence and claims nothing."""
        self.text = text
        self.claims: list[Claim] = []
        self.citations: list[Citation] = []
        self._numbers: dict[tuple[str, int, int], int] = {}

    def add(self, before: str, sentence: str, citations: Iterable[Citation], after: str = "") -> str:
        """Append a sentence behind ``before`` (white space, a list mark, a label); returns the piece that was added.

        ``after`` is layout behind the marks, such as a table's border.
        """
        before = before if self.text else before.lstrip()
        markers = tuple(dict.fromkeys(self._number(citation) for citation in citations))
        start = len(self.text) + len(before)
        self.claims.append(Claim(start=start, end=start + len(sentence), markers=markers, supported=True))
        piece = f"{before}{sentence} {''.join(f'[{marker}]' for marker in markers)}{after}"
        self.text += piece
        return piece

    def layout(self, piece: str) -> str:
        """Append text that claims nothing, such as a table's head; returns it."""
        piece = piece if self.text else piece.lstrip()
        self.text += piece
        return piece

    def _number(self, citation: Citation) -> int:
        place = citation.source_id, citation.start, citation.end
        if place not in self._numbers:
            self._numbers[place] = len(self.citations) + 1
            self.citations.append(citation.model_copy(update={"marker": self._numbers[place]}))
        return self._numbers[place]
