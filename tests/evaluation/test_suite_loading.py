"""Question files load as people write them, and a wrong one is refused with its line and the reason."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from assistant.advice.suite import load_suite as load_situations
from assistant.errors import SuiteError
from assistant.evaluation.cases import Form, built_in, load_suite, schema_text
from assistant.evaluation.gold import anchor
from assistant.settings import CHECKOUT, load_settings

PLAIN = (
    '{"id": "f1", "question": "How much?", "history": [], "kind": "fact", "answerable": true, '
    '"sources": ["pan-framework"], "facts": ["20.{0,3}40"], "evidence": ["the exact words"]}'
)


def write(folder: Path, text: str, name: str = "mine.jsonl") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_plainest_form_loads_from_any_path(tmp_path: Path) -> None:
    path = write(tmp_path, PLAIN + "\n\n")
    suite = load_suite(path)
    (case,) = suite.cases
    assert (suite.name, case.id, case.facts, case.evidence[0].quote) == (
        "mine",
        "f1",
        ("20.{0,3}40",),
        "the exact words",
    )
    assert suite.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_yaml_loads_with_alternatives_of_facts_and_evidence(tmp_path: Path) -> None:
    text = """
cases:
  - id: a
    question: How long?
    facts: [[thirty, "half a minute"], 16]
    evidence: [{quote: thirty seconds, context: in thirty seconds, source: logic-trap}]
    alternatives: [[other words]]
  - {id: b, question: Who, answerable: false}
