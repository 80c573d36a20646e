"""``assistant eval compare``, ``bless`` and ``shadow``: compare two runs or two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import Json, Model, note, say, say_json, table, wrapped

if TYPE_CHECKING:
    from assistant.evaluation.comparing import Comparison, Difference, Flip, Side
    from assistant.evaluation.results import CaseResult

_RUN = "A run's folder, or `baseline`."


def compare(
    before: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    after: Annotated[str, typer.Argument(metavar="B", help=_RUN)],
    as_json: Json = False,
) -> None:
    """Compare two runs case by case: what flipped, and whether it is more than chance."""
    from assistant.evaluation.comparing import compare as compared_runs
    from assistant.evaluation.keeping import load_against

    compared = compared_runs(load_against(before), load_against(after))
    if as_json:
        say_json(compared.model_dump_json(indent=2))
        return
    table(_SIDES, map(_side, compared.sides))
    for line in _told(compared):
        say(line)
    table(_HEAD, map(_row, compared.differences))


def bless(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to, instead of eval/baseline.json.")
    ] = None,
) -> None:
    """Make a run the baseline that `eval run --against baseline` compares with."""
    from assistant.evaluation.keeping import bless as make_baseline
    from assistant.evaluation.keeping import load_run

    run = load_run(path)
    say(wrapped(f"{run.id} ({run.verdict}) is the baseline: {make_baseline(run, to)}"))
    if run.verdict != "SHIP":
        note("It did not ship: as a baseline it keeps things from getting worse, and says no more.")


def shadow(
    questions: Annotated[
        str, typer.Argument(metavar="QUESTIONS.jsonl", help="Real questions, as `assistant batch` takes them.")
    ],
    candidate: Annotated[str, typer.Option("--candidate", metavar="MODEL", help="The model that may come next.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where both answers are kept.")] = Path(
        "shadow.json"
    ),
    model: Model = None,
) -> None:
    """Answer real questions with the current and a candidate model, and show only the current one's.

    The answers of the current model go to stdout, an object a line; both, and how they compare, into a file.
    """
    from contextlib import closing

    from assistant.cli.batch import as_json, read_questions
    from assistant.cli.evaluation_progress import open_pipeline
    from assistant.evaluation.cases import Case
    from assistant.evaluation.shadow import shadow as asked_twice
    from assistant.settings import load_settings

    settings = load_settings(model=model)
    lines = read_questions(questions, settings.max_question_chars)
    cases = [Case(id=str(line.number), question=line.question, history=line.history) for line in lines]
    ids = {str(line.number): line.id for line in lines}

    def show(result: CaseResult) -> None:
        if result.answer is not None:
            say_json(as_json(result.answer, ids[result.case.id]))

    with (
        closing(open_pipeline(settings)) as current,
        closing(open_pipeline(load_settings(model=candidate))) as other,
    ):
        made = asked_twice(cases, current, other, show=show)
    out.write_text(made.model_dump_json(indent=1), encoding="utf-8")
    differ = sum(bool(pair.differs) for pair in made.pairs)
    errors = ", ".join(map(str, made.errors))
    note(f"{made.current} and {made.candidate} differ on {differ} of {len(made.pairs)} questions (errors: {errors}).")
    for one in made.differences:
        note("  ".join(_row(one)))
    note(f"Both answers to each question are in {out}.")


_SIDES = ("run", "model", "context", "examples", "passed", "tokens read", "of them cached", "written")
_HEAD = ("measure", "cases", "before", "after", "change (95%)", "p", "p (Holm)")


def _side(side: Side) -> Sequence[str]:
    read, cached, written = (f"{count:,}" for count in side.tokens)
    passed = f"{side.passed} of {side.n}"
    return side.run, side.model, side.context or "-", side.examples or "-", passed, read, cached, written


def _row(one: Difference) -> Sequence[str]:
    change = f"{one.change:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
    return (
        one.name,
        str(one.n),
        f"{one.before:.3f}",
        f"{one.after:.3f}",
        change,
        f"{one.p:.3f}",
        f"{one.adjusted:.3f}" + (" fell" if one.fell else ""),
    )


def _told(compared: Comparison) -> Iterator[str]:
    yield from map(wrapped, compared.changes)
    yield wrapped(
        f"Passed: {compared.passed_before} then {compared.passed_after} of {compared.n} cases; change "
        f"{compared.pass_low:+.1%} to {compared.pass_high:+.1%} (95%); exact McNemar p = {compared.mcnemar_p:.3f}"
    )
    for name, flips in (("Fell", compared.falls), ("Rose", compared.rises)):
        yield f"{name}: {len(flips) or 'none'}"
        yield from map(_flip, flips)
    yield from compared.notices


def _flip(flip: Flip) -> str:
    return wrapped(f"{flip.case_id} ({flip.why}): {flip.question}", "    ", "  ")
