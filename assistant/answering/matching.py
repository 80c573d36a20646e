"""Which statement or prepared answer a question is about: the nearest questions that people are known to ask.

Every known question is read by the same reader as the one asked, so that likeness is more than closeness of meaning,
which does not see a "not": a question of the other polarity, of another kind, of another model size or author is
further away than its words are.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from assistant.corpus.statements import Statement, Verdict
from assistant.corpus.themes import Prepared, Theme, Themes
from assistant.index.opened import OpenIndex
from assistant.retrieval.lexicon import content_stems, relations
from assistant.retrieval.opposites import opposed
from assistant.retrieval.reading import Question, plain
from assistant.retrieval.retriever import HybridRetriever, ScoredSentence
from assistant.tuning import tuned
from assistant.types import Essay

ASKING = frozenset(
    content_stems(
        "speak mention name list call explain tell happen consider regard view mean want need matter kind way case "
        "situation reason sense idea point part exactly actually really simply generally usually normally typically "
        "overall argument describe opinion recommend advise suggest good best person"
    )
)
"""Words that ask and tell nothing of the subject, beyond the stop words."""
Target = Statement | Prepared


@dataclass(frozen=True)
class Known:
    """A question people ask: what answers it, and whether with Yes, No or It depends."""

    ask: str
    target: Target
    verdict: Verdict | None
    theme: Theme | None = None


@dataclass(frozen=True)
class Match:
    """A target and how well it fits the question (about 0 to 1.2); ``near`` are its known questions, best first.

    ``lost`` is what the score lacks for being another author's; ``told`` says that the reply before has said it.
    """

    target: Target
    score: float
    near: tuple[tuple[Known, float], ...]
    lost: float = 0.0
    told: bool = False

    @property
    def theme(self) -> Theme | None:
        """The theme of a prepared answer."""
        return self.near[0][0].theme

    @property
    def rests(self) -> tuple[str, ...]:
        """References of the statements that bear the target out."""
        return self.target.rests if isinstance(self.target, Prepared) else (self.target.ref,)


KNOWN_KEPT = 20_000
"""Known questions whose words are kept weighed."""


class Book:
    """The statements and themes of one index, by their questions and references."""

    def __init__(self, statements: Sequence[Statement], themes: Themes, bylines: Iterable[str] = ()) -> None:
        """``themes`` rest on ``statements`` alone; ``bylines`` name the documents' authors."""
        self.bylines = tuple(bylines)
        self.statements: Mapping[str, Statement] = {statement.ref: statement for statement in statements}
        self.themes = themes
        self.essay_ids = {statement.source_id: statement.essay_id for statement in statements}
        self.known: dict[str, list[Known]] = {}
        for known in self._every():
            self.known.setdefault(known.ask, []).append(known)
        self._against: dict[int, float] = {}
        self.answers: dict[str, list[Target]] = {}
        targets: list[Target] = [*statements, *(prepared for theme in themes.themes for prepared in theme.answers)]
        for target in targets:
            self.answers.setdefault(target.text if isinstance(target, Statement) else target.lead, []).append(target)

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """How much each word's stem tells: its inverse frequency among the known questions."""
        counts = Counter(stem for ask in self.known for stem in {*content_stems(ask), *relations(ask)})
        return {stem: math.log(len(self.known) / count) for stem, count in counts.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """Stems of the proper names that figures belong to."""
        whom = " ".join(figure.whom for one in self.statements.values() for figure in one.figures)
        return frozenset(stem for name in re.findall(r"\b[A-Z][\w-]+", whom) for stem in content_stems(name))

    @cached_property
    def sizes(self) -> frozenset[str]:
        """The sizes of models that the statements name."""
        return frozenset().union(*(plain(statement.text).sizes for statement in self.statements.values()))

    @cached_property
    def themes_of(self) -> Mapping[str, frozenset[str]]:
        """The ids of the themes that rest on each statement."""
        found: dict[str, set[str]] = {}
        for theme in self.themes.themes:
            lines = [*theme.positions.values(), *theme.agree, *theme.differ]
            refs = [ref for line in lines for ref in line.rests]
            for ref in (*refs, *(ref for prepared in theme.answers for ref in prepared.rests)):
                found.setdefault(ref, set()).add(theme.id)
        return {ref: frozenset(ids) for ref, ids in found.items()}

    def against(self, target: Target) -> float:
        """The share of a target's open questions that ask what speaks against training, 0 to 1."""
        if id(target) not in self._against:
            asks = target.asks.ask if isinstance(target, Statement) else target.ask
            self._against[id(target)] = sum(plain(ask).against for ask in asks) / len(asks) if asks else 0.5
        return self._against[id(target)]

    def name_of(self, essay: Essay) -> str:
        """Whom to name: as the themes do, else the document's byline."""
        return self.themes.names.get(self.essay_ids.get(essay.id, ""), essay.byline)

    def essays_of(self, refs: Iterable[str]) -> frozenset[str]:
        """Ids of the loaded documents behind these statements."""
        return frozenset(self.statements[ref].source_id for ref in refs if ref in self.statements)

    def _every(self) -> Iterable[Known]:
        for statement in self.statements.values():
            for ask, verdict in statement.asks.every():
                yield Known(ask, statement, verdict)
        for theme in self.themes.themes:
            for prepared in theme.answers:
                for ask, verdict in prepared.every():
                    yield Known(ask, prepared, verdict, theme)


class Matcher:
    """Finds the targets of a question among the known questions of one index."""

    def __init__(self, index: OpenIndex, retriever: HybridRetriever, book: Book) -> None:
        """``retriever`` encodes a question as the index's own retrieval does."""
        self._index = index
        self._retriever = retriever
        self.book = book
        self._weighed = lru_cache(maxsize=KNOWN_KEPT)(self._weights_of)

    def matches(self, question: Question, sentences: Sequence[ScoredSentence] = ()) -> list[Match]:
        """The targets, best first; none where the documents have no statements. ``sentences`` are what search found."""
        if not self.book.known:
            return []
        scored: dict[int, list[tuple[Known, float]]] = {}
        said: dict[int, float] = {}
        stems = self._telling(question)
        for unit, cosine in self._index.nearest(
            "question", self._retriever.vector_of(question.bare), int(tuned("matching.neighbours"))
        ):
            shared, covered = self._shared(stems, unit.text, question)
            for target in self.book.answers.get(unit.text, ()):
                said[id(target)] = cosine + tuned("matching.shared_answer") * shared
            for known in self.book.known.get(unit.text, ()):
                words = tuned("matching.shared_words") * shared + tuned("matching.covered") * covered
                likeness = cosine + words + self._read_alike(question, unit.text)
                scored.setdefault(id(known.target), []).append((known, likeness))
        found = {(one.source_id, one.start): one.score for one in sentences}
        lowest = min(found.values(), default=0.0)
        matches = []
        for key, group in scored.items():
            target = group[0][0].target
            rests = target.rests if isinstance(target, Prepared) else (target.ref,)
            places = (self.book.statements[ref] for ref in rests)
            best = max(found.get((one.source_id, one.start), lowest) for one in places) - lowest
            matches.append(self._match(question, group, said.get(key), tuned("matching.found") * best))
        return sorted(matches, key=lambda match: -match.score)

    def themes(self, matches: Sequence[Match], question: Question) -> list[Theme]:
        """The themes that the best targets belong to, the likeliest first; one named by the question leads."""
        votes: Counter[str] = Counter()
        for match in matches[: int(tuned("matching.voters"))]:
            ids = (
                {match.theme.id} if match.theme else set().union(*(self.book.themes_of.get(r, ()) for r in match.rests))
            )
            for theme_id in ids:
                votes[theme_id] += match.score**4 / len(ids)  # type: ignore[assignment]
        stems = set(content_stems(question.text))
        for theme in self.book.themes.themes:
            votes[theme.id] *= tuned("matching.general") if theme.general else 1  # type: ignore[assignment]
            title = set(content_stems(theme.title)) - {"fine", "tune"}
            if title and title <= stems:
                votes[theme.id] += tuned("matching.theme_named")  # type: ignore[assignment]
            if stems and stems <= title:
                votes[theme.id] += 2 * tuned("matching.theme_of_best")  # type: ignore[assignment]
        if matches and matches[0].theme:
            votes[matches[0].theme.id] += tuned("matching.theme_of_best")  # type: ignore[assignment]
        by_id = {theme.id: theme for theme in self.book.themes.themes}
        return [by_id[theme_id] for theme_id, _ in votes.most_common()]

    def _match(self, question: Question, group: list[tuple[Known, float]], said: float | None, search: float) -> Match:
        """A target's score: its nearest questions, and how near its own words are (``said``; None: not among them).

        ``search`` is what search makes of the statements it rests on.
        """
        alike: dict[str, tuple[Known, float]] = {}
        for known, likeness in sorted(group, key=lambda pair: -pair[1]):
            alike.setdefault(known.ask, (known, likeness))  # tied to several documents it stands in the index as often
        near = tuple(alike.values())
        target = near[0][0].target
        steady = sum(score for _, score in near[:4]) / min(len(near), 4)
        words = tuned("matching.answer") * (tuned("matching.no_answer") if said is None else said)
        listed = question.form.listed and isinstance(target, Prepared) and target.list
        score = 0.9 * near[0][1] + 0.1 * steady + words + search
        lost = self._lost(question, near[0][0])
        if question.asked in ("reasons", "when"):
            score -= tuned("matching.other_side") * abs(self.book.against(target) - question.against)
        told = is_told(words_of(target), question.said)
        score -= tuned("matching.said") * told
        score += tuned("matching.prepared") if isinstance(target, Prepared) else 0.0
        return Match(target, score - lost + (tuned("matching.listed") if listed else 0.0), near, lost, told)

    def _read_alike(self, question: Question, ask: str) -> float:
        """What a known question loses for another reading: polarity, kind, model size, figures."""
        other, worth = plain(ask), 0.0
        if question.denied != other.denied:
            worth -= tuned("matching.other_polarity")
        if question.asked != other.asked:
            worth -= tuned("matching.other_kind") * (3 if "verdict" in (question.asked, other.asked) else 1)
        if not question.is_verdict and opposed(question.asking, ask) % 2:
            worth -= tuned("matching.opposed")
        if question.sizes != other.sizes and question.sizes:
            worth -= tuned("matching.other_size") * (2 if other.sizes else 1)
        return worth - tuned("matching.other_figure") * apart(question, other)

    def _lost(self, question: Question, known: Known) -> float:
        """What is taken from a target that rests on none of the essays the question names, or on others too."""
        named = set(question.focus.named)
        if not named:
            return 0.0
        rests = known.target.rests if isinstance(known.target, Prepared) else (known.target.ref,)
        essays = self.book.essays_of(rests)
        if not named & essays:
            return tuned("matching.other_author")
        return 0.0 if essays <= named else tuned("matching.also_other_author")

    def _telling(self, question: Question) -> Mapping[str, float]:
        """The question's subject words with their weights; authors' names do not count, they are compared apart."""
        names = set(self._names) if question.focus.named else set()
        weights = self.book.weights
        rare = max(weights.values(), default=0.0)
        stems = (*content_stems(question.text), *relations(question.text))
        return {stem: weights.get(stem, rare) for stem in stems if stem not in names | ASKING}

    @cached_property
    def _names(self) -> frozenset[str]:
        every = self._index.essays.values()
        return frozenset(
            stem for essay in every for stem in content_stems(f"{essay.author or ''} {essay.publisher or ''}")
        )

    def _weights_of(self, text: str, nameless: bool) -> tuple[frozenset[str], float]:
        """The telling words of a text, names left out if ``nameless``, and what they weigh together."""
        left_out = ASKING | (self._names if nameless else frozenset())
        stems = [stem for stem in dict.fromkeys((*content_stems(text), *relations(text))) if stem not in left_out]
        return frozenset(stems), sum(self.book.weights.get(stem, 0.0) for stem in stems)

    def _shared(self, telling: Mapping[str, float], text: str, question: Question) -> tuple[float, float]:
        """How far the telling words of the question and of a text agree, and are covered by it, 0 to 1 each."""
        theirs, weight = self._weighed(text, bool(question.focus.named))
        both, ours = sum(telling[stem] for stem in telling.keys() & theirs), sum(telling.values())
        total = ours + weight
        return (2 * both / total if total else 0.0), (both / ours if ours else 0.0)


def words_of(target: Target) -> str:
    """What a target says: a statement's text, or a prepared answer's lead."""
    return target.text if isinstance(target, Statement) else target.lead


def is_told(text: str, said: str) -> bool:
    """Whether the reply before has said most of a text's words already."""
    stems = set(content_stems(text)) if said else set()
    return bool(stems) and len(stems & set(content_stems(said))) >= tuned("matching.told") * len(stems)


def apart(question: Question, other: Question) -> float:
    """How far figures of one unit lie apart, 0 to 1: a quarter more counts 1; 0 where they can't be compared."""
    pairs = [(a, b) for a in question.figures for b in other.figures if a.unit == b.unit and a.unit]
    gaps = [abs(math.log10(max(a.value, 1e-6) / max(b.value, 1e-6))) for a, b in pairs]
    return min(10 * min(gaps), 1.0) if gaps else 0.0
