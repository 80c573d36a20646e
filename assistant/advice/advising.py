"""``advise``: a situation and the essays in, a cited verdict out. Rules alone decide; no model is asked.

From a rule's few words to the sentence of the loaded essay that holds them.

From a decision to cited sentences: reasons, steps, checklists and both sides of a disagreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from assistant.advice.conditions import Facts, facts_of, payback, shown
from assistant.advice.deciding import Advice, Decision, Gate, Item, Question, Reason, Sides, decide, telling
from assistant.advice.reading import Understood
from assistant.advice.rules import Rule, Rulebook, Stance, rulebook
from assistant.advice.situation import Situation, known
from assistant.corpus.splitting import split
from assistant.corpus.themes import CheckedClaim, claim_notices
from assistant.types import Citation, Essay, Frozen


class Place(Frozen):
    """A sentence of an essay, and the section it stands in."""

    source_id: str
    section: str
    start: int
    end: int


class Library:
    """The essays there are, with where each rule's words stand."""

    def __init__(self, essays: Iterable[Essay], rules: Iterable[Rule]) -> None:
        """Looks every rule's words up; ``unsupported`` tells of those that stand nowhere."""
        self.essays: Mapping[str, Essay] = {essay.id: essay for essay in essays}
        found = {rule.id: (rule, self._find(rule)) for rule in rules}
        self.places = {name: place for name, (_, place) in found.items() if place is not None}
        self.unsupported = tuple(rule for rule, place in found.values() if place is None)

    def notices(self) -> tuple[str, ...]:
        """A sentence for each essay some rules of which had to be left out."""
        told = []
        for source in dict.fromkeys(rule.source_id for rule in self.unsupported):
            count = sum(rule.source_id == source for rule in self.unsupported)
            why = "is not among the documents" if source not in self.essays else "no longer holds their words"
            rules = "rule that rests" if count == 1 else "rules that rest"
            told.append(f"{count} {rules} on {source} left out: it {why}.")
        return tuple(told)

    def _find(self, rule: Rule) -> Place | None:
        essay = self.essays.get(rule.source_id)
        if essay is None:
            return None
        return sentence_with(essay, rule.notes if essay.kind == "notes" else rule.original, sentences(essay))


def sentence_with(essay: Essay, words: str, places: Iterable[Place]) -> Place | None:
    """The one of ``places`` that holds ``words``; None where they stand nowhere, or more than once."""
    if essay.text.count(words) != 1:
        return None
    at = essay.text.index(words)
    return next((place for place in places if place.start <= at < place.end), None)


@lru_cache(maxsize=16)
def sentences(essay: Essay) -> tuple[Place, ...]:
    """Every sentence of an essay."""
    return tuple(
        Place(source_id=essay.id, section=passage.section, start=span.start, end=span.end)
        for passage in split(essay)
        for span in passage.sentences
    )


class Markers:
    """Numbers citations in the order they are first needed; a sentence has one number."""

    def __init__(self, library: Library) -> None:
        """Nothing is cited yet."""
        self._library = library
        self._numbers: dict[Place, int] = {}

    def of(self, rule: Rule) -> int:
        """The number of the sentence a rule rests on."""
        return self._numbers.setdefault(self._library.places[rule.id], len(self._numbers) + 1)

    def citations(self) -> tuple[Citation, ...]:
        """All that were cited, by number."""
        return tuple(
            Citation.of(
                self._library.essays[place.source_id],
                marker=marker,
                section=place.section,
                start=place.start,
                end=place.end,
            )
            for place, marker in self._numbers.items()
        )


MOST_STEPS = 6
TRAINING = frozenset({"small-model", "fine-tune"})


