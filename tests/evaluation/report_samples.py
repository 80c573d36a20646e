"""Runs to report on: answers of a real assistant, or of made-up essays, with scores set by hand."""

from collections.abc import Iterable
from datetime import UTC, datetime

from assistant import Assistant
from assistant.evaluation.cases import Case, Gold
from assistant.evaluation.results import CaseResult, Run, Score, Sentinel, Setup
from assistant.evaluation.statistics import wilson
from assistant.types import Answer, Citation, Claim, Essay, RankedPassage, StageTrace

HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=2</script>`|@everyone & \x1b[31m'
TEXT = "## Costs\n\nTraining 🧠 costs money. Prompting costs patience.\n\n- Money runs out.\n- Patience grows.\n"
ESSAYS = {
    "costs": Essay(id="costs", title="Costs & <Benefits>", kind="notes", text=TEXT),
    "other": Essay(id="other", title="Other", text="Nothing of interest. " + HOSTILE.replace("\x1b", "")),
}
CITED = "Training 🧠 costs money."
GOLD = "costs money. Prompting costs"


def span(quote: str) -> tuple[int, int]:
    return TEXT.index(quote), TEXT.index(quote) + len(quote)


def citation(marker: int, quote: str) -> Citation:
    start, end = span(quote)
    names = {"title": "Costs", "author": None, "url": None, "section": "Costs"}
    return Citation(marker=marker, source_id="costs", kind="notes", quote=quote, start=start, end=end, **names)


def answer(question: str, text: str, *citations: Citation, abstained: bool = False) -> Answer:
    passage = RankedPassage(id="p", source_id="costs", section="Costs", start=0, end=60, score=0.5, text=TEXT[:60])
    return Answer(
        id="a",
        question=question,
        standalone_question=question,
        answer=text,
        abstained=abstained,
        citations=citations,
        claims=(Claim(start=0, end=len(text), markers=(), supported=False),) if not citations else (),
        passages=(passage,),
        trace=(StageTrace(stage="retrieve", ms=12.0), StageTrace(stage="draft", ms=3.0)),
        model="extractive",
        prompt_sha256="a" * 64,
        index_fingerprint="f" * 16,
    )


def case(name: str, question: str, **fields: object) -> Case:
    return Case.model_validate({"id": name, "question": question, "sources": ["costs"], **fields})


def passed(case_: Case, said: Answer, ms: float = 15.0, repeat: int = 0) -> CaseResult:
    scores = {"facts": Score(value=1.0, reason="1 of 1"), "mrr": Score(value=None, reason="no gold")}
    return CaseResult(case=case_, answer=said, ms=ms, scores=scores, passed=True, repeat=repeat)


def failed(case_: Case, said: Answer, why: str = "fact missing", ms: float = 30.0, repeat: int = 0) -> CaseResult:
    scores = {"facts": Score(value=0.5, reason="missing: patience"), "mrr": Score(value=0.5, reason="rank 2")}
    told = {"attribution": why, "advice": "Give the prompt an example.", "scores": scores}
    return CaseResult.model_validate({"case": case_, "answer": said, "ms": ms, "repeat": repeat} | told)


def setup(**fields: object) -> Setup:
    given = {
        "suite": "made-up",
        "suite_sha256": "1" * 64,
        "model": "extractive",
        "prompts": "built-in",
        "prompt_sha256": "a" * 64,
        "corpus": "notes",
        "corpus_sha256": {name: essay.sha256 for name, essay in ESSAYS.items()},
        "index_fingerprint": "f" * 16,
        "code_version": "0.1.0+abcdef1",
    }
    return Setup.model_validate(given | fields)


def run(results: Iterable[CaseResult], name: str = "run-1", **fields: object) -> Run:
    given = {"id": name, "started_at": datetime(2025, 3, 1, 9, 30, tzinfo=UTC), "setup": setup()}
    return Run.model_validate(given | fields | {"results": tuple(results)})


def made_up_run() -> Run:
    """Four cases: one right, one that misses a fact, one hostile, one that ended in an error."""
    wishes = {"expect": f"Patience. {HOSTILE}", "verdict": "no", "lead": "patience", "must_not": ["free"]}
    wishes |= {"form": {"max_sentences": 2}, "allowed": ["Prompting costs"]}
    right = case("right", "What does prompting cost?", evidence=[GOLD], facts=["patience"], tags=["pm"], **wishes)
    missing = case("missing", "What does training cost?", evidence=[Gold(quote="Money runs out.")])
    hostile = case("hostile", HOSTILE, kind="near_miss", answerable=False, sources=[])
    broken = case("broken", "And then?", kind="followup")
    results = [
        passed(right, answer(right.question, f"{CITED} [1]", citation(1, CITED))),
        failed(missing, answer(missing.question, "Patience grows. [1]", citation(1, "Patience grows."))),
        failed(hostile, answer(HOSTILE, HOSTILE), "should have abstained"),
        CaseResult(case=broken, error=f"The server gave up. {HOSTILE}", ms=1.0, attribution="error"),
    ]
    sentinels = [
        Sentinel(name="always abstain", passed=wilson(1, 4), lets_through=False),
        Sentinel(name="cite everything", passed=wilson(4, 4), lets_through=True),
    ]
    told = {"verdict": "UNDECIDED", "verdict_reason": "Too few cases.", "bars": {"ship": 0.9, "repeats": 1.0}}
    return run(results, sentinels=tuple(sentinels), **told)


def asked_run(assistant: Assistant) -> Run:
    """Two questions the notes answer and one they don't, asked for real."""
    results = []
    for name, question, answerable in [
        ("cost", "What does a LoRA training run cost?", True),
        ("compare", "What do the essays say about prompt caching?", True),
        ("cook", "How long do I boil an egg?", False),
    ]:
        said = assistant.ask(question)
        gold = [said.citations[0].quote[8:].strip()] if said.citations else []
        sources = [said.citations[0].source_id] if said.citations else []
        asked = case(name, question, answerable=answerable, sources=sources, evidence=gold)
        results.append(passed(asked, said, sum(stage.ms for stage in said.trace)))
    sha256 = {name: essay.sha256 for name, essay in assistant.essays.items()}
    return run(results, setup=setup(corpus_sha256=sha256))
