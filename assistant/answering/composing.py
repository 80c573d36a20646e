"""Answers composed from statements and themes, by what is asked: a verdict, conditions, a comparison, a table.

The first sentence answers. What follows adds to it, in the wanted form, and nothing else is said. Each sentence rests
on statements, and so on words that stand in a document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answering.citing import CitedText
from assistant.answering.composed import Composed, Sentence, shaped, shortest
from assistant.answering.matching import Match, Matcher, is_told, words_of
from assistant.answering.near_misses import Missed, missed, premise_corrected
from assistant.answering.side_by_side import SideBySide, inside
from assistant.corpus.statements import Statement, Verdict
from assistant.corpus.themes import Prepared
from assistant.index.opened import OpenIndex
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.opposites import exchanged, opposed
from assistant.retrieval.reading import Form, Question, pattern, plain
from assistant.retrieval.retriever import Retrieved
from assistant.tuning import tuned
from assistant.types import Citation, Essay

OPENINGS: Mapping[Verdict, str] = {"yes": "Yes. ", "no": "No. ", "depends": "It depends. "}
DENYING = ("Not ", "No ", "None ", "Hardly", "Never", "Rarely")
"""A sentence that opens like this is no explanation of a Yes."""
TURNED: Mapping[Verdict, Verdict] = {"yes": "no", "no": "yes", "depends": "depends"}
_COMPARING = frozenset({"comparison", "difference", "agreement"})


@dataclass
class Composer:
    """Composes answers over one index."""

    index: OpenIndex
    matcher: Matcher
    sections: dict[tuple[str, int], str] = field(init=False)
    _beside: SideBySide = field(init=False)

    def __post_init__(self) -> None:
        """Finds the section of each statement once."""
        self._beside = SideBySide(self.index.essays, self.matcher)
        self.sections = {}
        for statement in self.matcher.book.statements.values():
            row = self.index.passages.at(statement.source_id, statement.start, statement.start + 1)
            section = self.index.passages[row].section if row is not None else ""
            self.sections[statement.source_id, statement.start] = section

    def compose(self, question: Question, found: Retrieved | None = None) -> Composed | None:
        """What the statements say to a question, for which search ``found`` this; None where they are not about it."""
        matches = self.matcher.matches(question, found.sentences if found is not None else ())
        if not matches:
            return None
        best = matches[0]
        sentences = found.sentences if found is not None else ()
        if first := self._denied(question, matches) or self._reasons_untold(question, matches):
            return first
        if question.form.table and (table := self._beside.table(question, matches, sentences)):
            return table
        if len(question.focus.named) != 1 and (question.asked in _COMPARING or question.focus.named):
            if self._is_prepared(question, best):
                return self._answered(question, best, matches)
            if compared := self._beside.compared(question, sentences):
                return compared
        if best.score < tuned("composing.near"):
            return None
        if absent := missed(question, matches, self.matcher.book):
            return Composed("near miss", missed=absent, score=best.score)
        if len(question.focus.named) == 1:
            return self._of_author(question, matches)
        return self._answered(question, best, matches)

    def _denied(self, question: Question, matches: Sequence[Match]) -> Composed | None:
        """The answer to a question that takes for granted what its nearest known questions are answered No to."""
        granted = pattern("takes_for_granted").search(question.asking) is not None and not question.said
        near = matches[0].near[0][1] >= tuned("composing.granted")
        if not granted or not near or _voted(question, matches[:1]) != "no":
            return None
        opened = self._opened(question, matches[0], matches, None)
        first = opened.lead[0]
        if first.text.startswith(DENYING):
            return opened
        return replace(opened, lead=(replace(first, text=f"Not so: {first.text}"), *opened.lead[1:]))

    def _reasons_untold(self, question: Question, matches: Sequence[Match]) -> Composed | None:
        """What the answer before rests on and has not said, where "why?" asks for more of it."""
        best = max(matches, key=lambda match: match.score + match.told * tuned("matching.said"))
        if not (question.asked == "reasons" and best.told and isinstance(best.target, Prepared)):
            return None
        points = (self._sentence(self.matcher.book.statements[ref]) for ref in best.target.points)
        untold = [point for point in points if not is_told(point.text, question.said)]
        return (
            Composed("reasons", lead=tuple(untold[:1]), items=tuple(untold[1:]), score=best.score) if untold else None
        )

    def _is_prepared(self, question: Question, best: Match) -> bool:
        """Whether the best target was prepared for this very comparison: the same kind, and the authors named."""
        if not isinstance(best.target, Prepared) or best.score < tuned("comparing.prepared"):
            return False
        kind = plain(best.near[0][0].ask).asked
        essays, named = self.matcher.book.essays_of((*best.rests, *best.target.points)), set(question.focus.named)
        if not named:
            return kind == question.asked
        alike = kind == question.asked or {kind, question.asked} <= {"comparison", "difference", "who"}
        return named == essays and alike

    def write(self, parts: Iterable[tuple[Composed, Form]], written: CitedText) -> Iterator[str]:
        """Writes composed answers in the wanted forms, a paragraph or more each; gives each piece as it is added.

        What one part has said the next leaves out.
        """
        said: set[tuple[str, ...]] = set()
        for composed, form in parts:
            fresh = composed.without(said)
            said.update(one.rests for one in (*fresh.lead, *fresh.items) if one.rests)
            yield from self._write_table(fresh, written) if fresh.table else self._write(fresh, form, written)

    def _write(self, composed: Composed, form: Form, written: CitedText) -> Iterator[str]:
        lead, items, listed = shaped(composed, form)
        for i, sentence in enumerate(lead):
            before = f"{' ' if i else chr(10) * 2}{sentence.label}"
            yield written.add(before, sentence.text, self._citations(sentence))
        for i, sentence in enumerate(items):
            before = ("\n\n- " if i == 0 else "\n- ") if listed else "\n\n" if sentence.label else " "
            before = "\n\n" if i == 0 and not lead and not listed else before
            if sentence.rests or sentence.places:
                yield written.add(f"{before}{sentence.label}", sentence.text, self._citations(sentence))
            else:
                yield written.layout(f"{before}{sentence.label}{sentence.text}")

    def answered(self, question: Question, matches: Sequence[Match], said: Verdict | None) -> Composed:
        """What the first of ``matches`` says; ``said`` opens it where a verdict is asked for and none is known."""
        verdict = _verdict(question, matches) or (said if question.is_verdict else None)
        return self._opened(question, matches[0], matches, verdict)

    def _answered(self, question: Question, best: Match, matches: Sequence[Match]) -> Composed:
        """What the best target says, or one nearly as good that bears the verdict out."""
        verdict = _verdict(question, [best, *(m for m in matches if m is not best)])
        return self._opened(question, _bearing_out(question, verdict, best, matches), matches, verdict)

    def _opened(self, question: Question, best: Match, matches: Sequence[Match], verdict: Verdict | None) -> Composed:
        """The best target, opened with the verdict where one is asked for, or with what corrects a wrong premise."""
        target = best.target
        lead = Sentence(target.lead, target.rests) if isinstance(target, Prepared) else self._sentence(target)
        if question.form.max_words:
            own = (self._sentence(self.matcher.book.statements[ref]) for ref in lead.rests)
            lead = shortest([lead, *own], question.form.max_words)
        if question.asked == "who":
            lead = self._beside.named(lead)
        corrected = premise_corrected(question, best, self.matcher.book)
        verdict = None if corrected else verdict
        denies = verdict == "yes" and lead.text.startswith(DENYING)
        opening = corrected or (OPENINGS[verdict] if verdict and not denies else "")
        points = self._points(question, best, matches)
        items = [self._sentence(self.matcher.book.statements[ref]) for ref in points if ref not in lead.rests]
        missing = (question.form.points or question.form.max_sentences or 0) - 1 - len(items)
        if isinstance(target, Statement) or missing > 0:
            items += self._further(question, best, matches, max(1, missing))
        return Composed(
            kind="prepared" if isinstance(target, Prepared) else "statement",
            lead=(replace(lead, text=f"{opening}{lead.text}"),),
            items=tuple(items),
            listed=isinstance(target, Prepared) and target.list,
            score=best.score,
        )

    def _points(self, question: Question, best: Match, matches: Sequence[Match]) -> tuple[str, ...]:
        """What a prepared answer adds to its lead: all where it is a list, else what answers the question as well."""
        target = best.target
        form = question.form
        if not isinstance(target, Prepared) or target.list or form.listed or (form.max_sentences or 0) > 1:
            return target.points if isinstance(target, Prepared) else ()
        bar = best.score - tuned("composing.point")
        near = {match.target.ref for match in matches if isinstance(match.target, Statement) and match.score >= bar}
        return tuple(ref for ref in target.points if ref in near)

    def _further(self, question: Question, best: Match, matches: Sequence[Match], most: int) -> list[Sentence]:
        """What answers as well as the best target and adds something; for a counted list prepared answers too."""
        taken = [set(content_stems(words_of(best.target)))]
        counted = question.form.points is not None
        bar = best.score - tuned("composing.point" if counted else "composing.as_good")
        found: list[Sentence] = []
        for other in matches[1:20] if counted else matches[1:3]:
            whole = counted or isinstance(other.target, Statement)
            stems = set(content_stems(words_of(other.target)))
            new = all(len(stems & one) < tuned("composing.same") * max(1, min(len(stems), len(one))) for one in taken)
            fits = other.score >= bar and whole and new and self._same_side(question, other)
            if len(found) < most and fits and _verdict(question, [other]) == _verdict(question, [best]):
                found.append(Sentence(words_of(other.target), other.rests))
                taken.append(stems)
        return found

    def _same_side(self, question: Question, other: Match) -> bool:
        """Whether a target does not argue for the other side of what is asked: reasons or conditions."""
        sided = question.asked in ("reasons", "when")
        return not sided or abs(self.matcher.book.against(other.target) - question.against) <= tuned("composing.side")

    def _of_author(self, question: Question, matches: Sequence[Match]) -> Composed:
        """What one author says: the best target that rests on that essay, else its position, else that it is silent."""
        (named,) = question.focus.named
        book = self.matcher.book
        own = [m for m in matches if named in book.essays_of(m.rests)]
        best_of_all = max(m.score + m.lost for m in matches)
        if own and own[0].score + own[0].lost >= best_of_all - tuned("composing.own"):
            composed = self._answered(question, own[0], own)
            kept = tuple(s for s in composed.items if book.essays_of(s.rests) <= {named})
            return replace(composed, items=kept, kind=f"{composed.kind} of one essay")
        for theme in self.matcher.themes(matches, question)[:2]:
            for line in theme.positions.values():
                if named in book.essays_of(line.rests):
                    return Composed("position", lead=(Sentence(line.line, line.rests),), score=matches[0].score)
        spoken = (book.name_of(self.index.essays[essay]) for essay in book.essays_of(matches[0].rests))
        others = " and ".join(sorted(spoken))
        reason = f"The essay by {inside(book.name_of(self.index.essays[named]))} does not speak of this; {others} does."
        return Composed("silent", missed=Missed(reason=reason), score=matches[0].score)

    def _write_table(self, composed: Composed, written: CitedText) -> Iterator[str]:
        yield written.layout(f"\n\n| {' | '.join(composed.head)} |\n|{' --- |' * len(composed.head)}")
        for title, cells in composed.table:
            yield written.layout(f"\n| {title} |")
            for cell in cells:
                if cell is None or not cell.rests:
                    yield written.layout(" The essays do not say |")
                else:
                    yield written.add(" ", cell.text.replace("|", "/"), self._citations(cell), after=" |")

    def _sentence(self, statement: Statement) -> Sentence:
        return Sentence(statement.text, (statement.ref,))

    def _citations(self, sentence: Sentence) -> list[Citation]:
        """Citations of the statements' places; raises where the index holds another text than was resolved."""
        made = [
            Citation.of(self.index.essays[one.source_id], marker=1, section=one.section, start=one.start, end=one.end)
            for one in sentence.places
        ]
        for ref in sentence.rests:
            one = self.matcher.book.statements[ref]
            made.append(
                Citation.of(
                    self.index.essays[one.source_id],
                    marker=1,
                    section=self.sections[one.source_id, one.start],
                    start=one.start,
                    end=one.end,
                    original=one.original,
                )
            )
        return made


