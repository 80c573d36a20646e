"""Right answers spoiled in one place: each kind of damage is caught by the scorer that is there for it."""

import re
from collections.abc import Callable

import pytest

from assistant import Assistant
from assistant.evaluation.cases import load_suite
from assistant.evaluation.facts import quantities
from assistant.evaluation.results import CaseResult
from assistant.evaluation.scoring import score
from assistant.types import Answer, Citation


@pytest.fixture(scope="module")
def right(assistant: Assistant) -> list[CaseResult]:
    """The smoke suite's right answers to answerable questions, as the real pipeline gives them."""
    cases = [case for case in load_suite("smoke").cases if case.answerable]
    results = [score(case, assistant.ask(case.question, case.history), assistant.essays) for case in cases]
    passed = [result for result in results if result.passed]
    assert len(passed) >= 6
    return passed


def with_citations(answer: Answer, change: Callable[[Citation], Citation]) -> Answer:
    return answer.model_copy(update={"citations": tuple(change(citation) for citation in answer.citations)})


def shift_offsets(answer: Answer) -> Answer:
    return with_citations(answer, lambda c: c.model_copy(update={"start": c.start + 1, "end": c.end + 1}))


def swap_essays(answer: Answer) -> Answer:
    other = {"pan-framework": "logic-trap"}
    return with_citations(answer, lambda c: c.model_copy(update={"source_id": other.get(c.source_id, "pan-framework")}))


def forge_quotes(answer: Answer) -> Answer:
    return with_citations(answer, lambda c: c.model_copy(update={"quote": "Indeed, " + c.quote}))


def drop_citations(answer: Answer) -> Answer:
    bare = re.sub(r" ?\[\d+\]", "", answer.answer)
    return answer.model_copy(update={"citations": (), "claims": (), "answer": bare})


def negate(answer: Answer) -> Answer:
    """Each sentence's verb denied; the offsets of the claims move with the words."""
    claims, text, at = [], "", 0
    for claim in answer.claims:
        text += answer.answer[at : claim.start]
        denied = "It is not the case that " + answer.answer[claim.start : claim.end]
        claims.append(claim.model_copy(update={"start": len(text), "end": len(text) + len(denied)}))
        text, at = text + denied, claim.end
    return answer.model_copy(update={"answer": text + answer.answer[at:], "claims": tuple(claims)})


def change_numbers(answer: Answer) -> Answer:
    """Every figure one digit off, in the answer's words alone, keeping their length."""
    digits = str.maketrans("0123456789", "1234567890")
    markers = re.compile(r"\[\d+\]")
    kept = iter(markers.findall(answer.answer))
    words = [piece.translate(digits).replace("thirty", "ninety") for piece in markers.split(answer.answer)]
    return answer.model_copy(update={"answer": "".join(word + next(kept, "") for word in words)})


MUTATIONS = [
    (shift_offsets, "exactness"),
    (swap_essays, "exactness"),
    (swap_essays, "citation_f1"),
    (forge_quotes, "exactness"),
    (drop_citations, "citation_recall"),
    (drop_citations, "supported"),
]


@pytest.mark.parametrize(("mutate", "scorer"), MUTATIONS)
def test_damage_is_caught_in_each_right_answer(
    mutate: Callable[[Answer], Answer], scorer: str, right: list[CaseResult], assistant: Assistant
) -> None:
    for result in right:
        spoiled = score(result.case, mutate(result.answer), assistant.essays)
        assert spoiled.scores[scorer].value < result.scores[scorer].value, result.case.id
        assert not spoiled.passed, result.case.id


def test_changed_numbers_are_caught_by_the_facts_and_by_support(right: list[CaseResult], assistant: Assistant) -> None:
    numeric = [result for result in right if "number" in result.case.tags]
    assert len(numeric) >= 3
    for result in numeric:
        spoiled = score(result.case, change_numbers(result.answer), assistant.essays)
        assert spoiled.scores["facts"].value < 1.0, result.case.id
        assert spoiled.scores["supported"].value < 1.0, result.case.id
        assert not spoiled.passed


def test_a_denied_sentence_is_caught_by_support(right: list[CaseResult], assistant: Assistant) -> None:
    """Only a quote that itself denies something can hide a denial."""
    negative = re.compile(r"\b(not?|never|rather|only|un\w+|less|few\w*|without|wrong|fail\w*)\b", re.IGNORECASE)
    affirming = [r for r in right if not any(negative.search(citation.quote) for citation in r.answer.citations)]
    assert len(affirming) >= 2
    for result in affirming:
        spoiled = score(result.case, negate(result.answer), assistant.essays)
        assert spoiled.scores["supported"].value == 0.0, result.case.id
        assert spoiled.attribution == "unsupported"


def test_losing_the_one_citation_that_proves_it_is_caught(right: list[CaseResult], assistant: Assistant) -> None:
    spoiled_ones = 0
    for result in right:
        citations, quotes = result.answer.citations, [gold.quote for gold in result.case.evidence]
        left = tuple(c for c in citations if not any(quote in c.quote for quote in quotes))
        if result.case.alternatives or not left or len(left) == len(citations):
            continue
        spoiled = score(result.case, result.answer.model_copy(update={"citations": left}), assistant.essays)
        assert spoiled.scores["citation_recall"].value < result.scores["citation_recall"].value, result.case.id
        assert spoiled.scores["supported"].value < 1.0, result.case.id
        assert not spoiled.passed, result.case.id
        spoiled_ones += 1
    assert spoiled_ones


def test_the_mutations_do_change_the_answers(right: list[CaseResult]) -> None:
    for result in right:
        for mutate, _ in MUTATIONS:
            assert mutate(result.answer) != result.answer
        assert "not the case" in negate(result.answer).answer
    changed = [change_numbers(result.answer).answer for result in right]
    assert any(quantities(new) != quantities(result.answer.answer) for new, result in zip(changed, right, strict=True))
