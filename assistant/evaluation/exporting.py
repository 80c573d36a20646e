"""Export failures as training examples, and draft cases from logs.

An example is the prompt a model would get and the answer it should have given: the verdict and the gold sentences with
their marks, or the agreed refusal. Failures that training can't fix are left out (errors, evidence that was never
retrieved), and so are cases whose answer is more than quotes, such as a table. A draft holds a real question; a person
completes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.answering.prompts import REFUSAL, examples, joined, listed, numbered, rules, worked
from assistant.answering.verify import Evidence
from assistant.corpus.furniture import is_furniture
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import sentences
from assistant.errors import InputError
from assistant.evaluation.cases import Case
from assistant.evaluation.gold import Anchored, anchor
from assistant.evaluation.results import CaseResult, Run
from assistant.types import Essay, Frozen, RankedPassage

ENOUGH = 500
"""Fewest examples the essays call worth tuning on."""
HELD_BACK = "last-look"
"""How the names of suites end that are never trained on."""
OPENINGS = {"yes": "Yes. ", "no": "No. ", "depends": "It depends. ", None: ""}
_NOT_MENDED = {"error", "not retrieved"}


class Export(Frozen):
    """Lines of a chat-jsonl file, and what a reader should know of it."""

    lines: tuple[str, ...]
    left_out: dict[str, int]
    notices: tuple[str, ...]


def export_failures(run: Run, essays: Mapping[str, Essay]) -> Export:
    """The run's failures as ``{"messages": [system, user, assistant]}``, each question once.

    Raises InputError for the held-back suite, which must never be trained on, and if nothing can be exported.
    """
    if run.setup.suite.endswith(HELD_BACK):
        raise InputError(
            f"{run.setup.suite} is held back and never trained on.", "Export the failures of another suite."
        )
    lines: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    for result in run.results:
        if result.passed:
            continue
        reason, line = _example(result, essays)
        if line:
            lines.setdefault(result.case.id, line)
        elif result.case.id not in lines:
            left_out[reason] += 1
    if not lines:
        raise InputError(f"{run.id} has no failure that training could mend.", "Mend what its report advises.")
    return Export(lines=tuple(lines.values()), left_out=dict(left_out), notices=tuple(_notices(len(lines), left_out)))


def _example(result: CaseResult, essays: Mapping[str, Essay]) -> tuple[str, str]:
    """Why there is no example, or the example."""
    if result.answer is None or result.attribution in _NOT_MENDED:
        return result.attribution or "error", ""
    evidence = _evidence(result.answer.passages, essays)
    wanted = _wanted(result.case, evidence, essays)
    if result.case.answerable and (result.case.form or result.case.corrects):
        return "a form or a correction that no quote has", ""
    if not evidence or not wanted:
        return "no gold among what was retrieved", ""
    system = joined(rules(), worked(examples()), listed(numbered(evidence, essays)))
    messages = [("system", system), *_asked(result.case, result.answer.standalone_question), ("assistant", wanted)]
    data: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in messages]}
    return "", json.dumps(data, ensure_ascii=False)


def _wanted(case: Case, evidence: Sequence[Evidence], essays: Mapping[str, Essay]) -> str:
    """What should have been written; "" if no set of gold quotes is whole among the evidence."""
    if not case.answerable:
        return REFUSAL
    gold = _gold_text(evidence, anchor(case, essays))
    return f"{OPENINGS[case.verdict]}{gold}" if gold else ""


def _asked(case: Case, standalone: str) -> Iterable[tuple[str, str]]:
    """The user's side as the model sees it: the standalone question, which stands for the history."""
    yield "user", standalone if case.history else case.question


def _evidence(passages: Sequence[RankedPassage], essays: Mapping[str, Essay]) -> list[Evidence]:
    """Each sentence of the passages once, numbered from 1."""
    found: dict[tuple[str, int], Evidence] = {}
    for passage in passages:
        text = essays[passage.source_id].text
        for block in blocks(text, passage.start, passage.end):
            for span in sentences(text, block):
                key = (passage.source_id, span.start)
                if key not in found and not is_furniture(span.of(text)):
                    found[key] = Evidence(
                        number=len(found) + 1,
                        source_id=passage.source_id,
                        section=passage.section,
                        start=span.start,
                        end=span.end,
                        text=span.of(text),
                    )
    return list(found.values())