def stands(statement: Statement, essays: Mapping[str, Essay]) -> bool:
    """Whether the index's documents hold the statement's place; an index of older documents may not."""
    essay = essays.get(statement.source_id)
    words = essay.text[statement.start : statement.end] if essay is not None else ""
    said = statement.original.quote if statement.original is not None else None
    return bool(words) and (words == said or " ".join(words.split()) == statement.text)


def _verdict(question: Question, matches: Sequence[Match]) -> Verdict | None:
    """Yes, No or It depends, as the known questions nearest to this one are answered; None where none is asked for.

    They vote, the more the nearer, whatever their target; that of one with the other polarity is turned round.
    """
    return _voted(question, matches) if question.is_verdict else None


def _voted(question: Question, matches: Sequence[Match]) -> Verdict | None:
    """Whether what is asked, or taken for granted, is so."""
    near = [
        (known, likeness, 1.0 if match is matches[0] else tuned("composing.others_vote"))
        for match in matches[: int(tuned("composing.verdict_voters"))]
        for known, likeness in match.near
        if known.verdict
    ]
    nearest = max((likeness for _, likeness, _ in near), default=0.0)
    votes: dict[Verdict, float] = {}
    for known, likeness, own in near:
        assert known.verdict is not None  # noqa: S101 - kept above
        turned = opposed(question.asking, known.ask) + exchanged(question.asking, known.ask)
        turned = (turned + (plain(known.ask).denied != question.denied)) % 2 == 1
        said = _within_scope(TURNED[known.verdict] if turned else known.verdict, question.asking, known.ask)
        if said is None:
            continue
        weight = own * math.exp(tuned("composing.vote") * (likeness - nearest))
        votes[said] = votes.get(said, 0.0) + weight * (tuned("composing.turned") if turned else 1.0)
    best = max(votes, key=lambda verdict: votes[verdict], default=None)
    sure = best is not None and votes[best] >= tuned("composing.verdict_share") * sum(votes.values())
    return best if sure and nearest >= tuned("composing.verdict_near") else None


