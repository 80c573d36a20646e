"""``assistant eval``: running question suites, scoring them, and opening what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.evaluation_cases import check, export, new
from assistant.cli.evaluation_pairs import bless, compare, shadow
from assistant.cli.terminal import Json, complain, note, say, say_json, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistant.evaluation.answerers import Answerer
    from assistant.evaluation.cases import Suite
    from assistant.evaluation.chat_judge import ChatJudge
    from assistant.evaluation.gating import Thresholds
    from assistant.evaluation.results import Run
    from assistant.evaluation.runs import Plan
    from assistant.settings import Settings
    from assistant.types import Essay

GATE_CLOSED = 100

evaluation = typer.Typer(no_args_is_help=True, help="Question suites: run them, compare runs, decide whether to ship.")
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or the folder of the only run in it.")]
Bars = Annotated[
    Path | None, typer.Option("--thresholds", metavar="FILE", help="Bars of the gate instead of eval/thresholds.toml.")
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="RUN", help="`baseline` or a run: fail on a significant fall.")
]


@evaluation.command()
def run(
    suites: Annotated[
        list[str] | None, typer.Argument(metavar="[SUITE]...", help="dev, smoke, last-look, or paths; else dev.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where each run gets a folder.")] = Path(
        "eval-runs"
    ),
    model: Annotated[list[str] | None, typer.Option("--model", metavar="ID", help="A model; may be repeated.")] = None,
    prompts: Annotated[
        list[Path] | None, typer.Option("--prompts", metavar="DIR", help="A folder of prompts; may be repeated.")
    ] = None,
    corpus: Annotated[
        list[str] | None, typer.Option("--corpus", metavar="DIR", help="A folder of documents; may be repeated.")
    ] = None,
    examples: Annotated[
        list[str] | None,
        typer.Option("--examples", metavar="N|all", help="Worked examples a chat model is shown; may be repeated."),
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="How often each question is asked.")] = 1,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Questions asked at once.")] = 4,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest run of the same set-up.")] = False,
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="The same, and ask what failed again.")] = False,
    against: Against = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Ask a server: OpenAI's protocol, or our /api/ask.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Score answers made elsewhere, by case id.")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="PROVIDER:MODEL", help="A chat model grades too; it decides nothing."),
    ] = None,
    thresholds: Bars = None,
    as_json: Json = False,
) -> None:
    """Run suites through the real pipeline and say whether it ships.

    Each model is combined with each folder of prompts, each corpus and each number of examples. Exit status: 0 ship,
    100 do not, 1 the run failed, 2 wrong input. Ctrl-C keeps the answers so far.
    """
    from assistant.evaluation.cases import load_suite
    from assistant.evaluation.chat_judge import chat_judge
    from assistant.evaluation.gating import load_thresholds
    from assistant.evaluation.keeping import load_against
    from assistant.evaluation.runs import Plan

    loaded = [load_suite(suite) for suite in suites or ["dev"]]
    bars, before = load_thresholds(thresholds), load_against(against) if against else None
    plan = Plan(repeat=repeat, concurrency=concurrency, out=out, resume=resume, retry_errors=retry_errors)
    judging = chat_judge(judge)
    ships = []
    try:
        for answerer in _answerers(_each(model, prompts, corpus, examples, endpoint, answers), endpoint, answers):
            for suite in loaded:
                ships.append(_asked(answerer, suite, plan, bars, before, as_json, judging))
    except KeyboardInterrupt:
        note(f"Stopped. The answers so far are in {out}; the same command with --resume goes on.")
        raise typer.Exit(130) from None
    if not all(ships):
        raise typer.Exit(GATE_CLOSED)


@evaluation.command()
def rescore(
    path: RunPath,
    suite: Annotated[
        str | None, typer.Option("--suite", metavar="SUITE", help="Score by these cases instead of the run's own.")
    ] = None,
    against: Against = None,
    thresholds: Bars = None,
    as_json: Json = False,
) -> None:
    """Score a run's answers again without asking again."""
    from assistant.evaluation.cases import load_suite
    from assistant.evaluation.gating import load_thresholds
    from assistant.evaluation.keeping import RunFolder, load_against, run_folder
    from assistant.evaluation.runs import rescore as score_again

    folder, essays, bars = RunFolder.open(run_folder(path)), _essays(), load_thresholds(thresholds)
    before = load_against(against) if against else None
    scored = score_again(folder, essays, bars, load_suite(suite) if suite else None)
    if not _told(scored, essays, folder.path, bars, before, as_json):
        raise typer.Exit(GATE_CLOSED)


