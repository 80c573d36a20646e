"""Failures as training examples, for a team that ends at fine-tuning after all.

An example is what the model would have been asked (the very prompt, with the sentences it would have seen) and what
it should have written (the gold sentences with their marks, or the agreed refusal). Failures that no training mends
are left out: an error, or evidence that was never retrieved.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.answering.prompts import REFUSAL, examples, joined, listed, numbered, rules, worked
from assistant.answering.verify import Evidence
from assistant.corpus.furniture import is_furniture
from assistant.corpus.splitting import blocks, sentences
from assistant.errors import InputError
from assistant.evaluation.cases import Case
from assistant.evaluation.gold import Anchored, anchor
from assistant.evaluation.results import CaseResult, Run
from assistant.types import Essay, Frozen, RankedPassage

ENOUGH = 500
"""Fewest examples the essays call worth tuning on."""
HELD_BACK = "last-look"
_NOT_MENDED = {"error", "not retrieved"}


class Export(Frozen):
    """Lines of a chat-jsonl file, and what a reader should know of it."""

    lines: tuple[str, ...]
    left_out: dict[str, int]
    notices: tuple[str, ...]


def export_failures(run: Run, essays: Mapping[str, Essay]) -> Export:
    """The run's failures as ``{"messages": [system, user, assistant]}``, each question once.

    Raises InputError for the held-back suite, which must never be trained on, and where nothing can be exported.
    """
    if run.setup.suite == HELD_BACK:
        raise InputError(f"{HELD_BACK} is held back and never trained on.", "Export the failures of another suite.")
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
    wanted = REFUSAL if not result.case.answerable else _gold_text(evidence, anchor(result.case, essays))
    if not evidence or not wanted:
        return "no gold among what was retrieved", ""
    system = joined(rules(), worked(examples()), listed(numbered(evidence, essays)))
    messages = [("system", system), *_asked(result.case, result.answer.standalone_question), ("assistant", wanted)]
    data: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in messages]}
    return "", json.dumps(data, ensure_ascii=False)


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
    """The sentences that hold the first whole set of gold quotes, each with its mark; "" where none is whole."""
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
