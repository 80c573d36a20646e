"""The careful reader's cases are sound: fields and patterns hold, no question stands twice, quotes stand in a note."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from assistant.settings import CHECKOUT

EVAL = CHECKOUT / "eval"
FILES = {"reader-smoke": 24, "reader-dev": 150, "reader-last-look": 60}
"""The sets and the least number of cases in each."""
KINDS = {
    "advisory", "case", "compare", "definition", "disagreement", "fact", "follow-up", "form", "how-to", "list",
    "near miss", "premise", "reasons", "verdict",
}  # fmt: skip
REQUIRED = {"id", "kind", "question", "history", "answerable", "expect", "facts", "must_not"}
OPTIONAL = {"lead", "verdict", "form", "corrects", "allowed"}
VERDICTS = {"yes", "no", "depends"}
FORMS = {"max_sentences": int, "max_words": int, "min_items": int, "table": bool}
NOTES = {path: path.read_text("utf-8") for path in sorted((CHECKOUT / "corpus").glob("*.md")) if path.stem != "README"}
SENTENCE_END = re.compile(r"(?<=[.?!]) (?=[A-Z\"])|\n")


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EVAL / f"{name}.jsonl").read_text("utf-8").splitlines()]


CASES = {name: read(name) for name in FILES}
EVERY = [case for cases in CASES.values() for case in cases]


def test_there_are_enough_cases_of_every_kind() -> None:
    for name, cases in CASES.items():
        assert len(cases) >= FILES[name], name
        assert {case["kind"] for case in cases} == KINDS, name
        declined = sum(not case["answerable"] for case in cases) / len(cases)
        assert 0.08 <= declined <= 0.16, name


def test_every_case_is_sound() -> None:
    assert [f"{case['id']}: {fault}" for case in EVERY for fault in faults(case)] == []


def test_ids_and_questions_stand_once() -> None:
    assert repeated(case["id"] for case in EVERY) == []
    others = [case for path in EVAL.glob("*.jsonl") if path.stem not in FILES for case in read(path.stem)]
    asked = [case["question"] for case in (*EVERY, *others) if "question" in case]
    assert len(asked) > len(EVERY)
    assert repeated(" ".join(re.findall(r"\w+", question.lower())) for question in asked) == []


def test_what_an_answer_may_say_stands_once_in_a_note_and_is_nothing_it_must_not_say() -> None:
    text = "\n".join(NOTES.values())
    found = []
    for case in EVERY:
        for quote in case.get("allowed", []):
            if text.count(quote) != 1 or len(quote.split()) < 4:
                found.append(f"{case['id']}: {quote!r} stands {text.count(quote)} times")
            elif any(re.search(pattern, sentence_at(quote), re.IGNORECASE) for pattern in case["must_not"]):
                found.append(f"{case['id']}: {quote!r} must not be said")
        if len(case.get("allowed", [])) != len(set(case.get("allowed", []))):
            found.append(f"{case['id']}: a quote is listed twice")
    assert found == []


def test_the_faults_are_found() -> None:
    case = CASES["reader-dev"][0]
    for change, fault in (
        ({"facts": ["("]}, "no pattern"),
        ({"facts": []}, "facts"),
        ({"facts": ["walnut"]}, "walnut"),
        ({"verdict": "maybe"}, "verdict"),
        ({"form": {"max_sentences": 0}}, "form"),
        ({"history": [{"role": "assistant", "content": "Yes."}]}, "history"),
        ({"answerabel": True}, "fields"),
    ):
        assert any(fault in found for found in faults({**case, **change})), change


def faults(case: dict[str, Any]) -> list[str]:
    """What is wrong with a case, by itself."""
    if not REQUIRED <= set(case) <= REQUIRED | OPTIONAL:
        return [f"has the wrong fields {sorted(set(case) ^ REQUIRED)}"]
    patterns = (*case["facts"], *case["must_not"], case.get("lead", "x"), case.get("corrects", "x"))
    if broken := [pattern for pattern in patterns if not compiles(pattern)]:
        return [f"{pattern!r} is no pattern" for pattern in broken]
    unexpected = [fact for fact in case["facts"] if not re.search(fact, case["expect"], re.IGNORECASE)]
    roles = [turn["role"] for turn in case["history"]]
    wrong = {
        "has an unknown kind": case["kind"] not in KINDS,
        "has an unknown verdict": case.get("verdict", "no") not in VERDICTS,
        "wants an unknown form": not all(is_form(*item) for item in case.get("form", {}).items()),
        "wants facts where nothing can be said, or none where it can": bool(case["facts"]) != case["answerable"],
        "corrects something without being of that kind": (case["kind"] == "premise") != ("corrects" in case),
        "has a history that ends with no answer": roles != ["user", "assistant"] * (len(roles) // 2),
        "has a history that its kind doesn't call for": bool(roles) != (case["kind"] == "follow-up"),
    }
    return [fault for fault, holds in wrong.items() if holds] + [f"expects no {fact!r}" for fact in unexpected]


def is_form(name: str, size: object) -> bool:
    return bool(size) and type(size) is FORMS.get(name)


def compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return bool(pattern)


def repeated(values: Iterator[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def sentence_at(quote: str) -> str:
    """The whole sentence of a note that begins with, or holds, the quote."""
    text = next(text for text in NOTES.values() if quote in text)
    start = text.index(quote)
    end = SENTENCE_END.search(text, start + len(quote))
    return text[start : end.start() if end else len(text)]
