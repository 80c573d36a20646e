"""Cases and question files: the model of a case, the JSONL and YAML loaders, and the published JSON Schema.

A record that can't be used is refused with its file, line and reason.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from assistant.errors import SuiteError
from assistant.settings import suites_dir
from assistant.textfiles import yaml_loader
from assistant.types import Frozen, Turn


class Gold(Frozen):
    """Words of a source that answer a question. ``context`` is a longer quote around them where they stand twice.

    ``source`` is the essay's id; where it is None each of the case's sources is looked through.
    """

    quote: str = Field(min_length=1, description="Exact words of a source; only white space may differ.")
    context: str | None = Field(None, description="A longer quote around it, where the quote stands more than once.")
    source: str | None = Field(None, description="Id of the essay it stands in; else any of the case's sources.")


def _quoted(value: object) -> object:
    return {"quote": value} if isinstance(value, str) else value


def _as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


AnyGold = Annotated[Gold, BeforeValidator(_quoted, json_schema_input_type=Gold | str)]
"""Gold, in a file also the bare quote."""
Pattern = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | float), Field(min_length=1)]
"""A regular expression or a quantity, in a file also a bare number."""


Verdict = Literal["yes", "no", "depends"]


class Form(Frozen):
    """The form a question asks for; each field that is set must hold."""

    max_sentences: int | None = Field(None, ge=1, description="Most sentences; a bare Yes or No counts with the next.")
    max_words: int | None = Field(None, ge=1, description="Most words.")
    min_items: int | None = Field(None, ge=1, description="Fewest items of a list, or rows of a table.")
    table: bool = Field(False, description="A table with a head and at least one row.")
    checklist: bool = Field(False, description="A list of boxes to tick.")


class Case(Frozen):
    """One question of a suite.

    ``facts`` are regular expressions (case is ignored), each wanted in the answer; one fact may be a list of accepted
    patterns; one that is a bare quantity ("30 s") is compared as a number. ``evidence`` are gold quotes, all wanted;
    ``alternatives`` are other minimal sets of them. The fields from ``expect`` on say what a careful reader expects;
    their patterns are read as those of the facts.
    """

    id: str = Field(min_length=1, description="Unique in its file.")
    question: str = Field(min_length=1, description="The user's last message.")
    history: tuple[Turn, ...] = Field((), description="Earlier turns, oldest first.")
    kind: str = Field("fact", description="What sort of question it is; results are shown by kind.")
    answerable: bool = Field(True, description="False where the right reply is that the essays don't say.")
    facts: tuple[Pattern | tuple[Pattern, ...], ...] = Field(
        (),
        description="What a right answer states, all of it: regular expressions (case ignored) or quantities compared "
        "as numbers; a list holds accepted alternatives of one fact.",
    )
    evidence: tuple[AnyGold, ...] = Field((), description="Quotes that answer the question, all of them wanted.")
    alternatives: tuple[tuple[AnyGold, ...], ...] = Field(
        (), description="Other sets of quotes, each enough by itself in place of the evidence."
    )
    sources: tuple[str, ...] = Field((), description="Ids of the essays that hold the evidence.")
    tags: tuple[str, ...] = Field((), description="Free labels.")
    expect: str = Field("", description="What a careful reader expects, in a sentence or two.")
    lead: Pattern | None = Field(None, description="A pattern of the first sentence, which answers.")
    verdict: Verdict | None = Field(None, description="How the answer opens: Yes, No or It depends.")
    must_not: tuple[Pattern, ...] = Field((), description="Patterns of what would mislead, wherever it stands.")
    form: Form | None = Field(None, description="The form the question asks for.")
    corrects: Pattern | None = Field(None, description="A pattern of the first sentence that corrects a wrong premise.")
    allowed: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="Opening words of each sentence that may stand in the answer; any other is filler."
    )

    @property
    def patterns(self) -> Iterator[tuple[str, str]]:
        """Each pattern with the field it stands in."""
        yield from (("facts", one) for fact in self.facts for one in ((fact,) if isinstance(fact, str) else fact))
        yield from (("must_not", one) for one in self.must_not)
        yield from ((name, one) for name, one in (("lead", self.lead), ("corrects", self.corrects)) if one is not None)


_OTHER = frozenset({"situations", "verification"})
"""Files of cases that have no question: for the advice, and for verification."""
_YAML = frozenset({".yaml", ".yml", ".json"})
_SUFFIXES = _YAML | {".jsonl", ".ndjson"}
_UNION_STEPS = {"str", "tuple[str, ...]", "tuple[constrained-str, ...]", "constrained-str"}


class Suite(Frozen):
    """A loaded question set. ``sha256`` is that of the file's bytes."""

    name: str
    path: Path
    sha256: str
    cases: tuple[Case, ...]


class Record(NamedTuple):
    """One raw case and the line (from 1) it begins on."""

    line: int
    data: object


def built_in() -> tuple[str, ...]:
    """The suites known by name: the question files that come with the program."""
    return tuple(sorted(path.stem for path in suites_dir().glob("*.jsonl") if path.stem not in _OTHER))


