from hypothesis import given
from hypothesis import strategies as st
from index_samples import BREAD, STEAM_ASK, corpus

from assistant.corpus.loading import Corpus
from assistant.corpus.statements import Hint
from assistant.index.units import KINDS, make_units
from assistant.types import Essay


def test_passages_carry_title_and_section_but_their_span_is_the_bare_text() -> None:
    passages, units = make_units(corpus())
    ovens = next(unit for unit in units["passage"] if "stone holds heat" in unit.text)
    assert ovens.text.startswith("Bread › Ovens\n")
    assert BREAD[ovens.start : ovens.end] == next(p.text for p in passages if p.id == ovens.passage_id)


def test_a_question_stands_for_the_sentence_that_answers_it() -> None:
    _, units = make_units(corpus())
    (question,) = units["question"]
    assert question.text == STEAM_ASK
    assert BREAD[question.start : question.end].startswith("Steam in the first ten minutes")
    assert question.passage_id == next(u.id for u in units["passage"] if "Steam" in u.text)


def test_page_furniture_is_no_sentence_to_search() -> None:
    _, units = make_units(corpus(bees="Skip to main content\n\nBees dance to point at flowers.\n"))
    texts = [unit.text for unit in units["sentence"] if unit.source_id == "bees"]
    assert any("Bees dance" in text for text in texts)
    assert not any("Skip to main" in text for text in texts)


def test_a_question_about_a_text_that_is_gone_is_left_out() -> None:
    one = Essay(id="one", title="One", text="A sentence.")
    astray = Hint(source_id="two", start=0, end=5, ask="What?")
    assert make_units(Corpus(essays=(one,), hints=(astray,)))[1]["question"] == ()


@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=3))
def test_every_unit_lies_in_its_passage_and_has_an_id_of_its_own(texts: list[str]) -> None:
    essays = tuple(Essay(id=f"e{n}", title="T", text=text) for n, text in enumerate(texts))
    passages, units = make_units(Corpus(essays=essays))
    spans = {passage.id: (passage.start, passage.end) for passage in passages}
    for kind in KINDS:
        assert len({unit.id for unit in units[kind]}) == len(units[kind])
        for unit in units[kind]:
            start, end = spans[unit.passage_id]
            assert start <= unit.start < unit.end <= end
