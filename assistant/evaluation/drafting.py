"""Drafts of cases from real conversations: the question is real, what a right answer holds is for a person to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import InputError

DRAFT = "draft"
_BAD = {"down", "bad", "negative", "dislike", "wrong", "-1", "0", "false"}


def draft_cases(log: Path) -> list[dict[str, Any]]:
    """Records for a suite from a JSON Lines log, each question once, those people were unhappy with first.

    A line is an answer object, ``{"question", "answer", "history", "rating"}`` as a feedback export has them, or
    ``{"messages": [{"role", "content"}]}``, whose every user message is a question. The words the logged answer cited
    are proposed as evidence; each record is tagged ``draft`` until somebody has read it. Raises InputError.
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
