"""The twenty situations: each gets the verdict a careful reader gives, from its fields and from its text."""

import json
from pathlib import Path

import pytest

from assistant.advice.advising import advise
from assistant.advice.reading import describes_a_situation
from assistant.advice.situation import Situation
from assistant.advice.suite import Gold, load_suite, score
from assistant.corpus.loading import load_corpus
from assistant.errors import SuiteError
from assistant.settings import load_settings
from assistant.types import Essay

EVAL = Path(__file__).parents[2] / "eval"
SUITE = load_suite(EVAL / "situations.jsonl")
EACH = pytest.mark.parametrize("gold", SUITE, ids=lambda gold: gold.id)
TAKEN_FOR_SITUATIONS = {"dev-039", "dev-045", "dev-047", "dev-051", "dev-052", "smoke-scenario-hospital"}
LEAST_READ = 0.6


@pytest.fixture(scope="module")
def essays() -> tuple[Essay, ...]:
    return load_corpus(load_settings()).essays


@EACH
def test_the_verdict_is_a_careful_readers(gold: Gold, essays: tuple[Essay, ...]) -> None:
    (scored,) = score([gold], essays)
    assert scored.misses == ()


@EACH
def test_every_reason_and_view_is_cited_exactly(gold: Gold, essays: tuple[Essay, ...]) -> None:
    advice = advise(gold.situation, essays)
    texts = {essay.id: essay.text for essay in essays}
    numbers = [citation.marker for citation in advice.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for citation in advice.citations:
        assert texts[citation.source_id][citation.start : citation.end] == citation.quote
    by_number = {citation.marker: citation.source_id for citation in advice.citations}
    views = [side for sides in advice.both_sides for side in sides.sides]
    for reason in (*advice.reasons, *advice.for_fine_tuning, *advice.against_fine_tuning, *views):
        assert by_number[reason.marker] == reason.source_id
    assert advice.reasons


@EACH
def test_the_essays_disagreement_is_shown_where_there_is_one(gold: Gold, essays: tuple[Essay, ...]) -> None:
    topics = [sides.topic for sides in advise(gold.situation, essays).both_sides]
    assert topics == ([gold.disagreement] if gold.disagreement else [])


def test_most_sentences_a_careful_reader_cites_are_cited(essays: tuple[Essay, ...]) -> None:
    wanted = cited = 0
    for gold in SUITE:
        quotes = [(c.source_id, c.quote) for c in advise(gold.situation, essays).citations]
        for reason in gold.reasons:
            wanted += 1
            cited += any(source == reason["source_id"] and reason["quote"] in quote for source, quote in quotes)
    assert cited / wanted > 0.95


def test_the_texts_are_read_for_the_most_part(essays: tuple[Essay, ...]) -> None:
    scored = score(SUITE, essays)
    assert sum(one.read for one in scored) / sum(one.fields for one in scored) > LEAST_READ


@EACH
def test_each_text_is_taken_for_a_situation(gold: Gold) -> None:
    assert describes_a_situation(gold.text)


def test_of_all_questions_only_situations_are_taken_for_one() -> None:
    lines = [line for name in ("dev", "smoke") for line in (EVAL / f"{name}.jsonl").read_text("utf-8").splitlines()]
    asked = [json.loads(line) for line in lines]
    assert {case["id"] for case in asked if describes_a_situation(case["question"])} == TAKEN_FOR_SITUATIONS


def test_a_wrong_verdict_is_a_miss(essays: tuple[Essay, ...]) -> None:
    gold = next(gold for gold in SUITE if gold.id == "s19")
    wrong = gold.model_copy(update={"situation": Situation(fails=("rules",)), "ready_to_fine_tune": True})
    (scored,) = score([wrong], essays)
    assert any("tools-or-rules, wanted fine-tune" in miss for miss in scored.misses)
    assert any("ready False, wanted True" in miss for miss in scored.misses)
    assert any("read labelled_examples as 9000" in miss for miss in scored.misses)


@pytest.mark.parametrize(
    ("line", "said"), [("{", "line 1: is not JSON"), ('{"id": "x"}', "line 1: title"), ("", "no situation")]
)
def test_a_wrong_suite_is_a_sentence(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(SuiteError, match=said):
        load_suite(path)
