"""The verdict on the asker's own case as a card: rung, deciding reason, what was understood.

The page's scripts make buttons of the facts, to change them in place; the card is made of the answer's data alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from markupsafe import Markup, escape

from assistant.types import CaseFact, CaseVerdict

_CARD = Markup(
    '<section class="case">{verdict}{facts}{missing}'
    '<p class="ways"><a href="{address}">Open in the advisor</a></p></section>'
)
_VERDICT = Markup(
    '<p class="rung"><span>Your case</span><span class="ladder">{ladder}</span>'
    '<span>Rung {number} of {rungs}: {title}</span></p>{moved}<p class="verdict">{verdict}{headline}</p>{reasons}'
)
MOST_TEXT = 2_000
"""Characters of a case that the advisor's page takes."""


def case_html(case: CaseVerdict, reasons: Iterable[tuple[bool, Markup]], corpus: str | None) -> Markup:
    """The card; ``reasons`` are the answer's sentences, each with whether it decides."""
    return _CARD.format(
        verdict=_verdict(case, list(reasons)) if case.decided else Markup('<p class="rung">Your case, so far</p>'),
        facts=_facts("facts", "Understood", case.facts),
        missing=_facts("facts open", "Would help to know", case.missing),
        address=advisor_address(case, corpus),
    )


def _verdict(case: CaseVerdict, reasons: list[tuple[bool, Markup]]) -> Markup:
    return _VERDICT.format(
        ladder=Markup().join(Markup('<i class="{}"></i>').format(_step(case, n)) for n in range(1, case.rungs + 1)),
        number=case.number,
        rungs=case.rungs,
        title=case.title,
        moved=Markup('<p class="moved"><del>{}</del> → {}</p>').format(case.before, case.title) if case.before else "",
        verdict=Markup("<b>{}.</b> ").format(case.verdict.capitalize()) if case.verdict else "",
        headline=case.headline,
        reasons=_reasons(reasons),
    )


def advisor_address(case: CaseVerdict, corpus: str | None) -> str:
    """The advisor's page with the case filled in: the words, and each fact as it stands now."""
    query = [("corpus", corpus)] if corpus else []
    query += [("text", case.said)] if len(case.said) <= MOST_TEXT else []
    query += [(fact.field, value) for fact in case.facts for value in fact.values]
    return f"advise?{urlencode(query)}"


def _step(case: CaseVerdict, number: int) -> str:
    return "here" if number == case.number else "below" if number < case.number else "above"


def _reasons(reasons: list[tuple[bool, Markup]]) -> Markup:
    made = Markup()
    for decides, sentence in reasons:
        label = Markup('<span class="label">What decides</span>') if decides else Markup()
        made += Markup('<li class="{}" dir="auto">{}{}</li>').format("decides" if decides else "also", label, sentence)
    return Markup("<ul>{}</ul>").format(made) if made else made


def _facts(name: str, heading: str, facts: Iterable[CaseFact]) -> Markup:
    items = Markup().join(map(_fact, facts))
    return Markup('<div class="{}"><h4>{}</h4><ul>{}</ul></div>').format(name, heading, items) if items else items


def _fact(fact: CaseFact) -> Markup:
    old = Markup("<del>{}</del> → ").format(fact.before) if fact.before is not None else ""
    told = Markup("{}<b>{}</b>").format(old, fact.told) if fact.values or fact.before is not None else escape("?")
    return Markup('<li class="fact"><span class="name">{}</span> {}</li>').format(fact.name.capitalize(), told)
