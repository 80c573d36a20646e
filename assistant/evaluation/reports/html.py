"""A run as one self-contained HTML page: figures, a table of the cases, and each case over the essays themselves.

The page asks nothing of any host: styles and script are in it and named by their hashes in its own content security
policy. What comes from outside (questions, answers, essays) is escaped text or JSON that the script shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.evaluation.reports import summary, wording
from assistant.evaluation.reports.case_view import case_data, essay_data, shown_sources
from assistant.evaluation.results import Run
from assistant.settings import PACKAGE
from assistant.types import Essay

_TEMPLATES = Path(__file__).with_name("templates")
_TOKENS = PACKAGE / "web" / "static" / "tokens.css"  # one palette for the chat, the reader and this page
_SCRIPTS = ("data", "table", "essay", "case")  # each uses names of those before it
_PAGES = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {"percent": wording.percent, "number": wording.number, "milliseconds": wording.milliseconds}


def render(run: Run, essays: Mapping[str, Essay], baseline: Run | None = None) -> str:
    """The page's HTML. ``essays`` by id; one that changed since the run is shown without marks and says so.

    Raises NothingMeasured for a run with no results.
    """
    css = "\n".join(path.read_text(encoding="utf-8") for path in (_TOKENS, _TEMPLATES / "report.css"))
    script = "\n".join((_TEMPLATES / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    script = f'"use strict";\n{{\n{script}\n}}'
    return _PAGES.get_template("report.html").render(
        **_figures(run, baseline),
        css=Markup(css),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=_policy(f"\n{css}\n", f"\n{script}\n"),
        data=_script_json(_data(run, essays, baseline)),
    )


def _figures(run: Run, baseline: Run | None) -> dict[str, Any]:
    """What the template shows, by name."""
    flips = summary.flips(run, baseline)
    return {
        "run": run,
        "baseline": baseline,
        "share": summary.share(summary.outcomes(run)),
        "share_before": summary.share(summary.outcomes(baseline)) if baseline else None,
        "kinds": summary.by_kind(run),
        "kinds_before": summary.by_kind(baseline) if baseline else {},
        "measures": summary.measures(run),
        "measures_before": {m.name: m.mean for m in summary.measures(baseline)} if baseline else {},
        "latencies": summary.latencies(run),
        "latencies_before": {m.stage: m for m in summary.latencies(baseline)} if baseline else {},
        "abstention": summary.abstention(run),
        "reasons": summary.reasons(run),
        "flips": flips,
        "rows": [(result, wording.label(result), summary.why(result)) for result in run.results],
        "hashes": wording.hashes(run),
        "tokens": summary.tokens(run),
    }


def _data(run: Run, essays: Mapping[str, Essay], baseline: Run | None) -> dict[str, Any]:
    """What the script shows in the case view, as JSON values."""
    flips = summary.flips(run, baseline)
    before = {(r.case.id, r.repeat): r for r in baseline.results} if baseline else {}
    cases = [
        case_data(result, essays, flips.get(result.case.id), before.get((result.case.id, result.repeat)))
        for result in run.results
    ]
    shown = shown_sources(cases)
    return {
        "essays": {i: essay_data(essays[i], run.setup.corpus_sha256.get(i)) for i in shown if i in essays},
        "cases": cases,
    }


def _script_json(value: object) -> Markup:
    """JSON that can stand in a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - every character that means something to HTML is escaped above


def _policy(css: str, script: str) -> str:
    return (
        f"default-src 'none'; img-src data:; style-src {_source(css)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
