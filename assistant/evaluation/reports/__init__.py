"""Reports of a run: HTML, terminal text, Markdown for pull requests, JUnit XML and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assistant.evaluation.reports import html, terminal, texts
from assistant.evaluation.results import Run
from assistant.types import Essay

__all__ = ["html", "terminal", "texts", "write_all"]


def write_all(run: Run, essays: Mapping[str, Essay], folder: Path, baseline: Run | None = None) -> dict[str, Path]:
    """Writes every report into ``folder``, which is made, and returns their paths by format.

    ``essays`` by id. Raises NothingMeasured for a run with no results, OSError if the folder can't be written.
    """
    reports = {
        "html": ("report.html", html.render(run, essays, baseline)),
        "markdown": ("report.md", texts.render(run, baseline)),
        "junit": ("junit.xml", texts.render_junit(run)),
        "json": ("report.json", run.model_dump_json(indent=2) + "\n"),
        "text": ("summary.txt", terminal.render(run, baseline=baseline)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = {format_: folder / name for format_, (name, _) in reports.items()}
    for format_, path in paths.items():
        path.write_text(reports[format_][1], encoding="utf-8")
    return paths
