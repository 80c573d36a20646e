"""The HTML report: figures, a table of cases, and each case beside the documents, in one file.

The page loads nothing. Styles and script are inline and named by hash in its content security policy. Questions,
answers and documents reach the script as JSON and are shown as text; spans are character offsets.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.corpus.markup import blocks, is_list_item
from assistant.corpus.splitting import sections
from assistant.errors import SuiteError
from assistant.evaluation.cases import Case, Gold
from assistant.evaluation.gold import anchor
from assistant.evaluation.reports import summary
from assistant.evaluation.results import CaseResult, Run
from assistant.settings import PACKAGE
from assistant.types import Answer, Essay

_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+")
_LIST_MARK = re.compile(r"[ \t]*[-*+•–▪◦][ \t]+")


def case_data(
    result: CaseResult, essays: Mapping[str, Essay], flip: str | None, before: CaseResult | None
) -> dict[str, Any]:
    """A result with its gold spans; ``before`` is the same case in the baseline."""
    case = result.case
    return {
        "label": summary.label(result),
        "kind": case.kind,
        "tags": case.tags,
        "question": case.question,
        "history": [turn.model_dump() for turn in case.history],
        "answerable": case.answerable,
        "facts": [fact if isinstance(fact, str) else " or ".join(fact) for fact in case.facts],
        "expect": case.expect,
        "wishes": list(_wishes(case)),
        "gold": gold_data(case, essays),
        "passed": result.passed,
        "why": None if result.passed else summary.why(result),
        "advice": result.advice,
        "error": result.error,
        "took": summary.milliseconds(result.ms),
        "scores": [
            [name, None if score.value is None else summary.number(score.value), score.reason]
            for name, score in result.scores.items()
        ],
        "flip": flip,
        "answer": _answer(result.answer) if result.answer else None,
        "before": _before(before) if before and flip in {"broken", "mended"} else None,
    }


def _wishes(case: Case) -> Iterator[str]:
    """What the case wants beside facts and gold, a line each."""
    if case.verdict:
        yield f"verdict: {case.verdict}"
    if case.lead:
        yield f"first sentence: {case.lead}"
    if case.corrects:
        yield f"corrects: {case.corrects}"
    yield from (f"must not: {pattern}" for pattern in case.must_not)
    if case.form:
        yield from (f"form: {name} {value}" for name, value in case.form.model_dump(exclude_defaults=True).items())
    if case.allowed:
        yield f"allowed sentences: {len(case.allowed)}"


def gold_data(case: Case, essays: Mapping[str, Essay]) -> list[dict[str, Any]]:
    """The gold quotes with each place they stand at; ``start`` is None for words that no longer stand anywhere."""
    return [
        {"quote": gold.quote} | place
        for golds in (case.evidence, *case.alternatives)
        for gold in golds
        for place in _places(case, gold, essays)
    ]


def _places(case: Case, gold: Gold, essays: Mapping[str, Essay]) -> list[dict[str, Any]]:
    alone = case.model_copy(update={"evidence": (gold,), "alternatives": ()})
    try:
        places = anchor(alone, essays).places
    except SuiteError:  # the run may be older than the essays: the page tells so beside the quote
        return [{"source": gold.source or next(iter(case.sources), None), "start": None, "end": None}]
    return [{"source": place.source_id, "start": place.start, "end": place.end} for place in places]


def essay_data(essay: Essay, sha256: str | None) -> dict[str, Any]:
    """An essay's text and its blocks ``[element, start, hidden]`` in order; a block ends where the next begins.

    ``hidden`` counts the leading characters that are Markdown's own. ``changed`` tells that the text is no longer
    the one with the hash ``sha256``, so that offsets of the run don't fit it.
    """
    found = [
        [*_element(essay.text[span.start : span.end]), span.start]
        for section in sections(essay)
        for span in blocks(essay.text, section.start, section.end)
    ]
    return {
        "title": essay.title,
        "kind": "Notes on this essay" if essay.kind == "notes" else "Original",
        "changed": sha256 is not None and sha256 != essay.sha256,
        "text": essay.text,
        "blocks": [[element, start, hidden] for element, hidden, start in found],
    }


def shown_sources(cases: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the essays that any case has marks in, or retrieved passages of."""
    found: dict[str, None] = {}
    for case in cases:
        answer = case["answer"] or {"citations": [], "passages": []}
        for item in (*case["gold"], *answer["citations"], *answer["passages"]):
            if item["source"]:
                found[item["source"]] = None
    return list(found)


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.answer,
        "abstained": answer.abstained,
        "reason": answer.abstain_reason,
        "unsupported": [[claim.start, claim.end] for claim in answer.claims if not claim.supported],
        "citations": [
            {"marker": c.marker, "source": c.source_id, "section": c.section, "quote": c.quote}
            | {"start": c.start, "end": c.end}
            for c in answer.citations
        ],
        "passages": [
            {"source": p.source_id, "section": p.section, "start": p.start, "end": p.end}
            | {"score": summary.number(p.score)}
            for p in answer.passages
        ],
        "trace": [[stage.stage, summary.milliseconds(stage.ms)] for stage in answer.trace],
    }


def _before(result: CaseResult) -> dict[str, Any]:
    """The same case in the baseline, which may keep no answers."""
    said = result.answer.answer if result.answer else ""
    return {"passed": result.passed, "text": result.error or said or result.attribution or ""}


def _element(body: str) -> tuple[str, int]:
    """A block's element, and how many leading characters are Markdown's own."""
    if heading := _HEADING.match(body):
        return f"h{min(max(len(heading[1]), 3), 5)}", heading.end()
    if is_list_item(body):
        mark = _LIST_MARK.match(body)
        return "li", mark.end() if mark else 0
    return "p", 0


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
_PAGES.filters |= {"percent": summary.percent, "number": summary.number, "milliseconds": summary.milliseconds}


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
        "rows": [(result, summary.label(result), summary.why(result)) for result in run.results],
        "hashes": summary.hashes(run),
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
