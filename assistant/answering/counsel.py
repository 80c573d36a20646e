"""A question that tells of the asker's own case, answered by the essays' decision framework.

The rules decide (``assistant.advice``); a chat model, where there is one, only reads the case out of the words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from assistant.advice.advising import TRAINING, advise
from assistant.advice.conditions import payback
from assistant.advice.deciding import Advice
from assistant.advice.facts import MOST_PHRASE, UNKNOWN, known_facts, open_facts, stated, without
from assistant.advice.reading import Reading, asks_openly, corrected, describes_a_situation, read
from assistant.advice.rules import rulebook
from assistant.advice.situation import RUNGS, Situation, known, situation_of, told
from assistant.answering.citing import CitedText
from assistant.retrieval.conversation import leans
from assistant.retrieval.reading import Question, pattern, plain
from assistant.types import CaseFact, CaseVerdict, Citation, Claim, Essay, Turn

MOST_REASONS = 2
SIX_MONTHS = 6
MOST_SIDES = 2
MOST_CORRECTION_WORDS = 25
MOST_MISSING = 4
TELLING = 4
"""So many facts of a case want the framework's verdict, whatever it is."""
UNDECIDED = "For a verdict on your case, say more of it, here or on the page /advise."
MORE = "What to do next, the checklists and the break-even: the page /advise, or `assistant advise`."
_CORRECTS = re.compile(r"(no|not|actually|sorry|correction|rather|and|but|what if|suppose|in fact|we|it'?s)\b", re.I)

_SUPPOSES = re.compile(
    r"(?:what if|suppose|supposing|assume|imagine|say|and (?:if|with|at)|but (?:if|with)|if)\b", re.I
)
"""How a message begins that changes a case instead of telling another."""


@dataclass
class Counsel:
    """The verdict as an answer: its text, the proof of each sentence, and the same as data."""

    text: str
    case: CaseVerdict
    claims: list[Claim]
    citations: list[Citation]
    notices: tuple[str, ...]
    detail: dict[str, object]


@dataclass(frozen=True)
class Case:
    """All that the asker said of a case of their own, how the rules read it, and how it stood ``before`` a change."""

    said: str
    reading: Reading
    before: Situation | None = None


