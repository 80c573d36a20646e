"""From a decision to cited sentences: reasons, steps, checklists and both sides of a disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from assistant.advice.asking import Question
from assistant.advice.citing import Markers
from assistant.advice.conditions import Facts
from assistant.advice.deciding import Decision
from assistant.advice.facts import shown
from assistant.advice.results import Gate, Item, Reason, Sides
from assistant.advice.rules import Rule, Rulebook, Stance

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
