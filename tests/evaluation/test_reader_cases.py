"""The careful reader's cases are sound: they load, expect what they check, and allow what stands once in a note."""

import re
from collections import Counter
from collections.abc import Iterable

import pytest

from assistant.corpus.loading import load_corpus
from assistant.evaluation.cases import Case, built_in, load_suite
from assistant.evaluation.gold import anchor
from assistant.settings import load_settings

FILES = {"reader-smoke": 24, "reader-dev": 150, "reader-last-look": 60}
"""The sets and the least number of cases in each."""
KINDS = {
    "advisory", "case", "compare", "definition", "disagreement", "fact", "follow-up", "form", "how-to", "list",
    "near miss", "premise", "reasons", "verdict",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_there_are_enough_cases_of_every_kind(name: str) -> None:
    cases = load_suite(name).cases
    assert len(cases) >= FILES[name]
    assert {case.kind for case in cases} == KINDS
    assert 0.08 <= sum(not case.answerable for case in cases) / len(cases) <= 0.16


@pytest.mark.parametrize("name", FILES)
def test_every_case_is_sound(name: str) -> None:
    assert [f"{case.id}: {fault}" for case in load_suite(name).cases for fault in faults(case)] == []


def test_ids_and_questions_stand_once() -> None:
    every = [case for name in FILES for case in load_suite(name).cases]
    others = [case for name in built_in() if name not in FILES for case in load_suite(name).cases]
    asked = [" ".join(re.findall(r"\w+", case.question.lower())) for case in (*every, *others)]
    assert repeated(case.id for case in every) == []
    assert len(asked) > len(every)
    assert repeated(asked) == []


@pytest.mark.parametrize("name", FILES)
def test_what_an_answer_may_say_stands_once_in_a_note_and_is_nothing_it_must_not_say(name: str) -> None:
    essays = {essay.id: essay for essay in load_corpus(load_settings()).essays}
    found = []
    for case in load_suite(name).cases:
        places = anchor(case, essays).allowed
        sentences = [essays[place.source_id].text[place.start : place.end] for place in places]
        ruled_out = [pattern for pattern in case.must_not for text in sentences if re.search(pattern, text, re.I)]
        found += [f"{case.id}: {pattern!r} is allowed" for pattern in ruled_out]
        found += [f"{case.id}: {quote!r} is too short" for quote in case.allowed if len(quote.split()) < 4]
        if len(places) != len(case.allowed) or repeated(case.allowed):
            found.append(f"{case.id}: {len(case.allowed)} quotes stand {len(places)} times, or are listed twice")
    assert found == []


def test_the_faults_are_found() -> None:
    case = load_suite("reader-dev").cases[0]
    for change, fault in (
        ({"facts": ()}, "facts"),
        ({"facts": ("walnut",)}, "walnut"),
        ({"expect": ""}, "expects no"),
        ({"corrects": "not"}, "corrects"),
        ({"history": ({"role": "assistant", "content": "Yes."},)}, "history"),
    ):
        changed = Case.model_validate(case.model_dump() | change)
        assert any(fault in found for found in faults(changed)), change


def faults(case: Case) -> list[str]:
    """What is wrong with a case, by itself."""
    facts = [pattern for field, pattern in case.patterns if field == "facts"]
    unexpected = [fact for fact in facts if not re.search(fact, case.expect, re.IGNORECASE)]
    roles = [turn.role for turn in case.history]
    wrong = {
        "wants facts where nothing can be said, or none where it can": bool(facts) != case.answerable,
        "corrects something without being of that kind": (case.kind == "premise") != (case.corrects is not None),
        "has a history that ends with no answer": roles != ["user", "assistant"] * (len(roles) // 2),
        "has a history that its kind doesn't call for": bool(roles) != (case.kind == "follow-up"),
    }
    return [fault for fault, holds in wrong.items() if holds] + [f"expects no {fact!r}" for fact in unexpected]


def repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]
