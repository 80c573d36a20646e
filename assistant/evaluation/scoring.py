"""One answer against its case: every measure, whether it passed, and if not why and what to try next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from assistant.evaluation.attributing import ADVICE, attribute
from assistant.evaluation.cases import Case
from assistant.evaluation.citing import citation_scores, exactness
from assistant.evaluation.facts import facts_score
from assistant.evaluation.gold import Anchored, anchor
from assistant.evaluation.ranking import NAMES as RANKING
from assistant.evaluation.ranking import ranking_scores
from assistant.evaluation.results import CaseResult, Score
from assistant.evaluation.saying import abstention, brevity, crag, supported
from assistant.types import Answer, Citation, Essay, Frozen


class PassRule(Frozen):
    """When a case passes.

    Unanswerable: the answer abstained. Answerable: it did not, it states every fact, cites a right source, each
    citation is exact, each sentence is borne out, it has at most ``max_words`` words, and at least ``min_precision``
    of the characters it cites are gold. The last two keep copying and citing everything from being worth it.
    """

    max_words: int = Field(130, gt=0)
    min_precision: float = Field(0.05, ge=0, le=1)


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
        names += ["source", "supported"]
        names += ["facts"] if case.facts else []
        has_gold = case.evidence or case.alternatives
        names += [*RANKING, "citation_precision", "citation_recall", "citation_f1"] if has_gold else []
    zero = Score(value=0.0, reason="no answer: the question ended in an error")
    return CaseResult(
        case=case,
        repeat=repeat,
        error=error,
        ms=ms,
        scores=dict.fromkeys(names, zero),
        attribution="error",
        advice=ADVICE["error"],
    )


def measures(case: Case, answer: Answer, gold: Anchored, essays: Mapping[str, Essay]) -> dict[str, Score]:
    """Every measure of one answer by name, each with its reason."""
    # An unanswerable case has no gold to hit; an abstaining reply states no facts, whatever words it is made of.
    sets = gold.sets if case.answerable else ()
    facts = facts_score(case.facts if case.answerable else (), "" if answer.abstained else answer.answer)
    source = source_score(case, answer.citations, gold)
    correct = (facts.value if facts.value is not None else source.value) == 1.0
    return {
        **ranking_scores(answer, sets),
        "exactness": exactness(answer.citations, essays),
        **citation_scores(answer.citations, sets),
        "source": source,
        "facts": facts,
        "abstention": abstention(case.answerable, answer.abstained),
        "crag": crag(case.answerable, answer.abstained, correct),
        "supported": supported(answer),
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
    if not case.answerable or scores["abstention"].value == 0.0:
        return () if scores["abstention"].value == 1.0 else ("abstention",)
    whole = ("facts", "source", "exactness", "supported")
    failing = [name for name in whole if scores[name].value not in (None, 1.0)]
    precision, words = scores["citation_precision"].value, scores["brevity"].value
    if precision is not None and precision < rule.min_precision:
        failing.append("citation_precision")
    if words is not None and words > rule.max_words:
        failing.append("brevity")
    return tuple(failing)