def load_suite(suite: str | Path) -> Suite:
    """A built-in suite by name, such as ``dev``, or any ``.jsonl`` or ``.yaml`` file by path.

    Raises SuiteError with the file, the line and the reason if a record can't be used, for two cases of one id,
    and if there is no case at all.
    """
    path = _path(suite)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise SuiteError(f"{path}: can't be read ({error.strerror}).", "Check the path and its permissions.") from None
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from None
    records = _yaml_records(path, text) if path.suffix.lower() in _YAML else _jsonl_records(path, text)
    cases = _cases(path, records)
    if not cases:
        raise SuiteError(f"{path}: holds no cases, so nothing would be measured.", "Write one case a record.")
    return Suite(name=path.stem, path=path, sha256=hashlib.sha256(data).hexdigest(), cases=cases)


def _path(suite: str | Path) -> Path:
    if str(suite) in built_in():
        return suites_dir() / f"{suite}.jsonl"
    path = Path(suite).expanduser()
    if not path.is_file():
        raise SuiteError(
            f"There is no question file {path}.", f"Name a .jsonl or .yaml file, or one of: {', '.join(built_in())}."
        )
    if path.suffix.lower() not in _SUFFIXES:
        raise SuiteError(f"{path}: a question file is .jsonl or .yaml.", "Rename it to what it holds.")
    return path


def _jsonl_records(path: Path, text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield Record(number, json.loads(line))
            except json.JSONDecodeError as error:
                raise _refused(path, number, f"is not JSON ({error.msg} at column {error.colno})") from None


def _yaml_records(path: Path, text: str) -> Iterator[Record]:
    try:
        loader = yaml_loader(text)
    except ValueError as error:
        raise _refused(path, 1, f"is not YAML ({error})") from None
    try:
        while loader.check_node():
            for node in _case_nodes(loader.get_node()):
                yield Record(node.start_mark.line + 1, loader.construct_object(node, deep=True))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refused(path, line, f"is not YAML ({error.problem})") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _refused(path, 1, f"is not YAML ({error})") from None
    finally:
        loader.dispose()


def _case_nodes(root: yaml.Node | None) -> list[yaml.Node]:
    """The records of a document: its list, the list under ``cases``, or the document itself."""
    if isinstance(root, yaml.MappingNode):
        listed = [value for key, value in root.value if key.value == "cases"]
        root = listed[0] if listed else yaml.SequenceNode(tag="", value=[root], start_mark=root.start_mark)
    return list(root.value) if isinstance(root, yaml.SequenceNode) else [root] if root else []


def _cases(path: Path, records: Iterable[Record]) -> tuple[Case, ...]:
    lines: dict[str, int] = {}
    cases = []
    for line, data in records:
        case = _case(path, line, data)
        if case.id in lines:
            raise _refused(path, line, f"has the id {case.id!r}, which line {lines[case.id]} has already")
        lines[case.id] = line
        cases.append(case)
    return tuple(cases)


def _case(path: Path, line: int, data: object) -> Case:
    if not isinstance(data, dict):
        raise _refused(path, line, 'is not a record with "id" and "question"')
    try:
        case = Case.model_validate(data)
    except ValidationError as error:
        raise _refused(path, line, _reason(error)) from None
    for field, pattern in case.patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            told = f"has in {field!r} what is no regular expression: {pattern!r} ({error})"
            raise _refused(path, line, told) from None
    if not case.question.strip():
        raise _refused(path, line, "has an empty question")
    checked = (case.facts, case.evidence, case.alternatives, case.lead, case.verdict, case.corrects)
    if case.answerable and not any(checked):
        raise _refused(path, line, "is answerable but has neither facts nor evidence, so nothing would be checked")
    return case


def _reason(error: ValidationError) -> str:
    """The first fault of a record in words: which field, and what is wrong with it."""
    first: Any = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"] if step not in _UNION_STEPS and "function-" not in str(step))
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, Case.model_fields, n=1)
        return f"has an unknown field {where!r}" + (f"; is {near[0]!r} meant?" if near else "")
    if first["type"] == "missing":
        return f"lacks {where!r}"
    message = first["msg"]
    return f"has an unusable {where!r}: {message[0].lower()}{message[1:]}"


def _refused(path: Path, line: int, reason: str) -> SuiteError:
    return SuiteError(f"{path}, line {line}: {reason}.", f"See {suites_dir() / 'schema.json'} for what a case holds.")


def suite_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a line of JSONL, and of a YAML file: a case, a list of them, or one under ``cases``."""
    case = Case.model_json_schema(ref_template="#/$defs/{model}")
    definitions = case.pop("$defs")
    cases = {"type": "array", "items": {"$ref": "#/$defs/Case"}, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Evaluation cases",
        "description": "A case, a list of cases, or a list under the key cases.",
        "anyOf": [
            {"$ref": "#/$defs/Case"},
            cases,
            {"type": "object", "properties": {"cases": cases}, "required": ["cases"]},
        ],
        "$defs": {**definitions, "Case": case},
    }


def schema_text() -> str:
    """The schema as ``eval/schema.json`` holds it."""
    return json.dumps(suite_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
