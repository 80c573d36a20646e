"""The blessed baseline: a run without its answers, small enough to commit and plain enough to review."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.errors import InputError
from assistant.evaluation.comparing import Comparison, compare
from assistant.evaluation.keeping import load_run
from assistant.evaluation.loading import suites_dir
from assistant.evaluation.results import CaseResult, Run, Score
from assistant.settings import in_checkout

BASELINE = "baseline"


def baseline_file() -> Path:
    """``eval/baseline.json`` of the checkout; of the working directory where the package is installed."""
    return (suites_dir() if in_checkout() else Path("eval")) / "baseline.json"


def bless(run: Run, file: Path | None = None) -> Path:
    """Makes a run the baseline, one line a result. Raises InputError where the file can't be written."""
    target = file or baseline_file()
    data = run.model_copy(update={"results": tuple(map(_slim, run.results))}).model_dump(mode="json")
    results = [json.dumps(result, ensure_ascii=False) for result in data.pop("results")]
    head = json.dumps(data, ensure_ascii=False, indent=1).removesuffix("\n}")
    text = f'{head},\n "results": [\n  ' + ",\n  ".join(results) + "\n ]\n}\n"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target}: can't be written ({error.strerror}).", "Name another file with --to.") from None
    return target


def load_against(name: str | Path) -> Run:
    """The run to hold another against: ``baseline``, or a run's path. Raises InputError."""
    if str(name) != BASELINE:
        return load_run(Path(name))
    if not baseline_file().exists():
        raise InputError("No run is blessed yet.", "Run: assistant eval bless RUN")
    return load_run(baseline_file())


def fallen(before: Run, after: Run, repeats: float = 1.0) -> tuple[Comparison, str]:
    """The comparison, and a sentence where ``after`` fell significantly ("" where it did not), naming the cases."""
    compared = compare(before, after, repeats)
    told = []
    if compared.fell:
        told.append(f"{len(compared.falls)} cases fell, {len(compared.rises)} rose (p = {compared.mcnemar_p:.3f}).")
    told += [
        f"{one.name} fell from {one.before:.3f} to {one.after:.3f} (p = {one.adjusted:.3f})."
        for one in compared.differences
        if one.fell and one.name != "ms"
    ]
    if told and compared.falls:
        told.append(f"Fallen: {', '.join(flip.case_id for flip in compared.falls)}.")
    return compared, " ".join(told)


def _slim(result: CaseResult) -> CaseResult:
    """The result with what a comparison needs: the question, the scores' values, whether and why it failed."""
    kept = {"history": (), "facts": (), "evidence": (), "alternatives": ()}
    scores = {name: Score(value=score.value, reason="") for name, score in result.scores.items()}
    return result.model_copy(
        update={
            "case": result.case.model_copy(update=kept),
            "answer": None,
            "scores": scores,
            "advice": None,
            "judgements": (),
        }
    )
