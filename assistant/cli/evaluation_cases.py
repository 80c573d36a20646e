"""``assistant eval new``, ``check`` and ``export-failures``: draft cases, validate suites, export training examples."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.terminal import note, say, wrapped

if TYPE_CHECKING:
    from assistant.evaluation.cases import Case
    from assistant.types import Essay


class Format(StrEnum):
    """Kinds of training files."""

    CHAT_JSONL = "chat-jsonl"


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
