"""``assistant eval``: run question suites, score kept runs again, and open their reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.evaluation_cases import GATE_CLOSED, bless, check, compare, export, new, shadow, verification
from assistant.cli.terminal import Json, complain, note, say, say_json, taking, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistant.evaluation.answerers import Answerer
    from assistant.evaluation.gating import Thresholds
    from assistant.evaluation.results import Run
    from assistant.settings import Settings
    from assistant.types import Essay

evaluation = typer.Typer(no_args_is_help=True, help="Question suites: run them, compare runs, decide whether to ship.")
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or the folder of the only run in it.")]
Bars = Annotated[
    Path | None, typer.Option("--thresholds", metavar="FILE", help="Bars of the gate instead of eval/thresholds.toml.")
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="RUN", help="`baseline` or a run: fail on a significant fall.")
]


@dataclass(frozen=True)
class RunOptions:
    """The arguments and options of ``assistant eval run``."""

    suites: Annotated[
        list[str] | None, typer.Argument(metavar="[SUITE]...", help="Suites by name, such as dev, or paths; else dev.")
    ] = None
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where each run gets a folder.")] = Path("eval-runs")
    model: Annotated[list[str] | None, typer.Option("--model", metavar="ID", help="A model; may be repeated.")] = None
    prompts: Annotated[
        list[Path] | None, typer.Option("--prompts", metavar="DIR", help="A folder of prompts; may be repeated.")
    ] = None
    corpus: Annotated[
        list[str] | None, typer.Option("--corpus", metavar="DIR", help="A folder of documents; may be repeated.")
    ] = None
    examples: Annotated[
        list[str] | None,
        typer.Option(
            "--examples", metavar="N|all|auto", help="Worked examples a chat model is shown; may be repeated."
        ),
    ] = None
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="How often each question is asked.")] = 1
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Questions asked at once.")] = 4
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest run of the same set-up.")] = False
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="The same, and ask what failed again.")] = False
    against: Against = None
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="Ask a server: OpenAI's protocol, or our /api/ask.")
    ] = None
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Score answers made elsewhere, by case id.")
    ] = None
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="PROVIDER:MODEL", help="A chat model grades too; it decides nothing."),
    ] = None
    thresholds: Bars = None
    as_json: Json = False


@evaluation.command("run")
@taking(RunOptions)
def run(options: RunOptions) -> None:
    """Run suites through the real pipeline and say whether it ships.

    Each model is combined with each folder of prompts, each corpus and each number of examples. Exit status: 0 ship,
    100 do not, 1 the run failed, 2 wrong input. Ctrl-C keeps the answers so far.
    """
    from assistant.cli.evaluation_progress import run_watched
    from assistant.evaluation.cases import load_suite
    from assistant.evaluation.chat_judge import chat_judge
    from assistant.evaluation.runs import Plan

    suites = [load_suite(suite) for suite in options.suites or ["dev"]]
    bar = _Bar.of(options.thresholds, options.against)
    judge = chat_judge(options.judge)
    plan = Plan(
        repeat=options.repeat,
        concurrency=options.concurrency,
        out=options.out,
        resume=options.resume,
        retry_errors=options.retry_errors,
    )
    ships = []
    try:
        for answerer in _answerers(options):
            for suite in suites:
                made, folder = run_watched(suite, answerer, plan, bar.thresholds, judge)
                ships.append(_shown(made, answerer.essays, folder, bar, options.as_json))
    except KeyboardInterrupt:
        note(f"Stopped. The answers so far are in {options.out}; the same command with --resume goes on.")
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
    from assistant.evaluation.keeping import RunFolder, run_folder
    from assistant.evaluation.runs import rescore as score_again

    folder, essays, bar = RunFolder.open(run_folder(path)), _essays(), _Bar.of(thresholds, against)
    scored = score_again(folder, essays, bar.thresholds, load_suite(suite) if suite else None)
    if not _shown(scored, essays, folder.path, bar, as_json):
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


@dataclass(frozen=True)
class _Bar:
    """What a finished run is held to: the gate's thresholds, and the run it must not fall below."""

    thresholds: Thresholds
    before: Run | None

    @classmethod
    def of(cls, thresholds: Path | None, against: str | None) -> _Bar:
        """Read from the files of these names. Raises InputError."""
        from assistant.evaluation.gating import load_thresholds
        from assistant.evaluation.keeping import load_against

        return cls(load_thresholds(thresholds), load_against(against) if against else None)


def _answerers(options: RunOptions) -> Iterator[Answerer]:
    """Each combination's answerer in turn, closed before the next is opened.

    Raises InputError for options that contradict each other.
    """
    from contextlib import closing

    from assistant.errors import InputError
    from assistant.evaluation.runs import matrix

    if options.endpoint and options.answers:
        raise InputError("--endpoint and --answers are two ways to answer.", "Give one of them.")
    if (options.endpoint or options.answers) and (options.prompts or options.examples):
        named = "--prompts" if options.prompts else "--examples"
        raise InputError(f"{named} is for our own pipeline.", "Leave it out with --endpoint and --answers.")
    combined = options.model or (), options.prompts or (), options.corpus or (), options.examples or ()
    for settings in list(matrix(*combined)):
        with closing(_answerer(settings, options)) as answerer:
            yield answerer


def _answerer(settings: Settings, options: RunOptions) -> Answerer:
    from assistant.answering.models import EXTRACTIVE
    from assistant.cli.evaluation_progress import open_pipeline
    from assistant.evaluation.endpoints import AnswersFile, Endpoint

    name = None if settings.model == EXTRACTIVE else settings.model
    if options.endpoint:
        return Endpoint(options.endpoint, settings, name)
    if options.answers:
        return AnswersFile(options.answers, settings, name)
    return open_pipeline(settings)


def _shown(run: Run, essays: Mapping[str, Essay], folder: Path, bar: _Bar, as_json: bool) -> bool:
    """Write the reports and print the summary. True if the run ships and has not fallen."""
    from assistant.evaluation.keeping import fallen
    from assistant.evaluation.reports import terminal, write_all

    write_all(run, essays, folder, bar.before)
    if as_json:
        say_json(run.model_dump_json())
    else:
        say(terminal.render(run, width() or 80, bar.before).rstrip())
    note(f"Kept in {folder}; its page opens with: assistant eval report {folder}")
    if bar.before is None:
        return run.verdict == "SHIP"
    fell = fallen(bar.before, run, bar.thresholds.for_suite(run.setup.suite).repeats)[1]
    if fell:
        complain(f"Worse than {bar.before.id}: {fell}")
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
evaluation.command()(verification)