class Counsellor:
    """Finds the case in a conversation and gives the verdict on it, from the essays the rules cite."""

    def __init__(self, essays: Mapping[str, Essay], names: Mapping[str, str] | None = None) -> None:
        """``essays`` by id, as the index has them, and whom to name for each; else its byline."""
        self._essays = dict(essays)
        self._names = dict(names or {source_id: essay.byline for source_id, essay in essays.items()})
        self.able = {rule.source_id for rule in rulebook().rules} <= essays.keys()
        """Whether all essays the rules cite are among the documents."""

    def case(self, question: str, history: Sequence[Turn] = ()) -> Case | None:
        """The asker's own case: told in the question, or corrected by it; None where it is no such question."""
        if not self.able:
            return None
        said = [turn.content for turn in history if turn.role == "user"]
        first = next((i for i in reversed(range(len(said))) if describes_a_situation(said[i])), None)
        supposes = first is not None and _SUPPOSES.match(_plainly(question)) is not None
        if describes_a_situation(question) and not supposes:
            return Case(question, read(question))
        if first is None or not (stated(question, Situation()) or _corrects(question)):
            return None
        later = [text for text in said[first + 1 :] if stated(text, Situation()) or _corrects(text)]
        texts = [said[first], *later, question]
        return Case("\n".join(texts), _merged(texts), _merged(texts[:-1]).situation)

    def decided(self, case: Case) -> bool:
        """Whether enough is known for a verdict; else the essays answer the question as it was asked."""
        if case.before is not None or asks_openly(case.said):
            return True  # a changed case asks for the verdict again
        if sum(name != "tried_is_all" for name in known(case.reading.situation)) >= TELLING:
            return True
        advice = advise(case.reading.situation, self._essays.values())
        telling = advice.rung in TRAINING or payback(case.reading.situation).length is not None
        return advice.ready_to_fine_tune is not None or telling or advice.gate.says != "unknown"

    def counsel(self, case: Case, reading: Reading, read_by: str) -> Counsel:
        """The verdict on a case as it was read at last; what its last message changed is told first.

        Raises InputError where a figure can't be used.
        """
        advice = advise(reading.situation, self._essays.values(), phrases=reading.understood)
        paid = payback(reading.situation)
        months = None if advice.ready_to_fine_tune is not None else paid.length
        verdict, opening = _verdict(advice, months, plain(case.said)), _opening(advice, months, paid.sentence)
        headline = f"{_changes(known_facts(reading, case.before))}{verdict}{opening}"
        written = CitedText(headline)
        for opens, sentence, citation in _reasons(advice, months, self._names):
            written.add(opens, sentence, [citation])
        in_words = (understood_notice(reading), MORE)
        return Counsel(
            text=written.text,
            case=self._shown(case, reading, advice).model_copy(
                update={
                    "verdict": _VERDICTS[verdict],
                    "headline": opening,
                    "deciding": next((marker for claim in written.claims[:1] for marker in claim.markers), None),
                    "in_words": in_words,
                }
            ),
            claims=written.claims,
            citations=written.citations,
            notices=(*in_words, *advice.notices),
            detail={
                "read_by": read_by,
                "understood": known(reading.situation),
                "headline": headline,
                "rung": advice.rung,
                "ready_to_fine_tune": advice.ready_to_fine_tune,
                "rules": [reason.rule for reason in advice.reasons],
            },
        )

    def so_far(self, case: Case | None) -> CaseVerdict | None:
        """What is known of a case that is not decided; None where that is nothing."""
        if case is None or not known(case.reading.situation):
            return None
        advice = advise(case.reading.situation, self._essays.values(), phrases=case.reading.understood)
        in_words = (understood_notice(case.reading), UNDECIDED)
        return self._shown(case, case.reading, advice).model_copy(update={"decided": False, "in_words": in_words})

    def _shown(self, case: Case, reading: Reading, advice: Advice) -> CaseVerdict:
        """The rung and the facts."""
        facts = known_facts(reading, case.before)
        before = advise(case.before, self._essays.values()) if case.before is not None else advice
        return CaseVerdict(
            said=case.said,
            decided=True,
            verdict=None,
            headline=advice.headline,
            rung=advice.rung,
            title=advice.title,
            number=RUNGS.index(advice.rung) + 1,
            rungs=len(RUNGS),
            before=before.title if before.rung != advice.rung else None,
            ready_to_fine_tune=advice.ready_to_fine_tune,
            facts=facts,
            missing=tuple(islice(_unsaid(advice, facts), MOST_MISSING)),
        )


_VERDICTS: Mapping[str, Literal["yes", "no", "it depends"] | None] = {
    "": None, "Yes. ": "yes", "No. ": "no", "It depends. ": "it depends",
}  # fmt: skip


def _verdict(advice: Advice, months: float | None, question: Question) -> str:
    """Yes, No or It depends, where that is asked: of training, or of what stands in its place.

    ``months`` to the break-even decide where nothing else does.
    """
    if not question.is_verdict:
        return ""
    training = advice.ready_to_fine_tune if months is None else months < SIX_MONTHS
    return "It depends. " if training is None else "Yes. " if training != question.against else "No. "


def _opening(advice: Advice, months: float | None, reckoned: str) -> str:
    """The headline; where it can't decide, what the case's own figures say, as ``reckoned``."""
    if months is not None and math.isinf(months):
        return reckoned
    if months is not None:
        limit = "under Tian Pan's six, so worth exploring for a stable, high-volume task that has to be quick"
        beyond = "past Tian Pan's six, so by this measure training is not worth it"
        return f"Break-even after {months:,.3g} months: {limit if months < SIX_MONTHS else beyond}."
    if advice.gate.says == "consider" and advice.ready_to_fine_tune is None and advice.rung not in TRAINING:
        return f"{advice.gate.text} Fine-tuning on the failures may be considered once cheaper means are exhausted."
    return advice.headline


