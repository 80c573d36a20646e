"""Why a case failed, as the first fault in the way of the data, and what to try next."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assistant.evaluation.cases import Case
from assistant.evaluation.citing import merged, overlap
from assistant.evaluation.gold import Anchored, EvidenceSet, Place
from assistant.evaluation.ranking import covering, holds, is_known
from assistant.evaluation.results import Attribution
from assistant.types import Answer

ADVICE: Mapping[Attribution, str] = {
    "error": "Read the error, mend its cause, and run again with --retry-errors.",
    "not retrieved": (
        "Mend the index: add a question in these words to corpus/questions/<source>.yaml, or the missing word to the "
        "glossary; then try a higher ASSISTANT_TOP_K."
    ),
    "not cited": (
        "The passage was found but not used. Look at its rank: if low, mend the ranking (a question hint); if high, "
        "give the prompt an example that cites such a passage."
    ),
    "wrong span cited": (
        "The answer cites other words than the gold, or more than it needs. Sharpen the prompt's rule on what to cite, "
        "or add an example; where the words cited do answer, add them to the case's alternatives."
    ),
    "fact missing": (
        "The evidence is cited but the answer leaves a fact out. Read the answer: if it is right in other words, widen "
        "the fact's pattern; else ask for figures and lists in the prompt, or add an example."
    ),
    "unsupported": (
        "The answer says more than its quotes. Tighten the prompt's rule to say only what the evidence says, or add an "
        "example; a figure or denial that no quote holds is the usual cause."
    ),
    "too long": "Ask for a shorter answer in the prompt, or show one in an example.",
    "should have abstained": (
        "Nothing in the essays answers this. Raise the judge's thresholds, or add the expectation the question carries "
        "to expectations.yaml; for a chat model add an example that abstains."
    ),
    "should have answered": (
        "The passage was found but the judge held it too weak. Add a question hint or glossary word that links the "
        "question to it, or lower the judge's thresholds and watch the unanswerable cases."
    ),
}
"""What to try next for each attribution; weights come last."""


def attribute(case: Case, answer: Answer, gold: Anchored, failing: Collection[str]) -> Attribution | None:
    """The first fault in the way of the data, given the conditions that failed; None where none did."""
    if not failing:
        return None
    if not case.answerable:
        return "should have abstained"
    if {"abstention", "facts", "source"} & set(failing):
        return _along_the_way(answer, _best_set(answer, gold), failing)
    if {"exactness", "citation_precision"} & set(failing):
        return "wrong span cited"
    return "unsupported" if "supported" in failing else "too long"


def _along_the_way(answer: Answer, evidence: EvidenceSet, failing: Collection[str]) -> Attribution:
    unused = [place for place in evidence if not _is_cited(answer, place)]
    if is_known(answer) and any(covering(answer.passages, place) is None for place in unused):
        return "not retrieved"
    if answer.abstained:
        return "should have answered"
    if any(not _passage_is_cited(answer, place) for place in unused):
        return "not cited"
    if unused or "exactness" in failing:
        return "wrong span cited"
    return "not cited" if "source" in failing else "fact missing"


def _best_set(answer: Answer, gold: Anchored) -> EvidenceSet:
    """The evidence set the answer comes nearest to: most quotes cited, then most retrieved."""

    def nearness(evidence: EvidenceSet) -> tuple[float, float]:
        cited = sum(_is_cited(answer, place) for place in evidence)
        retrieved = sum(covering(answer.passages, place) is not None for place in evidence)
        return cited / len(evidence), retrieved / len(evidence)

    return max(gold.sets, key=nearness, default=())


def _is_cited(answer: Answer, place: Place) -> bool:
    """Whether a citation touches the quote."""
    cited = merged((c.source_id, c.start, c.end) for c in answer.citations)
    return overlap(cited, {place.source_id: [(place.start, place.end)]}) > 0


def _passage_is_cited(answer: Answer, place: Place) -> bool:
    """Whether a citation lies in the first passage that holds the quote."""
    rank = covering(answer.passages, place)
    if rank is None:
        return any(citation.source_id == place.source_id for citation in answer.citations)
    passage = answer.passages[rank - 1]
    return any(holds(passage, Place(source_id=c.source_id, start=c.start, end=c.end)) for c in answer.citations)
