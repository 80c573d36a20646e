"""A careful reader's measures, each with a reason; None if the case does not ask for one.

The first sentence answers, a yes-no question gets its verdict, a wrong premise is corrected at once, nothing misleads
or pads, and the answer has the wanted form.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.corpus.markup import is_list_item
from assistant.evaluation.cases import Case, Form
from assistant.evaluation.citing import Spans, merged, overlap
from assistant.evaluation.facts import states
from assistant.evaluation.gold import Anchored
from assistant.evaluation.results import Score
from assistant.evaluation.saying import MIN_WORDS, said, stated, tables, verdict_of, words
from assistant.types import Answer, Citation

WANTED = ("lead", "verdict", "form", "premise")
"""The measures of which an answer that declines has none of what is wanted."""
_OPENINGS = {"yes": "Yes", "no": "No", "depends": "It depends", None: "no verdict"}
_TICK = ("[ ]", "[x]", "[X]", "☐", "☑", "☒")


def careful_scores(case: Case, answer: Answer, gold: Anchored) -> dict[str, Score]:
    """The six measures by name. An answer that declines what can be answered has no lead, verdict, form or premise."""
    found = {
        "lead": _first(case.lead, answer),
        "verdict": verdict(case, answer),
        "premise": _first(case.corrects, answer),
        "form": form(case.form, answer.answer),
        "must_not": must_not(case, answer),
        "filler": filler(case, answer, gold),
    }
    if not case.answerable:
        return found | dict.fromkeys(WANTED, Score(value=None, reason="the case can't be answered"))
    if answer.abstained:
        declined = {name for name in WANTED if found[name].value is not None}
        return found | dict.fromkeys(declined, Score(value=0.0, reason="abstained"))
    return found


def verdict(case: Case, answer: Answer) -> Score:
    """1 if the answer opens with the case's verdict."""
    if case.verdict is None:
        return Score(value=None, reason="the case asks for no verdict")
    opening = verdict_of(answer.answer)
    reason = f"opens with {_OPENINGS[opening]}; wanted {_OPENINGS[case.verdict]}"
    return Score(value=float(opening == case.verdict), reason=reason)


def must_not(case: Case, answer: Answer) -> Score:
    """1 if nothing stands anywhere in the reply that the case rules out."""
    if not case.must_not:
        return Score(value=None, reason="the case rules nothing out")
    hits = [pattern for pattern in case.must_not if states(pattern, "\n".join(said(answer.answer)))]
    told = ", ".join(map(repr, hits))
    return Score(value=float(not hits), reason=f"says {told}" if hits else "nothing that is ruled out")


def form(wanted: Form | None, answer: str) -> Score:
    """Properties of the wanted form the answer has / properties wanted."""
    checks = list(_checks(wanted, answer)) if wanted else []
    if not checks:
        return Score(value=None, reason="the case wants no form")
    reason = "; ".join(told for _, told in sorted(checks))
    return Score(value=sum(holds for holds, _ in checks) / len(checks), reason=reason)


def filler(case: Case, answer: Answer, gold: Anchored) -> Score:
    """Sentences that cite none of the allowed ones / sentences of the answer; lower is better. None if it abstained.

    A citation counts by the words it lends: the sentence itself where it stands in the quote, else the whole quote,
    at least half of it allowed, so that citing widely does not help.
    """
    if not gold.allowed:
        reason = (
            "no original has a sentence for those it allows" if case.allowed else "the case allows no certain sentences"
        )
        return Score(value=None, reason=reason)
    if answer.abstained:
        return Score(value=None, reason="abstained")
    allowed = merged((place.source_id, place.start, place.end) for place in gold.allowed)
    cited = {citation.marker: citation for citation in answer.citations}
    adds = {
        sentence: any(_is_allowed(_lent(cited[mark], sentence), allowed) for mark in marks if mark in cited)
        for text, marks in stated(answer)
        for sentence in said(text)
        if words(sentence) >= MIN_WORDS
    }
    if not adds:
        return Score(value=None, reason="the answer says nothing")
    idle = [sentence for sentence, useful in adds.items() if not useful]
    reason = f"adds nothing: {idle[0]!r}" if idle else f"all {len(adds)} sentences add something"
    return Score(value=len(idle) / len(adds), reason=reason)


def _first(pattern: str | None, answer: Answer) -> Score:
    """1 if the first sentence matches the pattern."""
    if pattern is None:
        return Score(value=None, reason="the case wants nothing certain of the first sentence")
    opening = next(iter(said(answer.answer)), "")
    matches = states(pattern, opening)
    return Score(value=float(matches), reason=f"{'has' if matches else 'lacks'} {pattern!r}: {opening!r}")


def _checks(wanted: Form, answer: str) -> Iterator[tuple[bool, str]]:
    """Each property wanted: whether the answer has it, and what it has instead."""
    lines = [line.strip() for line in answer.splitlines() if is_list_item(line)]
    found = tables(answer)
    items = max(len(lines), sum(len(table.rows) for table in found))
    count = len(said(answer))
    if wanted.max_sentences is not None:
        yield count <= wanted.max_sentences, f"{count} sentences, at most {wanted.max_sentences} wanted"
    if wanted.max_words is not None:
        yield words(answer) <= wanted.max_words, f"{words(answer)} words, at most {wanted.max_words} wanted"
    if wanted.min_items is not None:
        yield items >= wanted.min_items, f"{items} items, at least {wanted.min_items} wanted"
    if wanted.table:
        yield bool(found), "a table" if found else "no table"
    if wanted.checklist:
        ticked = [line for line in lines if line.lstrip("-*+• ").startswith(_TICK)]
        yield 0 < len(ticked) == len(lines), f"{len(ticked)} of {len(lines)} items have a box to tick"


def _is_allowed(span: tuple[str, int, int], allowed: Spans) -> bool:
    """Whether at least half of a span is allowed."""
    return 2 * overlap(merged([span]), allowed) >= span[2] - span[1] > 0


def _lent(citation: Citation, sentence: str) -> tuple[str, int, int]:
    """The cited words a sentence can rest on: itself where it stands in the quote, else all of them."""
    at = citation.quote.find(sentence)
    if at < 0:
        return citation.source_id, citation.start, citation.end
    return citation.source_id, citation.start + at, citation.start + at + len(sentence)