"""
    first, second = load_suite(write(tmp_path, text, "mine.yaml")).cases
    assert first.facts == (("thirty", "half a minute"), "16")
    assert first.evidence[0].context == "in thirty seconds"
    assert first.alternatives[0][0].quote == "other words"
    assert not second.answerable


@pytest.mark.parametrize("text", ["- {id: a, question: Q, facts: [x]}", "{id: a, question: Q, facts: [x]}"])
def test_yaml_may_be_a_list_or_a_single_case(tmp_path: Path, text: str) -> None:
    assert [case.id for case in load_suite(write(tmp_path, text, "mine.yml")).cases] == ["a"]


def test_what_a_careful_reader_expects_loads(tmp_path: Path) -> None:
    fields = {
        "id": "r1",
        "question": "Will 200 examples do?",
        "expect": "No: below a few hundred stay with prompting.",
        "lead": "few hundred",
        "verdict": "no",
        "must_not": ["^yes", 7],
        "form": {"max_sentences": 2, "table": True},
        "corrects": r"\bnot\b",
        "allowed": ["Stay with prompt engineering if your labeled"],
    }
    (case,) = load_suite(write(tmp_path, json.dumps(fields))).cases
    assert (case.lead, case.verdict, case.must_not, case.corrects) == ("few hundred", "no", ("^yes", "7"), r"\bnot\b")
    assert case.form == Form(max_sentences=2, table=True)
    assert case.allowed == ("Stay with prompt engineering if your labeled",)


def with_field(**fields: object) -> str:
    return json.dumps({"id": "x", "question": "Q?", "facts": ["y"], **fields})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a record"),
        ('{"id": "x", "facts": ["y"]}', "lacks 'question'"),
        (with_field(fact=["y"]), "unknown field 'fact'; is 'facts' meant"),
        (with_field(facts=["("]), "no regular expression: '('"),
        (with_field(id="f1"), "has the id 'f1', which line 1 has already"),
        (with_field(answerable="perhaps"), "unusable 'answerable'"),
        (with_field(history=[{"role": "system", "content": "obey"}]), "unusable 'history.0.role'"),
        (with_field(facts=[]), "nothing would be checked"),
        (with_field(question=" "), "empty question"),
        (with_field(evidence=[{"quote": ""}]), "unusable 'evidence.0"),
        (with_field(verdict="maybe"), "unusable 'verdict'"),
        (with_field(form={"max_sentences": 0}), "unusable 'form.max_sentences'"),
        (with_field(form={"max_sentence": 1}), "unknown field 'form.max_sentence'"),
        (with_field(must_not=["fine", "("]), "in 'must_not' what is no regular expression: '('"),
        (with_field(lead="("), "in 'lead' what is no"),
        (with_field(corrects="("), "in 'corrects' what is no"),
        (with_field(allowed=[""]), "unusable 'allowed.0'"),
        (with_field(facts=[], form={"table": True}), "nothing would be checked"),
    ],
)
def test_a_wrong_line_is_refused_by_number_and_reason(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(SuiteError) as refused:
        load_suite(write(tmp_path, f"{PLAIN}\n{line}\n"))
    assert "mine.jsonl, line 2:" in str(refused.value)
    assert reason in str(refused.value)
    assert refused.value.exit_status == 2


def test_a_refusal_names_a_file_that_is_there_to_read(tmp_path: Path) -> None:
    for load in (load_suite, load_situations):
        with pytest.raises(SuiteError) as refused:
            load(write(tmp_path, "{"))
        (named,) = re.findall(r"/\S+/eval/\S+\.jsonl?\b", refused.value.remedy)
        assert Path(named).is_file()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("- id: a\n  question: Q?\n  facts: [x]\n- id: a\n  question: R?\n  facts: [x]\n", 4, "has the id 'a'"),
        ("- id: a\n  question: Q?\n  wrong: 1\n", 1, "unknown field 'wrong'"),
        ("- id: a\n  question: [Q\n", 3, "is not YAML"),
        ("- id: a\n  facts: !!python/object:os.system [x]\n", 2, "is not YAML"),
    ],
)
def test_a_wrong_yaml_record_is_refused_by_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(SuiteError, match=rf"mine\.yaml, line {line}: .*{reason}"):
        load_suite(write(tmp_path, text, "mine.yaml"))


@pytest.mark.parametrize("name", ["nowhere.jsonl", "nosuchsuite", "."])
def test_a_file_that_is_not_there_is_refused_with_the_names_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(SuiteError, match="dev, last-look, reader-dev, reader-last-look, reader-smoke, smoke"):
        load_suite(tmp_path / name if "." in name else name)


def test_files_that_hold_nothing_to_ask_are_refused(tmp_path: Path) -> None:
    for name, text in (("empty.jsonl", "\n"), ("empty.yaml", ""), ("notes.md", PLAIN)):
        with pytest.raises(SuiteError, match=r"holds no cases|is \.jsonl or \.yaml"):
            load_suite(write(tmp_path, text, name))
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(SuiteError, match="UTF-8"):
        load_suite(tmp_path / "bytes.jsonl")


@pytest.mark.parametrize("name", built_in())
def test_the_gold_of_the_built_in_suites_stands_in_the_notes_once(name: str) -> None:
    from assistant.corpus.loading import load_corpus

    essays = {essay.id: essay for essay in load_corpus(load_settings()).essays}
    found = [(case, anchor(case, essays)) for case in load_suite(name).cases]
    assert [gold.notices for _, gold in found if gold.notices] == []
    assert [case.id for case, gold in found if case.answerable and not (gold.sets or case.expect)] == []


def test_the_smoke_suite_is_small_and_has_every_kind_of_the_development_set() -> None:
    smoke, dev = load_suite("smoke").cases, load_suite("dev").cases
    assert len(smoke) == 12
    assert {case.kind for case in smoke} == {case.kind for case in dev}
    asked = {case.question for name in ("dev", "last-look") for case in load_suite(name).cases}
    assert asked.isdisjoint(case.question for case in smoke)


def test_the_published_schema_is_the_models() -> None:
    published = (CHECKOUT / "eval" / "schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "Run: python -m assistant.evaluation.cases > eval/schema.json"


def test_the_schema_takes_what_loads_and_refuses_what_does_not() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(json.loads(schema_text()))
    for name in built_in():
        for line in (CHECKOUT / "eval" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            check.validate(json.loads(line))
    plain = json.loads(PLAIN)
    assert check.is_valid([plain])
    assert check.is_valid({"cases": [plain | {"facts": [16, ["a", "b"]]}]})
    assert check.is_valid(plain | {"verdict": "depends", "form": {"min_items": 3}, "lead": "a", "allowed": ["b"]})
    for wrong in (
        plain | {"fact": []},
        plain | {"verdict": "maybe"},
        plain | {"form": {"rows": 3}},
        plain | {"answerable": "perhaps"},
        {"id": "x"},
        [],
    ):
        assert not check.is_valid(wrong)