def _bearing_out(question: Question, verdict: Verdict | None, best: Match, matches: Sequence[Match]) -> Match:
    """The best target, or one nearly as good where the verdict is not what the best itself would say."""
    if verdict is None or _verdict(question, [best]) in (None, verdict):
        return best
    bar = best.score - tuned("composing.bears_out")
    return next((m for m in matches if m.score >= bar and _verdict(question, [m]) == verdict), best)


def _within_scope(verdict: Verdict, asked: str, known: str) -> Verdict | None:
    """What a known verdict says where one question asks "always", "only" or "ever" and the other does not.

    None where it says nothing: what is not the only way may still be one. What helps sometimes, or depends, does not
    always; what does not always may still do so at times, and what depends does so at times.
    """
    if verdict == "no" and pattern("only").search(known) and not pattern("only").search(asked):
        return None
    if pattern("at_all").search(asked) and not pattern("at_all").search(known):
        return {"no": None, "depends": "yes", "yes": "yes"}[verdict]
    if pattern("always").search(asked):
        sometimes = pattern("ever").search(known) is not None and not pattern("always").search(known)
        return "no" if verdict == "depends" or (verdict == "yes" and sometimes) else verdict
    if verdict == "no" and pattern("always").search(known):
        return None if pattern("ever").search(asked) else "depends"
    return verdict
