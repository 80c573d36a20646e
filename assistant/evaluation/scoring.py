"""One answer against its case: every measure, whether it passed, and if not why and what to try next.

Why a case failed, as the first fault in the way of the data, and what to try next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pydantic import Field

from assistant.evaluation.careful import careful_scores
from assistant.evaluation.cases import Case
from assistant.evaluation.citing import (
    RANKING,
    citation_scores,
    citing_size,
    covering,
    exactness,
    holds,
    is_known,
    merged,
    overlap,
    ranking_scores,
)
from assistant.evaluation.facts import facts_score
from assistant.evaluation.gold import Anchored, EvidenceSet, Place, anchor
from assistant.evaluation.results import Attribution, CaseResult, Score
from assistant.evaluation.saying import abstention, brevity, crag, supported
from assistant.types import Answer, Citation, Essay, Frozen

ADVICE: Mapping[Attribution, str] = {
    "error": "Read the error, mend its cause, and run again with --retry-errors.",
    "not retrieved": (
        "Mend the index: add a question in these words to corpus/statements/<source>.yaml, or the missing word to the "
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
        "No gold is left uncited, but the answer leaves a fact out. Read it: if it is right in other words, widen the "
        "fact's pattern; else ask for figures and lists in the prompt, or add an example."
    ),
    "says what it must not": (
        "The answer holds words the case rules out, which turn it round or belong to another question. Look at which "
        "sentence has them: leave it out, by its stance or its topic; for a chat model say so in the prompt."
    ),
    "wrong verdict": (
        "A yes-no question opens with Yes, No or It depends, and with the right one. Tie the question to the sentence "
        "that decides it, with its verdict; for a chat model add an example that opens so."
    ),
    "premise not corrected": (
        "The question takes something for granted that the documents deny. Correct it in the first sentence: tie such "
        "a question to the sentence that denies it; for a chat model add an example."
    ),
    "unsupported": (
        "The answer says more than its quotes. Tighten the prompt's rule to say only what the evidence says, or add an "
        "example; a figure or denial that no quote holds is the usual cause."
    ),
    "answer not first": (
        "The answer is there, but another sentence stands first. Look at what was asked (whether, when, why, how much) "
        "and put the sentence that says it first; where the first one does answer, widen the case's pattern."
    ),
    "filler": (
        "Sentences add nothing to what was asked. Leave them out; where one does belong, add its opening words to what "
        "the case allows."
    ),
    "wrong form": "The question asks for a list, a table or a length. Read the wanted form and keep to it.",
    "too long": "Ask for a shorter answer in the prompt, or show one in an example.",
    "should have abstained": (
        "Nothing in the essays answers this. Raise the judge's thresholds, or add the expectation the question carries "
        "to expectations.yaml; for a chat model add an example that abstains."
    ),
    "should have answered": (
        "The judge held what was found too weak. Add a question hint or glossary word that links the "
        "question to it, or lower the judge's thresholds and watch the unanswerable cases."
    ),
}
"""What to try next for each attribution; weights come last."""


FAULTS: Mapping[str, Attribution] = {
    "must_not": "says what it must not",
    "verdict": "wrong verdict",
    "premise": "premise not corrected",
    "exactness": "wrong span cited",
    "citation_precision": "wrong span cited",
    "citing": "wrong span cited",
    "supported": "unsupported",
    "lead": "answer not first",
    "filler": "filler",
    "form": "wrong form",
    "brevity": "too long",
}
"""The fault of each condition that an answer with all its facts can fail, the worst first."""


def attribute(case: Case, answer: Answer, gold: Anchored, failing: Collection[str]) -> Attribution | None:
    """The first fault in the way of the data, given the conditions that failed; None where none did."""
    if not failing:
        return None
    if not case.answerable and "abstention" in failing:
        return "should have abstained"
    if {"abstention", "facts", "source"} & set(failing):
        return _along_the_way(answer, _best_set(answer, gold), failing)
    return next(fault for condition, fault in FAULTS.items() if condition in failing)


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


class PassRule(Frozen):
    """When a case passes.

    Nothing that must not be said is said. Unanswerable: the answer abstained. Answerable: it did not, it states every
    fact, cites a right source, each citation is exact, each sentence is borne out, and what the case wants of its
    first sentence, verdict and form is there. It has at most ``max_words`` words, at most ``max_filler`` of its
    sentences are filler, at least ``min_precision`` of the characters it cites are gold, and it cites at most
    ``max_citing`` of them. These four keep copying and citing everything from being worth it.
    """

    max_words: int = Field(130, gt=0)
    max_filler: float = Field(0.25, ge=0, le=1)
    min_precision: float = Field(0.05, ge=0, le=1)
    max_citing: int = Field(3_000, gt=0)


RULE = PassRule()


def score(
    case: Case,
    answer: Answer,
    essays: Mapping[str, Essay],
    *,
    rule: PassRule = RULE,
    repeat: int = 0,
    ms: float = 0.0,
) -> CaseResult:
    """The answer's result. ``essays`` are those it was made from, by id. Raises SuiteError for lost gold."""
    gold = anchor(case, essays)
    scores = measures(case, answer, gold, essays)
    failing = failed_conditions(case, scores, rule)
    attribution = attribute(case, answer, gold, failing)
    return CaseResult(
        case=case,
        repeat=repeat,
        answer=answer,
        ms=ms,
        scores=scores,
        passed=not failing,
        attribution=attribution,
        advice=ADVICE[attribution] if attribution else None,
    )