def _gold_text(evidence: Sequence[Evidence], gold: Anchored) -> str:
    """The sentences that hold the first whole set of gold quotes, each with its mark; "" if none is whole."""
    for places in gold.sets:
        held = [
            [e for e in evidence if e.source_id == p.source_id and e.start < p.end and p.start < e.end] for p in places
        ]
        if all(held):
            chosen = {e.number: e for each in held for e in each}
            return " ".join(f"{' '.join(e.text.split())} [{number}]" for number, e in sorted(chosen.items()))
    return ""


def _notices(count: int, left_out: Mapping[str, int]) -> Iterable[str]:
    if count < ENOUGH:
        yield (
            f"{count} examples are fewer than {ENOUGH}: tuning on so few mostly teaches the model to imitate them. "
            "Mend the prompt, the examples or the index first."
        )
    if left_out:
        told = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
        yield f"Left out, as no training mends them: {told}."
    yield "Keep the cases exported here out of every later evaluation: a model tuned on them has seen the answers."


DRAFT = "draft"
_BAD = {"down", "bad", "negative", "dislike", "wrong", "-1", "0", "false"}


def draft_cases(log: Path) -> list[dict[str, Any]]:
    """Records for a suite from a JSON Lines log, each question once, those people were unhappy with first.

    A line is an answer object, ``{"question", "answer", "history", "rating"}`` as a feedback export has them, or
    ``{"messages": [{"role", "content"}]}``, whose every user message is a question. The words the logged answer cited
    are proposed as evidence, a reader's comment as what is expected; each record is tagged ``draft`` until
    somebody has read it. Raises InputError.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for number, line in enumerate(_lines(log), 1):
        if line.strip():
            for record in _records(_object(log, number, line), f"{log}, line {number}"):
                key = (" ".join(record["question"].casefold().split()), json.dumps(record["history"]))
                found.setdefault(key, record)
    if not found:
        raise InputError(f"{log}: holds no question.", "Write one conversation or answer a line.")
    ordered = sorted(found.values(), key=lambda record: "unhappy" not in record["tags"])
    return [{"id": f"{log.stem}-{i:03}"} | record for i, record in enumerate(ordered, 1)]


def _records(data: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
    if isinstance(data.get("messages"), list):
        turns = [_turn(turn, where) for turn in data["messages"]]
        turns = [turn for turn in turns if turn["role"] in {"user", "assistant"}]
        for i, turn in enumerate(turns):
            if turn["role"] == "user" and turn["content"].strip():
                yield _record(turn["content"], turns[:i], data)
        return
    question = data.get("question")
    if not isinstance(question, str) or not question.strip():
        raise InputError(f'{where}: has neither a "question" nor "messages".', "Write one of them.")
    history = [_turn(turn, where) for turn in data.get("history") or []]
    yield _record(question, history, data)


def _record(question: str, history: list[dict[str, str]], data: Mapping[str, Any]) -> dict[str, Any]:
    citations = [c for c in data.get("citations") or [] if isinstance(c, Mapping) and c.get("quote")]
    answerable = not data.get("abstained", False)
    rating = str(data.get("rating", data.get("verdict", data.get("value", "")))).lower()
    return {
        "question": question.strip(),
        "history": history,
        "kind": "followup" if history else "fact",
        "answerable": answerable,
        "sources": list(dict.fromkeys(str(c["source_id"]) for c in citations if "source_id" in c))
        if answerable
        else [],
        "facts": [],
        "evidence": list(dict.fromkeys(str(c["quote"]) for c in citations))[:3] if answerable else [],
        "tags": [DRAFT, *(["unhappy"] if rating in _BAD else [])],
        "expect": str(data.get("comment") or ""),
        "lead": None,
        "verdict": None,
        "must_not": [],
    }


def _turn(turn: object, where: str) -> dict[str, str]:
    role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
    if isinstance(content, list):  # parts, as some chat clients write them
        content = " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if not isinstance(role, str) or not isinstance(content, str):
        raise InputError(f"{where}: a message has no role and content (text).", 'Write {"role", "content"}.')
    return {"role": role, "content": content}


def _lines(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"{log}: can't be read ({error.strerror}).", "Check the path.") from None
    except UnicodeDecodeError:
        raise InputError(f"{log}: is not UTF-8.", "Save it as UTF-8.") from None


def _object(log: Path, number: int, line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InputError(f"{log}, line {number}: is no JSON object.", "Write one conversation or answer a line.")
    return data