def _unsaid(advice: Advice, facts: Sequence[CaseFact]) -> Iterator[CaseFact]:
    """What could change the verdict and is not among the facts, most telling first."""
    shown = {fact.field for fact in facts}
    return (fact for fact in open_facts(advice.missing) if fact.field not in shown)


def _changes(facts: Sequence[CaseFact]) -> str:
    """What the last message changed, old and new."""
    changed = [
        f"{fact.name} {fact.told}{f' (was {fact.before})' if fact.before != UNKNOWN else ''}"
        for fact in facts
        if fact.before is not None
    ]
    return f"With {', '.join(changed)}: " if changed else ""


def understood_notice(reading: Reading) -> str:
    """What was read, for the reader to correct."""
    phrases = {phrase.field: phrase.text for phrase in reading.understood}
    fields = []
    for name, value in known(reading.situation).items():
        if name != "tried_is_all":
            words = f" (“{phrases[name]}”)" if len(phrases.get(name, " " * 99)) <= MOST_PHRASE else ""
            fields.append(f"{name.replace('_', ' ')}: {told(name, value)}{words}")
    if not fields:
        return "Nothing was understood of your case but the question. Say what fails, what was measured and tried."
    return f"Understood: {' · '.join(fields)}. If that is wrong or not all, say so."


def confirmed(filled: Mapping[str, object], case: Case) -> Reading:
    """A chat model's reading of a case, without the numbers that do not stand there; the rules' goes before it.

    Raises InputError where it is no situation.
    """
    numbers = re.findall(r"\d[\d,]*(?:\.\d+)?", case.said)
    digits = {_bare(number.replace(",", "")) for number in numbers}
    kept = {name: value for name, value in filled.items() if value is not None and _stands(value, digits)}
    return Reading(situation=situation_of(kept | known(case.reading.situation)), understood=case.reading.understood)


def _stands(value: object, digits: set[str]) -> bool:
    """Whether a number's leading digits are written in the question; what is no number always passes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return any(_bare(f"{value * scale:.6f}") in digits for scale in (1, 100, 1e-3, 1e-6, 1e-9))


def _bare(number: str) -> str:
    """Without idle zeros behind the point."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _reasons(advice: Advice, months: float | None, names: Mapping[str, str]) -> Iterator[tuple[str, str, Citation]]:
    """What stands before each sentence, the sentence in its source's words, and its citation; the deciding one first.

    Where the essays differ on what matters here, one sentence of each side, named. Behind ``months`` to a break-even
    stands what the essays say of that alone.
    """
    if months is not None:
        for citation in [one for one in advice.citations if "break-even" in one.quote][:1]:
            yield "\n\n- ", citation.quote, citation
        return
    cited = {citation.marker: citation for citation in advice.citations}
    reasons = [cited[marker] for marker in dict.fromkeys(reason.marker for reason in advice.reasons)]
    for i, citation in enumerate(reasons[:MOST_REASONS]):
        yield "\n\n- " if i == 0 else "\n- ", citation.quote, citation
    for sides in advice.both_sides:
        each = {side.source_id: cited[side.marker] for side in reversed(sides.sides)}
        for citation in list(reversed(each.values()))[:MOST_SIDES]:
            yield "\n- ", f"{names[citation.source_id]} on {sides.topic}: {citation.quote}", citation


def _merged(texts: Sequence[str]) -> Reading:
    """The case told first, each later text correcting it."""
    merged = read("")
    for text in texts:
        if by_name := stated(text, merged.situation):
            situation, fields = by_name
            understood = without(merged.understood, fields)
        else:
            now = read(text)
            situation = corrected(merged, known(now.situation)).situation
            understood = without(merged.understood, ()) | without(now.understood, ())
        merged = Reading(situation=situation, understood=tuple(understood.values()))
    return merged


def _corrects(text: str) -> bool:
    brief = len(text.split()) <= MOST_CORRECTION_WORDS
    opens = any(begins.match(_plainly(text)) or begins.match(text.strip()) for begins in (_CORRECTS, _SUPPOSES))
    return brief and (leans(text) or opens) and bool(read(text).understood)


def _plainly(text: str) -> str:
    return pattern("courtesy").sub("", text).strip()