def errored(case: Case, error: str, *, repeat: int = 0, ms: float = 0.0) -> CaseResult:
    """The result of a question that got no answer: failed, and 0 in each measure that an answer would have had."""
    names = ["abstention", "crag"]
    if case.answerable:
        has_gold = bool(case.evidence or case.alternatives)
        names += ["supported", *(name for name, is_wanted in _wanted(case, has_gold).items() if is_wanted)]
        names += [*RANKING, "citation_precision", "citation_recall", "citation_f1"] if has_gold else []
    names += ["must_not"] if case.must_not else []
    reason = "no answer: the question ended in an error"
    scores = dict.fromkeys(names, Score(value=0.0, reason=reason))
    scores |= {"filler": Score(value=1.0, reason=reason)} if case.answerable and case.allowed else {}
    return CaseResult(
        case=case,
        repeat=repeat,
        error=error,
        ms=ms,
        scores=scores,
        attribution="error",
        advice=ADVICE["error"],
    )


def _wanted(case: Case, has_gold: bool) -> dict[str, bool]:
    """Whether a case asks for what each of these measures needs."""
    return {
        "source": bool(case.sources) or has_gold,
        "facts": bool(case.facts),
        "lead": case.lead is not None,
        "verdict": case.verdict is not None,
        "premise": case.corrects is not None,
        "form": case.form is not None,
    }


def measures(case: Case, answer: Answer, gold: Anchored, essays: Mapping[str, Essay]) -> dict[str, Score]:
    """Every measure of one answer by name, each with its reason."""
    # An unanswerable case has no gold to hit; an abstaining reply states no facts, whatever words it is made of.
    sets = gold.sets if case.answerable else ()
    facts = facts_score(case.facts if case.answerable else (), "" if answer.abstained else answer.answer)
    source = source_score(case, answer.citations, gold)
    careful = careful_scores(case, answer, gold)
    stated = (facts if facts.value is not None else source).value == 1.0
    correct = stated and all(careful[name].value in (None, 1.0) for name in ("verdict", "premise", "must_not"))
    return {
        **ranking_scores(answer, sets),
        "exactness": exactness(answer.citations, essays),
        **citation_scores(answer.citations, sets),
        "source": source,
        "facts": facts,
        "abstention": abstention(case.answerable, answer.abstained),
        "crag": crag(case.answerable, answer.abstained, correct),
        "supported": supported(answer),
        **careful,
        "citing": citing_size(answer.citations),
        "brevity": brevity(answer),
    }


def source_score(case: Case, citations: Sequence[Citation], gold: Anchored) -> Score:
    """1 where a citation is of one of the case's sources (of its gold's where it names none)."""
    wanted = sorted(set(case.sources) or {place.source_id for place in gold.places})
    if not (case.answerable and wanted):
        return Score(value=None, reason="the case names no source")
    cited = sorted({citation.source_id for citation in citations})
    right = [source for source in cited if source in wanted]
    said = f"cites {', '.join(cited) or 'nothing'}; wanted {', '.join(wanted)}"
    return Score(value=float(bool(right)), reason=said)


def failed_conditions(case: Case, scores: Mapping[str, Score], rule: PassRule) -> tuple[str, ...]:
    """The conditions of the rule that do not hold, as names of scores; empty where the case passed."""
    whole = ["abstention", "must_not"]
    if case.answerable and scores["abstention"].value == 1.0:
        whole += ["facts", "source", "exactness", "supported", "lead", "verdict", "premise", "form"]
    failing = [name for name in whole if scores[name].value not in (None, 1.0)]
    if not case.answerable or "abstention" in failing:
        return tuple(failing)
    measured = {name: score.value for name, score in scores.items() if score.value is not None}
    if measured.get("citation_precision", 1.0) < rule.min_precision:
        failing.append("citation_precision")
    most = {"filler": rule.max_filler, "citing": rule.max_citing, "brevity": rule.max_words}
    return (*failing, *(name for name, bound in most.items() if measured.get(name, 0.0) > bound))
