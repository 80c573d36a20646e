"""From draft sentences to an answer text whose every sentence cites words that stand in the documents.

What an answer may be made of: numbered sentences of the retrieved passages, each with its exact span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from assistant.answering.bearing import is_supported, names_of
from assistant.errors import ConfigurationError
from assistant.retrieval.lexicon import content_stems
from assistant.settings import Settings
from assistant.types import Citation, Claim, Essay, Frozen


class Evidence(Frozen):
    """One citable sentence, or what stands together; ``number`` is how a draft refers to it (``[7]``)."""

    number: int
    source_id: str
    section: str
    start: int
    end: int
    text: str


class DraftSentence(Frozen):
    """A sentence of a draft: ``lead`` is what stands between it and the one before (white space, a list mark,
    an essay's name), ``numbers`` the evidence it cites, ``block`` code or a table that follows its marks."""

    lead: str = ""
    text: str
    block: str = ""
    numbers: tuple[int, ...] = ()


class Entailment:
    """A sentence-transformers CrossEncoder from a folder, which may refuse what the rules found borne out."""

    def __init__(self, folder: Path) -> None:
        """Loads the model. Raises ConfigurationError where the folder holds none that scores pairs of texts."""
        remedy = "Set ASSISTANT_ENTAILMENT_MODEL to a CrossEncoder's folder, or unset it."
        if not folder.is_dir():  # a name would be looked up on the hub
            raise ConfigurationError(f"ASSISTANT_ENTAILMENT_MODEL: {folder} is no folder.", remedy)
        try:
            from sentence_transformers import CrossEncoder

            self._model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
            labels = {str(name).lower(): at for at, name in self._model.config.id2label.items()}
        except Exception as error:  # noqa: BLE001 - whatever a foreign model folder raises
            raise ConfigurationError(f"ASSISTANT_ENTAILMENT_MODEL: {folder}: {error}", remedy) from None
        self._sides = labels.get("entailment"), labels.get("contradiction")
        if len(labels) > 1 and None in self._sides:
            told = f"ASSISTANT_ENTAILMENT_MODEL: {folder} knows no labels entailment and contradiction."
            raise ConfigurationError(told, remedy)

    @classmethod
    def of(cls, settings: Settings) -> Entailment | None:
        """The model that is set; None where rules alone decide."""
        return cls(settings.entailment_model.expanduser()) if settings.entailment_model else None

    def agrees(self, sentence: str, quotes: Sequence[str]) -> bool:
        """Whether entailment is likelier than contradiction; with a single score, whether that is at least one half."""
        scores = self._model.predict([(" ".join(quotes), sentence)], show_progress_bar=False)[0]
        entailed, contradicted = self._sides
        if entailed is None or contradicted is None:
            return float(scores) >= EVEN
        return float(scores[entailed]) > float(scores[contradicted])


EVEN = 0.5
MAX_CITED = 4
MIN_STEMS = 2
"""Subject words a sentence must have before evidence is looked for that bears it out."""
_STRAY_MARK = re.compile(r"\s*\[\d[\d,;\s–-]*\]")


class Tally(Frozen):
    """What verification did, for the trace."""

    kept: int = 0
    repaired: int = 0
    dropped: int = 0
    forged_marks: int = 0


class Verifier:
    """Checks draft sentences one by one, numbering citations in order of appearance.

    A mark that names no evidence is removed. A sentence its marks do not bear out gets, once, the evidence that
    does; where there is none it is dropped.
    """

    def __init__(
        self, evidence: Sequence[Evidence], essays: Mapping[str, Essay], entailment: Entailment | None = None
    ) -> None:
        self._evidence = {item.number: item for item in evidence}
        self._stems = {item.number: set(content_stems(item.text)) for item in evidence}
        self._essays = essays
        self._entailment = entailment
        self._markers: dict[int, int] = {}
        self.citations: list[Citation] = []
        self.claims: list[Claim] = []
        self.text = ""
        self.tally = Tally()

    def accept(self, drafted: Iterable[DraftSentence]) -> Iterator[str]:
        """Yields the pieces of the answer text as each sentence is verified."""
        for sentence in drafted:
            piece = self._piece(sentence)
            if piece:
                yield piece

    def _piece(self, sentence: DraftSentence) -> str:
        body = _STRAY_MARK.sub("", sentence.text).strip()
        numbers = [n for n in sentence.numbers if n in self._evidence][:MAX_CITED]
        forged = sum(n not in self._evidence for n in sentence.numbers)
        supported = bool(numbers) and self._bears_out(body, numbers)
        repaired = False
        if not supported:
            numbers = self._repair(body)
            repaired = bool(numbers)
        self._count(kept=bool(numbers), repaired=repaired, forged=forged)
        if not numbers or not body:
            return ""
        lead = sentence.lead if self.text else sentence.lead.lstrip()
        lead = lead if lead or not self.text else " "
        start = len(self.text) + len(lead)
        markers = tuple(self._cite(n) for n in numbers)
        self.claims.append(Claim(start=start, end=start + len(body), markers=markers, supported=True))
        block = f"\n\n{sentence.block}" if sentence.block else ""
        piece = f"{lead}{body} {''.join(f'[{marker}]' for marker in markers)}{block}"
        self.text += piece
        return piece

    def _repair(self, body: str) -> list[int]:
        """Evidence that does bear the sentence out: the one sentence that shares most with it, if it is enough."""
        stems = set(content_stems(body))
        if len(stems) < MIN_STEMS:
            return []
        ranked = sorted(self._stems, key=lambda n: (-len(stems & self._stems[n]), n))[:3]
        return next(([n] for n in ranked if self._bears_out(body, [n])), [])

    def _bears_out(self, body: str, numbers: Sequence[int]) -> bool:
        """Whether the evidence of these numbers bears the sentence out, which may name its documents and authors."""
        cited = [self._evidence[n] for n in numbers]
        named = " ".join({names_of(self._essays[item.source_id]) for item in cited})
        quotes = [item.text for item in cited]
        return is_supported(body, quotes, named) and (not self._entailment or self._entailment.agrees(body, quotes))

    def _cite(self, number: int) -> int:
        if number in self._markers:
            return self._markers[number]
        item = self._evidence[number]
        essay = self._essays[item.source_id]
        quote = essay.text[item.start : item.end]
        if quote != item.text:
            raise AssertionError(f"evidence {number} does not stand at its span in {essay.id}")
        marker = len(self.citations) + 1
        self._markers[number] = marker
        self.citations.append(Citation.of(essay, marker=marker, section=item.section, start=item.start, end=item.end))
        return marker

    def _count(self, *, kept: bool, repaired: bool, forged: int) -> None:
        self.tally = Tally(
            kept=self.tally.kept + kept,
            repaired=self.tally.repaired + repaired,
            dropped=self.tally.dropped + (not kept),
            forged_marks=self.tally.forged_marks + forged,
        )
