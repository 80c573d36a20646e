"""A question that tells of the asker's own case, answered by the essays' decision framework.

The rules decide (``assistant.advice``); a chat model, where there is one, only reads the case out of the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.advice.advising import advise
from assistant.advice.figures import plain
from assistant.advice.reading import Reading, Understood, describes_a_situation, read
from assistant.advice.results import Advice
from assistant.advice.rules import rulebook
from assistant.advice.situation import Situation, known, situation_of
from assistant.retrieval.followups import leans
from assistant.types import Citation, Claim, Essay, Turn

MOST_REASONS = 4
MOST_CORRECTION_WORDS = 25
MOST_PHRASE = 60
"""Characters of a phrase that is shown beside what it was read as."""
MORE = "What to do next, the checklists and the break-even: the page /advise, or `assistant advise`."
_CORRECTS = re.compile(r"(no|not|actually|sorry|correction|rather|and|but|what if|suppose|in fact|we|it'?s)\b", re.I)


@dataclass
class Counsel:
    """The verdict as an answer: its text, and the proof of each sentence."""

    text: str
    claims: list[Claim]
    citations: list[Citation]
    notices: tuple[str, ...]
    detail: dict[str, object]


@dataclass
class _Written:
    """Sentences one after the other, each with its mark; citations are numbered as they come."""

    text: str = ""
    claims: list[Claim] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)

    def add(self, before: str, sentence: str, citation: Citation) -> None:
        marker = next((c.marker for c in self.citations if _place(c) == _place(citation)), 0)
        if not marker:
            marker = len(self.citations) + 1
            self.citations.append(citation.model_copy(update={"marker": marker}))
        start = len(self.text) + len(before)
        self.claims.append(Claim(start=start, end=start + len(sentence), markers=(marker,), supported=True))
        self.text += f"{before}{sentence} [{marker}]"


class Counsellor:
    """Finds the case in a conversation and gives the verdict on it, from the essays the rules cite."""

    def __init__(self, essays: Mapping[str, Essay]) -> None:
        """``essays`` by id, as the index has them."""
        self._essays = dict(essays)
        self.able = {rule.source_id for rule in rulebook().rules} <= essays.keys()
        """Whether all essays the rules cite are among the documents."""

    def case(self, question: str, history: Sequence[Turn] = ()) -> Reading | None:
        """The asker's own case: told in the question, or corrected by it; None where it is no such question."""
        if not self.able:
            return None
        if describes_a_situation(question):
            return read(question)
        said = [turn.content for turn in history if turn.role == "user"]
        told = next((i for i in reversed(range(len(said))) if describes_a_situation(said[i])), None)
        if told is None or not _corrects(question):
            return None
        later = [text for text in said[told + 1 :] if _corrects(text)]
        return _merged([said[told], *later, question])

    def counsel(self, reading: Reading, read_by: str) -> Counsel:
        """The verdict on a case. Raises InputError where a figure can't be used."""
        advice = advise(reading.situation, self._essays.values(), phrases=reading.understood)
        cited = {citation.marker: citation for citation in advice.citations}
        written = _Written()
        for before, sentence, marker in _sentences(advice):
            written.add(before, sentence, cited[marker])
        return Counsel(
            text=written.text,
            claims=written.claims,
            citations=written.citations,
            notices=(understood_notice(reading), MORE, *advice.notices),
            detail={
                "read_by": read_by,
                "understood": known(reading.situation),
                "rung": advice.rung,
                "ready_to_fine_tune": advice.ready_to_fine_tune,
                "rules": [reason.rule for reason in advice.reasons],
            },
        )


def understood_notice(reading: Reading) -> str:
    """What was read, for the reader to correct."""
    phrases = {phrase.field: phrase.text for phrase in reading.understood}
    told = []
    for name, value in known(reading.situation).items():
        if name != "tried_is_all":
            words = f" (“{phrases[name]}”)" if len(phrases.get(name, " " * 99)) <= MOST_PHRASE else ""
            told.append(f"{name.replace('_', ' ')}: {_value(value)}{words}")
    if not told:
        return "Nothing was understood of your case but the question. Say what fails, what was measured and tried."
    return f"Understood: {' · '.join(told)}. If that is wrong or not all, say so."


def confirmed(filled: Mapping[str, object], question: str) -> Situation:
    """A chat model's reading of a question, without the numbers that do not stand there. Raises InputError."""
    offline = known(read(question).situation)
    digits = {n.replace(",", "").rstrip("0").rstrip(".") for n in re.findall(r"\d[\d,]*(?:\.\d+)?", question)}
    kept = {name: value for name, value in filled.items() if value is not None and _stands(value, digits)}
    return situation_of(kept | offline)


def _stands(value: object, digits: set[str]) -> bool:
    """Whether a number's leading digits are written in the question; what is no number always passes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    forms = {f"{value * scale:.6f}".rstrip("0").rstrip(".") for scale in (1, 100, 1e-3, 1e-6, 1e-9)}
    return bool({form.rstrip("0").rstrip(".") for form in forms} & digits)


def _sentences(advice: Advice) -> Iterator[tuple[str, str, int]]:
    """What stands before each sentence, the sentence, and its citation in the advice."""
    yield "", advice.headline, advice.reasons[0].marker
    for i, reason in enumerate(advice.reasons[:MOST_REASONS]):
        yield "\n\n- " if i == 0 else "\n- ", reason.text, reason.marker
    for sides in advice.both_sides:
        for i, side in enumerate(sides.sides):
            yield f"\n\nOn {sides.topic} the essays differ:\n- " if i == 0 else "\n- ", side.text, side.marker


def _merged(texts: Sequence[str]) -> Reading:
    """The case told first, each later text correcting it."""
    data: dict[str, object] = {}
    understood: dict[str, Understood] = {}
    for text in texts:
        now = read(text)
        data |= known(now.situation)
        understood |= {phrase.field: phrase for phrase in now.understood}
    return Reading(situation=situation_of(data), understood=tuple(understood.values()))


def _corrects(text: str) -> bool:
    brief = len(text.split()) <= MOST_CORRECTION_WORDS
    return brief and (leans(text) or _CORRECTS.match(text.strip()) is not None) and bool(read(text).understood)


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.source_id, citation.start, citation.end


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if isinstance(value, int | float):
        return plain(value)
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list) else str(value)
