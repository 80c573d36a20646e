"""``advise``: a situation and the essays in, a cited verdict out. Rules alone decide; no model is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.advice.asking import telling
from assistant.advice.citing import Library, Markers
from assistant.advice.deciding import Decision, decide
from assistant.advice.facts import facts_of
from assistant.advice.payback import payback
from assistant.advice.reading import Understood
from assistant.advice.results import Advice
from assistant.advice.rules import Rulebook, rulebook
from assistant.advice.situation import Situation, known
from assistant.advice.writing import TRAINING, Writer
from assistant.corpus.claims import CheckedClaim, claim_notices
from assistant.types import Essay


def advise(
    situation: Situation,
    essays: Iterable[Essay],
    *,
    phrases: Sequence[Understood] = (),
    claims: Iterable[CheckedClaim] = (),
) -> Advice:
    """The verdict on ``situation``, each reason cited from ``essays``; ``phrases`` are handed on.

    A rule whose words stand in no essay given is left out, and ``notices`` says so. Raises InputError where a figure
    can't be used. ``claims`` become notices where their figures are cited.
    """
    book = rulebook()
    library = Library(essays, book.rules)
    supported = tuple(rule for rule in book.rules if rule.id in library.places)
    paid = payback(situation)
    facts = facts_of(situation, paid)
    decision = decide(supported, facts)
    missing = telling(supported, situation)
    writer = Writer(book, supported, facts, Markers(library), missing)
    reasons, others = writer.reasons(decision)
    everything = (*reasons, *others)
    both_sides, framework = writer.both_sides(), writer.checklist("question", "yes", "no")
    readiness, gate = writer.checklist("pattern", "ready", "not ready"), writer.gate()
    citations = writer.markers.citations()
    return Advice(
        rung=decision.rung,
        title=book.rungs[decision.rung].title,
        headline=_headline(book, decision),
        ready_to_fine_tune=decision.ready,
        next_steps=writer.next_steps(decision),
        reasons=reasons,
        for_fine_tuning=tuple(reason for reason in everything if reason.stance == "for"),
        against_fine_tuning=tuple(reason for reason in everything if reason.stance == "against"),
        would_change=writer.would_change(decision),
        both_sides=both_sides,
        framework=framework,
        readiness=readiness,
        gate=gate,
        break_even=paid.break_even,
        break_even_note=paid.sentence,
        missing=missing,
        understood=known(situation),
        phrases=tuple(phrases),
        citations=citations,
        notices=(*library.notices(), *claim_notices(claims, citations)),
    )


def _headline(book: Rulebook, decision: Decision) -> str:
    """Two short sentences: the rung, and whether to fine-tune."""
    title = book.rungs[decision.rung].title
    training = decision.rung in TRAINING
    if decision.decisive is not None and decision.decisive.effect.does == "ship":
        return "Ship the prompted system. There is no reason to fine-tune."
    if decision.ready:
        return f"{title}: yes. Training is needed, and what it takes is there."
    if training:
        return f"{title} looks right. Whether you are ready for it depends on what is still unknown."
    if decision.ready is None:
        return f"{title} first. Whether fine-tuning would help can't be told yet."
    return f"{title} first. Don't fine-tune for now."
