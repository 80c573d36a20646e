"""The rules stand on words of the essays, and a wrong file is a sentence."""

import re
from collections.abc import Callable
from pathlib import Path

import originals
import pytest
import yaml

from assistant.advice.advising import sentences
from assistant.advice.rules import FILE, Rule, load_rules, rulebook
from assistant.advice.situation import RUNGS
from assistant.corpus.loading import load_corpus
from assistant.errors import ConfigurationError
from assistant.settings import bundled_corpus, load_settings
from assistant.types import Essay


def astray(folder: Path, kind: str, words: Callable[[Rule], str]) -> list[str]:
    """The rules whose words do not stand in exactly one sentence of their essay in the folder."""
    essays = {essay.id: essay for essay in load_corpus(load_settings(corpus=str(folder))).essays}
    assert {essay.kind for essay in essays.values()} == {kind}
    return [rule.id for rule in rulebook().rules if not stands_once(words(rule), essays[rule.source_id])]


def stands_once(words: str, essay: Essay) -> bool:
    holding = sum(words in essay.text[place.start : place.end] for place in sentences(essay))
    return holding == essay.text.count(words) == 1


def test_every_rules_words_stand_in_one_sentence_of_the_notes() -> None:
    assert astray(bundled_corpus(), "notes", lambda rule: rule.notes) == []


@originals.needed
def test_every_rules_words_stand_in_one_sentence_of_the_original() -> None:
    assert astray(originals.ESSAYS, "original", lambda rule: rule.original) == []


def test_an_anchor_is_too_short_to_be_a_copy() -> None:
    assert max(len(re.findall(r"\w+", rule.original)) for rule in rulebook().rules) < 9


def test_every_system_of_the_essays_has_its_rules() -> None:
    systems = {rule.system for rule in rulebook().rules}
    assert {f"pan, question {n}" for n in range(1, 6)} | {"pan, under 500", "pan, break-even"} <= systems
    assert {f"devx, pattern {n}" for n in range(1, 8)} <= systems
    assert {f"dumitru, legitimate case {n}" for n in range(1, 5)} <= systems
    assert {"dumitru, gate", "dumitru, the tell", "dumitru, ladder"} <= systems
    assert {f"logic, exception {n}" for n in range(1, 4)} | {"logic, obsolescence", "logic, commingling"} <= systems
    assert {"disagreement, latency", "disagreement, privacy"} <= systems


def test_every_rung_can_be_reached_and_is_described() -> None:
    book = rulebook()
    assert {rule.effect.rung for rule in book.rules} - {None} == set(RUNGS)
    assert all(text.title and text.next for text in book.rungs.values())


def test_the_checklists_are_complete_and_in_order() -> None:
    book = rulebook()
    assert [rule.effect.item for rule in book.of("question")] == [1, 2, 3, 4, 5]
    assert [rule.effect.item for rule in book.of("pattern")] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"when": {"field": "weather", "is": "wet"}}, "rule target-met: .*asks about weather, which is no fact"),
        ({"when": {"field": "pass_rate"}}, "rule target-met, when: .*a field is tested by one of"),
        ({"when": {"field": "tasks", "above": "many"}}, "rule target-met, when.above"),
        ({"when": {"field": "tasks", "above": 1, "any": []}}, "rule target-met, when"),
        ({"says": "It is {temperature}."}, "rule target-met: .*no figure temperature"),
        ({"effect": {"does": "hold"}}, "rule target-met, effect: .*`hold` needs rung"),
        ({"effect": {"does": "rain"}}, "rule target-met, effect.does"),
        ({"source_id": None}, "rule target-met, source_id"),
        ({"sys": "x"}, "rule target-met, sys"),
        ({"id": "gate-ship"}, "two rules have the id gate-ship"),
    ],
)
def test_a_wrong_record_is_named_with_its_field(change: dict[str, object], said: str, tmp_path: Path) -> None:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    data["rules"][0] |= change
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        load_rules(path)


@pytest.mark.parametrize(
    "text", ["rules: [", "[]", "rules: 3", "owner: x\nversion: 1\nrules: []\nrungs: {}\ntopics: {}"]
)
def test_a_broken_file_is_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"rules\.yaml: "):
        load_rules(path)
