"""Whether an answer should have been given, whether its sentences are borne out, and how long it is."""

from __future__ import annotations

import re

from assistant.answering.verify import is_supported
from assistant.corpus.splitting import blocks, sentences
from assistant.evaluation.facts import without_marks
from assistant.evaluation.results import Score
from assistant.types import Answer

MIN_WORDS = 3
"""A run of fewer words that no claim covers is a lead or a heading, no sentence."""
_MARKER = re.compile(r"\[(\d+)\]")
_LEAD = re.compile(r".{1,80}:\s*", re.DOTALL)


def abstention(answerable: bool, abstained: bool) -> Score:
    """1 where the right thing was done of answering and abstaining; the reason is the cell of the 2x2 table."""
    cell = f"{'abstained' if abstained else 'answered'}, {'answerable' if answerable else 'unanswerable'}"
    return Score(value=float(answerable != abstained), reason=cell)


def crag(answerable: bool, abstained: bool, correct: bool) -> Score:
    """The case's part of the CRAG score (correct - wrong) / n: 1 correct, 0 abstained, -1 wrong."""
    if abstained:
        return Score(value=0.0, reason="abstained")
    if answerable and correct:
        return Score(value=1.0, reason="correct")
    return Score(value=-1.0, reason="wrong" if answerable else "answered what can't be answered")


def supported(answer: Answer) -> Score:
    """Sentences their quotes bear out / sentences of the answer, judged anew; None where it abstained.

    The answer's own ``supported`` flags are not believed, and words no claim covers are sentences without a quote.
    """
    if answer.abstained:
        return Score(value=None, reason="abstained")
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    judged = [(text, is_supported(text, [quotes[m] for m in marks if m in quotes])) for text, marks in stated(answer)]
    if not judged:
        return Score(value=0.0, reason="the answer says nothing")
    bad = [text for text, good in judged if not good]
    value = (len(judged) - len(bad)) / len(judged)
    return Score(value=value, reason=f"not borne out: {bad[0]!r}" if bad else f"all {len(judged)} sentences borne out")


def stated(answer: Answer) -> list[tuple[str, tuple[int, ...]]]:
    """The answer's sentences without markers, each with the markers of the citations it rests on."""
    text = answer.answer
    found = [(without_marks(text[c.start : c.end]).strip(), c.markers) for c in answer.claims]
    rest = list(text)
    for claim in answer.claims:
        rest[claim.start : claim.end] = "\n" * len(rest[claim.start : claim.end])
    uncovered = "".join(rest) if answer.claims else text
    verdict = _verdict(answer)
    if verdict and uncovered.startswith(verdict):
        uncovered = uncovered.removeprefix(verdict)
    return [pair for pair in found if pair[0]] + _marked_sentences(uncovered)


def _verdict(answer: Answer) -> str:
    """The verdict of the decision framework that opens an answer: the rules', so situations score it, not quotes."""
    return next((str(stage.detail.get("headline", "")) for stage in answer.trace if stage.stage == "advise"), "")


def _marked_sentences(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """Sentences with the markers in or right behind them."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for block in blocks(text, 0, len(text)):
        for span in sentences(text, block):
            piece = span.of(text)
            marks = tuple(int(mark) for mark in _MARKER.findall(piece))
            words = without_marks(piece)
            leading = re.match(r"(?:\s*\[\d+\])+", piece)
            if leading and found:
                early = tuple(int(mark) for mark in _MARKER.findall(leading[0]))
                found[-1] = (found[-1][0], (*found[-1][1], *early))
                marks = marks[len(early) :]
            if len(words.split()) >= MIN_WORDS and not _LEAD.fullmatch(words):
                found.append((words.strip(), marks))
    return found


def brevity(answer: Answer) -> Score:
    """Words of the answer, markers left out. Fewer is not better by itself: it is read beside the facts."""
    words = len(without_marks(answer.answer).split())
    return Score(value=float(words), reason=f"{words} words")
