"""An answerer that says what it is told to, and runs made of plain passes and failures."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scored_samples import ESSAYS, abstained, answer, cite

from assistant.evaluation.cases import Case, Suite
from assistant.evaluation.results import CaseResult, Levers, Run, Score, Sentinel, Setup
from assistant.evaluation.statistics import wilson
from assistant.types import Answer, Essay

Reply = Callable[[Case], Answer]
OWLS = "Owls hunt at night."
RIGHT = answer(OWLS, [cite(OWLS, "birds")])


def owl(number: int, **more: object) -> Case:
    """A case ``RIGHT`` passes."""
    plain = {"id": f"owl-{number}", "question": f"When do owls hunt, {number}?", "facts": ["night"]}
    return Case.model_validate(plain | {"evidence": ["hunt at night"], "sources": ["birds"]} | more)


def suite(*cases: Case, name: str = "park", sha256: str = "0" * 64) -> Suite:
    return Suite(name=name, path=Path("park.jsonl"), sha256=sha256, cases=cases)


class Scripted:
    """Answers by ``reply``, and remembers what it was asked."""

    def __init__(self, reply: Reply = lambda _: RIGHT, essays: Mapping[str, Essay] = ESSAYS) -> None:
        self.model = "scripted"
        self.prompts = ("none", "")
        self.corpus = "park"
        self.index_fingerprint = ""
        self.levers = Levers()
        self.essays = essays
        self.reply = reply
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def answer(self, case: Case) -> Answer:
        with self._lock:
            self.asked.append(case.id)
        return self.reply(case)

    def close(self) -> None:
        """Nothing is held."""


def setup(**changes: object) -> Setup:
    plain: dict[str, object] = {
        "suite": "park",
        "suite_sha256": "0" * 64,
        "model": "scripted",
        "prompts": "none",
        "prompt_sha256": "",
        "corpus": "park",
        "corpus_sha256": {},
        "index_fingerprint": "",
        "code_version": "1",
    }
    return Setup.model_validate(plain | changes)


def result(case: Case, passed: bool, repeat: int = 0, scores: Mapping[str, float] | None = None) -> CaseResult:
    return CaseResult(
        case=case,
        repeat=repeat,
        answer=RIGHT if passed else abstained(),
        ms=5.0,
        scores={name: Score(value=value, reason="") for name, value in (scores or {"facts": float(passed)}).items()},
        passed=passed,
        attribution=None if passed else "should have answered",
    )


def run_of(passes: Sequence[bool], name: str = "r", sentinels: Sequence[Sentinel] = (), kind: str = "fact") -> Run:
    """A run of one case for each entry."""
    return Run(
        id=name,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        setup=setup(),
        results=tuple(result(owl(i, kind=kind), passed) for i, passed in enumerate(passes)),
        sentinels=tuple(sentinels),
    )


def broken(name: str = "always abstain") -> Sentinel:
    return Sentinel(name=name, passed=wilson(10, 10), lets_through=True)