@evaluation.command()
def report(
    path: RunPath,
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help="`baseline` or a run to show beside it.")
    ] = None,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open a run's page, and print where it is."""
    from assistant.evaluation.answerers import check_corpus
    from assistant.evaluation.keeping import load_against, load_run, run_folder
    from assistant.evaluation.reports import write_all

    found, folder = load_run(path), run_folder(path)
    page = folder / "report.html"
    if against or not page.exists():
        essays = _essays()
        check_corpus(found.setup, essays)
        page = write_all(found, essays, folder, load_against(against) if against else None)["html"]
    say(str(page.resolve()))
    if show:
        typer.launch(page.resolve().as_uri())


def _each(
    models: list[str] | None,
    prompts: list[Path] | None,
    corpora: list[str] | None,
    examples: list[str] | None,
    endpoint: str | None,
    answers: Path | None,
) -> list[Settings]:
    """The settings of each combination. Raises InputError for options that contradict each other."""
    from assistant.errors import InputError
    from assistant.evaluation.runs import matrix

    if endpoint and answers:
        raise InputError("--endpoint and --answers are two ways to answer.", "Give one of them.")
    if (endpoint or answers) and (prompts or examples):
        named = "--prompts" if prompts else "--examples"
        raise InputError(f"{named} is for our own pipeline.", "Leave it out with --endpoint and --answers.")
    return list(matrix(models or (), prompts or (), corpora or (), examples or ()))


def _answerers(every: list[Settings], endpoint: str | None, answers: Path | None) -> Iterator[Answerer]:
    """Each answerer in turn, closed before the next is opened."""
    from contextlib import closing

    for settings in every:
        with closing(_answerer(settings, endpoint, answers)) as answerer:
            yield answerer


def _answerer(settings: Settings, endpoint: str | None, answers: Path | None) -> Answerer:
    from assistant.answering.models import EXTRACTIVE
    from assistant.cli.evaluation_progress import open_pipeline
    from assistant.evaluation.endpoints import AnswersFile, Endpoint

    name = None if settings.model == EXTRACTIVE else settings.model
    if endpoint:
        return Endpoint(endpoint, settings, name)
    if answers:
        return AnswersFile(answers, settings, name)
    return open_pipeline(settings)


def _asked(
    answerer: Answerer,
    suite: Suite,
    plan: Plan,
    bars: Thresholds,
    before: Run | None,
    as_json: bool,
    judge: ChatJudge | None,
) -> bool:
    """Runs one suite; whether it ships."""
    from assistant.cli.evaluation_progress import watching
    from assistant.evaluation.runs import run_one

    with watching() as watcher:
        made = run_one(suite, answerer, plan, bars, watcher, judge)
    if watcher.folder is None:
        raise AssertionError("the run was not kept")
    return _told(made, answerer.essays, watcher.folder, bars, before, as_json)


def _told(
    run: Run, essays: Mapping[str, Essay], folder: Path, bars: Thresholds, before: Run | None, as_json: bool
) -> bool:
    """Writes the reports, prints the summary, and whether the run ships and has not fallen."""
    from assistant.evaluation.keeping import fallen
    from assistant.evaluation.reports import terminal, write_all

    write_all(run, essays, folder, before)
    if as_json:
        say_json(run.model_dump_json())
    else:
        say(terminal.render(run, width() or 80, before).rstrip())
    note(f"Kept in {folder}; its page opens with: assistant eval report {folder}")
    repeats = bars.for_suite(run.setup.suite).repeats
    fell = fallen(before, run, repeats)[1] if before else ""
    if fell:
        complain(f"Worse than {before.id if before else ''}: {fell}")
    return run.verdict == "SHIP" and not fell


def _essays() -> dict[str, Essay]:
    from assistant.corpus.loading import load_corpus
    from assistant.settings import load_settings

    return {essay.id: essay for essay in load_corpus(load_settings()).essays}


evaluation.command()(compare)
evaluation.command()(bless)
evaluation.command()(shadow)
evaluation.command("export-failures")(export)
evaluation.command()(new)
evaluation.command()(check)