class Writer:
    """Turns rules that hold into cited sentences."""

    def __init__(
        self, book: Rulebook, rules: Sequence[Rule], facts: Facts, markers: Markers, missing: Sequence[Question]
    ) -> None:
        """``rules`` are those of the book whose words stand in the essays, ``missing`` what is still to be asked."""
        self._book, self._rules, self._facts, self._missing = book, rules, facts, missing
        self._figures = shown(facts)
        self.markers = markers

    def reasons(self, decision: Decision) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
        """Those that bear the verdict, the deciding one first; and those that speak for the other side."""
        first = [decision.decisive] if decision.decisive is not None else []
        training = decision.rung in TRAINING
        also = [*decision.holds, *self._holding("train" if training else "support"), *self._holding("support")]
        rules = list(dict.fromkeys([*first, *also], None))
        side: Stance = "for" if training else "against"
        bearing = self._once([rule for rule in rules if rule in first or rule.stance == side])
        other = self._once([rule for rule in rules if rule not in first and rule.stance != side])
        return bearing, other

    def next_steps(self, decision: Decision) -> tuple[str, ...]:
        """What the deciding rule asks for, else the rung's own step; then what the other rules that hold add."""
        decisive = decision.decisive
        ship = decisive is not None and decisive.effect.does == "ship"
        special = decisive is not None and decisive.next is not None
        own = [] if special else [self._book.rungs[decision.rung].next]
        if decision.rung in TRAINING and decision.ready is None:
            own = [f"Before you train, find out: {question.ask}" for question in self._missing[:3]] + own
        rules = [*([decisive] if decisive else []), *([] if ship else [*decision.holds, *self._holding("support")])]
        steps = [*[rule.next for rule in rules[:1] if rule.next], *own, *[rule.next for rule in rules[1:] if rule.next]]
        return tuple(dict.fromkeys(steps))[:MOST_STEPS]

    def would_change(self, decision: Decision) -> tuple[str, ...]:
        """What would change the verdict, the deciding rule's first."""
        rules = [*([decision.decisive] if decision.decisive else []), *decision.holds, *self._holding("train")]
        flips = [rule.flips for rule in rules if rule.flips]
        if not flips:
            flips = [question.ask for question in self._missing]
        return tuple(dict.fromkeys(flips))[:MOST_STEPS]

    def checklist(self, kind: Literal["question", "pattern"], yes: Any, no: Any) -> tuple[Item, ...]:
        """Every item of an essay's checklist, in its order."""
        items = []
        for rule in (rule for rule in self._rules if rule.effect.does == kind and rule.when):
            holds = rule.when.holds(self._facts) if rule.when else None
            text = "" if holds is None else self._say(rule.says if holds else rule.otherwise or "")
            answer = "unknown" if holds is None else yes if holds else no
            items.append(
                Item(
                    number=rule.effect.item or 0,
                    ask=rule.ask or "",
                    answer=answer,
                    text=text,
                    marker=self.markers.of(rule),
                )
            )
        return tuple(items)

    def gate(self) -> Gate:
        """What the gate says of the measured pass rate."""
        rate = self._facts["pass_rate"]
        rule = next(iter(self._holding("gate")), None)
        if rule is None:
            return Gate(pass_rate=rate, says="unknown", text="No pass rate is known, so the gate can't be asked.")
        answer: Any = rule.effect.answer
        return Gate(pass_rate=rate, says=answer, text=self._say(rule.says), marker=self.markers.of(rule))

    def both_sides(self) -> tuple[Sides, ...]:
        """The topics that matter here and on which the essays given differ."""
        found = []
        for name, topic in self._book.topics.items():
            if topic.when.holds(self._facts) is True:
                rules = [rule for rule in self._rules if rule.effect.topic == name]
                sides = tuple(self._reason(rule) for rule in rules)
                if {side.stance for side in sides} == {"for", "against"}:
                    found.append(Sides(topic=name, title=topic.title, sides=sides))
        return tuple(found)

    def _holding(self, kind: str) -> list[Rule]:
        rules = (rule for rule in self._rules if rule.effect.does == kind and rule.when)
        return [rule for rule in rules if rule.when and rule.when.holds(self._facts) is True]

    def _once(self, rules: Sequence[Rule]) -> tuple[Reason, ...]:
        """A reason each, but one only for rules that rest on the same sentence."""
        reasons: dict[int, Reason] = {}
        for rule in rules:
            reason = self._reason(rule)
            reasons.setdefault(reason.marker, reason)
        return tuple(reasons.values())

    def _reason(self, rule: Rule) -> Reason:
        return Reason(
            rule=rule.id,
            text=self._say(rule.says),
            marker=self.markers.of(rule),
            source_id=rule.source_id,
            stance=rule.stance,
        )

    def _say(self, text: str) -> str:
        return text.format_map(self._figures)


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
