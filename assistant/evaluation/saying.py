"""The sentences of an answer: which are borne out, how many words they have, and what stands first.

Citation marks are not words. A table counts by its cells; its head and the first cell of each row are layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from assistant.answering.bearing import is_supported, names_of
from assistant.corpus.markup import blocks
from assistant.corpus.splitting import sentences
from assistant.evaluation.cases import Verdict
from assistant.evaluation.facts import without_marks
from assistant.evaluation.gold import Place
from assistant.evaluation.results import Score
from assistant.types import Answer, Span

MIN_WORDS = 3
"""A run of fewer words that no claim covers is a lead or a heading, no sentence."""
_MARKER = re.compile(r"\[(\d+)\]")
_MARKS = re.compile(r"(?:\s*\[\d+\])+")
_LEAD = re.compile(r".{1,80}:\s*", re.DOTALL)
_EMPHASIS = re.compile(r"\*\*|__")
_VERDICT = re.compile(
    r"\s*+(?:(?P<yes>yes\b)|(?P<no>no(?=\s*(?:[.!,:;–—\n]|$)|\s+-\s))|(?P<depends>(?:(?:it|that) )?depends\b))"
    r"[\s.!,:;–—-]*",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\s*not (?:so|[^.:;,\d]{0,20}\d[^:;]{0,30}?)[.:;](?=\s)\s*", re.IGNORECASE)
"""What the question wrongly takes for granted: "Not 10 million: about 5 million", "Not so: none has"."""
_SILENT = re.compile(
    r"[\w’' ]{1,40}\b(?:do(?:es)? not say|says? nothing(?: (?:of|on|about) .{1,60})?)\.?", re.IGNORECASE
)
"""That a document is silent on something; no quote can bear it out."""
_TABLE = re.compile(
    r"^[^|\n]*+\|.*+\n"
    r"[ \t]*+\|?(?:[ \t]*+:?-++:?[ \t]*+\|)++(?:[ \t]*+:?-++:?)?[ \t]*+$"
    r"(?P<rows>(?:\n[^|\n]*+\|.*+)*+)",
    re.MULTILINE,
)
_CELL = re.compile(r"[^|]+")


class Table(NamedTuple):
    """A Markdown table at ``start:end`` of a text, and the cells of each row below the head."""

    start: int
    end: int
    rows: tuple[tuple[Span, ...], ...]


def abstention(answerable: bool, abstained: bool) -> Score:
    """1 if the answer rightly answered or abstained; the reason is the cell of the 2x2 table."""
    cell = f"{'abstained' if abstained else 'answered'}, {'answerable' if answerable else 'unanswerable'}"
    return Score(value=float(answerable != abstained), reason=cell)


def crag(answerable: bool, abstained: bool, correct: bool) -> Score:
    """The case's part of the CRAG score (correct - wrong) / n: 1 correct, 0 abstained, -1 wrong."""
    if abstained:
        return Score(value=0.0, reason="abstained")
    if answerable and correct:
        return Score(value=1.0, reason="correct")
    return Score(value=-1.0, reason="wrong" if answerable else "answered what can't be answered")


def brevity(answer: Answer) -> Score:
    """Words of the answer, markers left out. Fewer is not better by itself: it is read beside the facts."""
    count = words(answer.answer)
    return Score(value=float(count), reason=f"{count} words")


def words(answer: str) -> int:
    """How many words an answer has; a dash, a bullet or a border is none."""
    return sum(any(map(str.isalnum, word)) for word in without_marks(answer).split())


def supported(answer: Answer, notes: Mapping[Place, str] | None = None) -> Score:
    """Sentences their quotes bear out / sentences of the answer, judged anew; None if it abstained.

    The answer's own ``supported`` flags are not believed, and words no claim covers are sentences without a quote. An
    author's sentence at one of the places in ``notes`` is read in the words of our note on it, too.
    """
    if answer.abstained:
        return Score(value=None, reason="abstained")
    quotes = {one.marker: [one.quote] for one in answer.citations}
    for one in answer.citations:
        note = (notes or {}).get(Place(source_id=one.source_id, start=one.start, end=one.end))
        quotes[one.marker] += [note] if note else []
    named = {one.marker: names_of(one) for one in answer.citations}
    judged = [
        (
            text,
            is_supported(
                text,
                [quote for mark in marks for quote in quotes.get(mark, ())],
                " ".join({named[mark] for mark in marks if mark in named}),
            ),
        )
        for text, marks in stated(answer)
    ]
    if not judged:
        return Score(value=0.0, reason="the answer says nothing")
    bad = [text for text, good in judged if not good]
    value = (len(judged) - len(bad)) / len(judged)
    return Score(value=value, reason=f"not borne out: {bad[0]!r}" if bad else f"all {len(judged)} sentences borne out")


