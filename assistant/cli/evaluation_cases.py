"""``assistant eval new``, ``check``, ``export-failures``, ``compare``, ``bless`` and ``shadow``: around the runs.

Draft cases, validate suites, export training examples; compare two runs or two models.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import Json, Model, note, say, say_json, table, wrapped

if TYPE_CHECKING:
    from assistant.evaluation.cases import Case
    from assistant.evaluation.comparing import Comparison, Difference, Flip, Side
    from assistant.evaluation.results import CaseResult
    from assistant.types import Essay


class Format(StrEnum):
    """Kinds of training files."""

    CHAT_JSONL = "chat-jsonl"


class Half(StrEnum):
    """Halves of the sentences that verification is measured on."""

    TUNE = "tune"
    LAST = "last"


GATE_CLOSED = 100


def new(
    log: Annotated[
        Path, typer.Argument(metavar="LOG.jsonl", help="Conversations, answer objects or a feedback export.")
    ],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where the drafts go; - is stdout.")] = "-",
) -> None:
    """Draft cases from a log of real questions, unhappy ones first."""
    from assistant.evaluation.exporting import draft_cases

    drafts = draft_cases(log)
    _write("".join(f"{json.dumps(draft, ensure_ascii=False)}\n" for draft in drafts), out)
    note(f"{len(drafts)} drafts. Say what a right answer holds (facts, evidence), then remove the tag `draft`.")


def check(
    suites: Annotated[
        list[str] | None, typer.Argument(metavar="[SUITE]...", help="Suites by name, such as dev, or paths; else dev.")
    ] = None,
) -> None:
    """Check that suites load, that their gold stands in the documents, and that no draft is left."""
    from assistant.corpus.loading import load_corpus
    from assistant.evaluation.cases import load_suite
    from assistant.settings import load_settings

    essays = {essay.id: essay for essay in load_corpus(load_settings()).essays}
    bad = 0
    for name in suites or ["dev"]:
        suite = load_suite(name)
        problems = _problems(suite.cases, essays)
        bad += len(problems)
        kinds = Counter(case.kind for case in suite.cases)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        say(wrapped(f"{suite.name}: {len(suite.cases)} cases ({counted}), {len(problems) or 'no'} problems"))
        for problem in problems:
            say(wrapped(problem, "    ", "  "))
    if bad:
        raise typer.Exit(2)


def export(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where the examples go; - is stdout.")] = "-",
    _format: Annotated[Format, typer.Option("--format", help="The kind of file.")] = Format.CHAT_JSONL,
) -> None:
    """Write a run's failures as training examples, for a team that ends at fine-tuning after all."""
    from assistant.corpus.loading import load_corpus
    from assistant.evaluation.answerers import check_corpus
    from assistant.evaluation.exporting import export_failures
    from assistant.evaluation.keeping import load_run
    from assistant.settings import load_settings

    run = load_run(path)
    essays = {essay.id: essay for essay in load_corpus(load_settings()).essays}
    check_corpus(run.setup, essays)
    exported = export_failures(run, essays)
    _write("".join(f"{line}\n" for line in exported.lines), out)
    for notice in exported.notices:
        note(notice)


def verification(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.jsonl]", help="Sentences with their quotes; else the built-in ones.")
    ] = None,
    half: Annotated[
        Half, typer.Option("--half", help="`tune` to work on, and list what went wrong; `last` to look at once.")
    ] = Half.TUNE,
    as_json: Json = False,
) -> None:
    """Measure how many false sentences verification rejects, by kind, and how many faithful ones it keeps.

    Exit status: 0 enough of both, 100 not, 2 wrong input.
    """
    from assistant.answering.verify import Entailment
    from assistant.corpus.loading import load_corpus
    from assistant.evaluation.verification import judged, load_sentences, scored
    from assistant.settings import load_settings

    settings = load_settings()
    essays = {essay.id: essay for essay in load_corpus(settings).essays}
    cases = [case for case in load_sentences(file) if case.half == half]
    result = scored(judged(cases, essays, Entailment.of(settings)))
    if as_json:
        say_json(result.model_dump_json(indent=1))
    else:
        if half == Half.TUNE:
            for one in result.wrong:
                say(wrapped(f"{one.case.id} ({one.case.kind}) {one.fault or 'kept'}: {one.case.sentence}", "  "))
        shares = [(kind, str(one.k), str(one.n), f"{one.k / one.n:.0%}") for kind, one in result.kinds.items()]
        table(("kind", "right", "of", "share"), shares)
        kept, rejected = result.kept, result.rejected
        say(f"Faithful kept: {kept.k} of {kept.n}. False rejected: {rejected.k} of {rejected.n}.")
    if not result.good:
        raise typer.Exit(GATE_CLOSED)


def _problems(cases: Iterable[Case], essays: Mapping[str, Essay]) -> list[str]:
    """A sentence for each case whose gold does not resolve or that is still a draft."""
    from assistant.errors import SuiteError
    from assistant.evaluation.exporting import DRAFT
    from assistant.evaluation.gold import anchor

    found: list[str] = []
    for case in cases:
        try:
            found += anchor(case, essays).notices
        except SuiteError as error:
            found.append(str(error))
        if DRAFT in case.tags:
            found.append(f"Case {case.id} is a draft. Complete it, then remove the tag.")
    return found


def _write(text: str, out: str) -> None:
    if out == "-":
        sys.stdout.write(text)
    else:
        Path(out).write_text(text, encoding="utf-8")


_RUN = "A run's folder, or `baseline`."


def compare(
    before: Annotated[str, typer.Argument(metavar="A", help=_RUN)],
    others: Annotated[list[str], typer.Argument(metavar="B...", help=f"{_RUN} Each is compared with A.")],
    as_json: Json = False,
) -> None:
    """Compare runs case by case: what flipped, and whether it is more than chance."""
    from assistant.evaluation.comparing import compare as compared_runs
    from assistant.evaluation.keeping import load_against

    first = load_against(before)
    every = [compared_runs(first, load_against(other)) for other in others]
    if as_json:
        found = [compared.model_dump(mode="json") for compared in every]
        say_json(json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, indent=2))
        return
    table(_SIDES, map(_side, [every[0].sides[0], *(compared.sides[1] for compared in every)]))
    for compared in every:
        if len(every) > 1:
            say(f"\n{compared.before}, then {compared.after}:")
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


_SIDES = ("run", "model", "task", "context", "examples", "passed", "tokens read", "of them cached", "written")
_HEAD = ("measure", "cases", "before", "after", "change (95%)", "p", "p (Holm)")


def _side(side: Side) -> Sequence[str]:
    read, cached, written = (f"{count:,}" for count in side.tokens)
    passed = f"{side.passed} of {side.n}"
    levers = (side.task or "-", side.context or "-", side.examples or "-")
    return side.run, side.model, *levers, passed, read, cached, written


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
