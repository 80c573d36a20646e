"""What primary sources say about figures in the documents: ``claims.yaml`` beside them.

A claim never changes an answer. It becomes a notice on an answer that cites the passage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.errors import CorpusError
from assistant.textfiles import read_yaml
from assistant.types import Citation, Frozen

FILE = "claims.yaml"
Status = Literal["confirmed", "stated more strongly", "differs", "not confirmed"]


class CheckedClaim(Frozen):
    """A figure of one document, looked up at its source. ``note`` is what a reader should know, in our words."""

    id: str
    source_id: str
    words: tuple[str, ...] = Field(min_length=1)
    status: Status
    source: str
    note: str

    def made_by(self, citation: Citation) -> bool:
        """Whether the cited words make this claim."""
        quote = " ".join(citation.quote.split()).lower()
        return citation.source_id == self.source_id and all(words.lower() in quote for words in self.words)

    def notice(self, markers: Sequence[int]) -> str:
        """The sentence beside an answer whose citations ``markers`` make this claim."""
        marks = "".join(f"[{marker}]" for marker in markers)
        note = self.note.strip().rstrip(".")
        return f"{marks} Checked against the source ({self.source}): {self.status}. {note[0].upper()}{note[1:]}."


class _File(Frozen):
    owner: str
    version: int
    claims: tuple[CheckedClaim, ...]


def load_claims(folders: Iterable[Path]) -> tuple[CheckedClaim, ...]:
    """The claims of every folder that has any; the first with an id counts. Raises CorpusError naming the file."""
    found: dict[str, CheckedClaim] = {}
    for folder in folders:
        path = folder / FILE
        if path.is_file():
            for claim in _read(path):
                found.setdefault(claim.id, claim)
    return tuple(found.values())


def claim_notices(claims: Iterable[CheckedClaim], citations: Sequence[Citation]) -> list[str]:
    """A notice for each claim that the citations make, in the order of the citations."""
    made = [(claim, [c.marker for c in citations if claim.made_by(c)]) for claim in claims]
    return [claim.notice(markers) for claim, markers in sorted(made, key=lambda pair: pair[1][:1]) if markers]


def _read(path: Path) -> tuple[CheckedClaim, ...]:
    data = read_yaml(path, CorpusError)
    try:
        return _File.model_validate(data).claims
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CorpusError(f"{path}: {where}: {first['msg']}.", "Write it as the built-in claims.yaml is.") from None