def stated(answer: Answer) -> list[tuple[str, tuple[int, ...]]]:
    """The answer's sentences without markers, each with the markers of the citations it rests on.

    Left out is what no quote can bear out: a verdict (``verdict_of`` reads it), the figure of a question that the
    answer denies first, what leads to a list, and a few words' notice that a document is silent.
    """
    text = answer.answer
    found = [(_without_opening(without_marks(text[c.start : c.end])), c.markers) for c in answer.claims]
    rest = list(text)
    claimed = [(claim.start, _behind_marks(text, claim.end)) for claim in answer.claims]
    for start, end in [*claimed, *_layout(text)]:
        rest[start:end] = "\n" * len(rest[start:end])
    uncovered = "".join(rest)
    headline = _headline(answer)
    if headline and uncovered.startswith(headline):
        uncovered = uncovered.removeprefix(headline)
    every = [pair for pair in found if pair[0] and not _LEAD.fullmatch(pair[0])] + _marked_sentences(uncovered)
    return [(words, marks) for words, marks in every if marks or not _SILENT.fullmatch(words)]


def said(answer: str) -> list[str]:
    """The sentences of an answer as they are read; a bare verdict, and what ends in a colon, are part of the next."""
    text = _EMPHASIS.sub("", _without_layout(without_marks(answer)))
    found: list[str] = []
    for block in blocks(text, 0, len(text)):
        for span in sentences(text, block):
            if found and (found[-1].endswith(":") or (len(found) == 1 and _VERDICT.fullmatch(found[0]))):
                found[-1] += f" {span.of(text)}"
            else:
                found.append(span.of(text))
    return found


def verdict_of(answer: str) -> Verdict | None:
    """The verdict an answer opens with; None without one. "No model does" is a sentence and no verdict."""
    match = _VERDICT.match(_EMPHASIS.sub("", without_marks(answer)))
    verdicts: tuple[Verdict, ...] = ("yes", "no", "depends")
    return next((verdict for verdict in verdicts if match and match[verdict]), None)


def tables(text: str) -> list[Table]:
    """The Markdown tables of a text that have a row below the head."""
    found = []
    for match in _TABLE.finditer(text):
        lines = re.finditer(r".+", match["rows"])
        rows = tuple(tuple(_cells(line, match.start("rows"))) for line in lines)
        if rows:
            found.append(Table(match.start(), match.end(), rows))
    return found


def _cells(line: re.Match[str], offset: int) -> list[Span]:
    return [
        Span(start=offset + line.start() + cell.start(), end=offset + line.start() + cell.end())
        for cell in _CELL.finditer(line[0])
    ]


def _behind_marks(text: str, end: int) -> int:
    """Where the marks of a claim that ends at ``end`` end: they bear out nothing behind them."""
    marks = _MARKS.match(text, end)
    return marks.end() if marks else end


def _layout(text: str) -> list[tuple[int, int]]:
    """What of the tables of a text is no statement: head, rule, borders, and the first cell of each row."""
    found = []
    for table in tables(text):
        at = table.start
        for cell in (cell for row in table.rows for cell in row[1:]):
            found.append((at, cell.start))
            at = cell.end
        found.append((at, table.end))
    return found


def _without_layout(text: str) -> str:
    """The text with each row of a table as a paragraph, and no head."""
    for table in reversed(tables(text)):
        rows = (" ".join(cell.of(text).strip() for cell in row).strip() for row in table.rows)
        text = text[: table.start] + "\n\n".join(rows) + text[table.end :]
    return text


def _without_opening(words: str) -> str:
    opening = _VERDICT.match(words) or _DENIED.match(words)
    return (words[opening.end() :] if opening else words).strip()


def _headline(answer: Answer) -> str:
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
            leading = _MARKS.match(piece)
            if leading and found:
                early = tuple(int(mark) for mark in _MARKER.findall(leading[0]))
                found[-1] = (found[-1][0], (*found[-1][1], *early))
                marks = marks[len(early) :]
            if len(words.split()) >= MIN_WORDS and not _LEAD.fullmatch(words):
                found.append((words.strip(), marks))
    return found
