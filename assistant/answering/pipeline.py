"""The main path: condense → retrieve → judge → draft → verify → finish.

Every face and every model goes through this chain, composed in LCEL. Its last link (``responding.py``) drafts and
verifies sentence by sentence, so that the first words leave before the last are made, and nothing leaves unverified.

Running LangChain without its tracers: a tracing variable in the environment must not send questions anywhere.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from langchain_core.runnables import Runnable, RunnableGenerator
from langsmith.run_helpers import tracing_context

from assistant.advice.situation import known
from assistant.answering import drafting, stages
from assistant.answering.composed import Composed
from assistant.answering.composing import Composer, stands
from assistant.answering.context import Context
from assistant.answering.counsel import UNDECIDED, Counsellor, understood_notice
from assistant.answering.judge import Judgement, judge, with_composed
from assistant.answering.matching import Book, Matcher
from assistant.answering.models import EXTRACTIVE, ChatModel
from assistant.answering.prompts import check_prompts
from assistant.answering.replies import Intent, intent_of
from assistant.answering.responding import Responder
from assistant.answering.stages import Asked, Condensed, Event, Found, Judged, stage
from assistant.answering.verify import Entailment
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.loading import Corpus
from assistant.errors import InputError, ModelUnavailable
from assistant.index.opened import OpenIndex
from assistant.retrieval.conversation import LEANS, STANDS_ALONE, Part, Standalone, leans, parts_of, standalone
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import Form, Question, read_question
from assistant.retrieval.retriever import HybridRetriever, Retrieved
from assistant.settings import Settings
from assistant.types import RankedPassage, Turn

T = TypeVar("T")
_END = object()


def untraced(items: Iterator[T]) -> Iterator[T]:
    """The items, drawn in a context of their own in which tracing is off; the caller's context is untouched."""
    context = contextvars.copy_context()
    context.run(tracing_context(enabled=False).__enter__)
    while (item := context.run(next, items, _END)) is not _END:
        yield item  # type: ignore[misc]


_SIGNS = re.compile(r"[\W_]{61,}")
"""Runs of signs so long that patterns would take seconds over them; their first 60 say as much."""
_UNSEEN = re.compile(r"[\U000e0000-\U000e007f\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069]")


class Pipeline:
    """The stages over one open index and one model."""

    def __init__(self, settings: Settings, index: OpenIndex, corpus: Corpus | None = None) -> None:
        """``corpus`` brings statements, themes, and claims that become notices on answers that cite them.

        Raises ConfigurationError where the chat model can't be set up, a prompt is missing, or the whole documents are
        asked for and do not fit.
        """
        if settings.prompts_dir is not None:
            check_prompts(settings.prompts_dir, chooses=settings.model_task == "choose")
        self.index = index
        self.model = ChatModel(settings) if settings.model != EXTRACTIVE else None
        self._settings = settings
        self._retriever = HybridRetriever(index, settings.top_k, settings.corpus_dirs)
        self._vocabulary = Vocabulary(index.essays.values(), index.words, settings.corpus_dirs)
        known = corpus or Corpus(essays=())
        bylines = [f"{essay.author or ''} {essay.publisher or ''}" for essay in index.essays.values()]
        book = Book([one for one in known.statements if stands(one, index.essays)], known.themes, bylines)
        self._counsellor = Counsellor(index.essays, {one.id: book.name_of(one) for one in index.essays.values()})
        matcher = Matcher(index, self._retriever, book)
        self.composer = Composer(index, matcher)
        self.context = Context(settings, index, matcher)
        self.condense = stage("condense", self._condense)
        self.retrieve = stage("retrieve", self._retrieve)
        self.judge = stage("judge", self._judge)
        responder = Responder(
            index,
            self.context,
            self._counsellor,
            self.composer,
            self._vocabulary,
            settings.prompts_dir,
            known.claims,
            Entailment.of(settings),
        )
        self.respond: Runnable[Judged, Event] = RunnableGenerator(responder.respond)
        self.chain: Runnable[Asked, Event] = self.condense | self.retrieve | self.judge | self.respond

    def stream(
        self, question: str, history: Sequence[Turn] = (), model: ChatModel | Literal["extractive"] | None = None
    ) -> Iterator[Event]:
        """Events of one answer: Passages, then Tokens, then Done. Raises InputError for an unusable question.

        ``model`` answers instead of the configured one; ``extractive`` means none at all.
        """
        chosen = self.model if model is None else model
        chat = chosen.for_one_answer() if isinstance(chosen, ChatModel) else None
        yield from untraced(self.chain.stream(Asked(self.clean(question), tuple(history), chat)))

    def clean(self, question: str) -> str:
        """The question without characters nobody sees, and long runs of signs cut short.

        Raises InputError where it is empty, too long or not text.
        """
        clean = readable(question).strip()
        if not clean:
            raise InputError("The question is empty.", "Ask something, for example: When is fine-tuning worth it?")
        if len(clean) > self._settings.max_question_chars:
            raise InputError(
                f"The question is longer than {self._settings.max_question_chars:,} characters.", "Shorten it."
            )
        return _SIGNS.sub(lambda run: run[0][:60], clean)

    def _condense(self, asked: Asked) -> tuple[Condensed, dict[str, object]]:
        intent = intent_of(asked.question, self.index.essays.values())
        case = self._counsellor.case(asked.question, asked.history) if intent.kind == "question" else None
        told: tuple[str, ...] = ()
        if case is not None and self._counsellor.decided(case):
            intent = Intent(kind="situation")
        elif case is not None and known(case.reading.situation):
            told = (understood_notice(case.reading), UNDECIDED)
        spelled = replace(asked, question=self._vocabulary.spelled(asked.question))
        parts, form, how, check, notices = self._parts(spelled, intent)
        text = parts[0].search if len(parts) == 1 else " ".join(f"{p.search.rstrip(' ?')}?" for p in parts)
        essays = self.index.essays.values()
        questions = tuple(read_question(p.search, essays).model_copy(update={"said": p.said}) for p in parts)
        questions = tuple(
            q.model_copy(
                update={
                    "form": form if form.wanted else q.form,
                    "names": tuple(sorted(self._vocabulary.names(q.asking))),
                }
            )
            for q in questions
        )
        said = [part.search for part in parts]
        detail: dict[str, object] = {"intent": intent.kind, "how": how, "parts": said, "check": check or stages.PASSED}
        detail["read"] = [{"asked": q.asked, "denied": q.denied, "form": q.form.model_dump()} for q in questions]
        return Condensed(asked, text, intent, parts, questions, case, notices=(*notices, *told)), detail

    def _parts(self, asked: Asked, intent: Intent) -> tuple[tuple[Part, ...], Form, str, str, tuple[str, ...]]:
        """The standalone parts, the form, how they were made, what failed and notices: by the chat model or rules."""
        if intent.kind not in ("question", "summary"):
            return (Part(asking=asked.question, search=asked.question),), Form(), f"a {intent.kind}", "", ()
        by_rules = standalone(asked.question, asked.history, self.index.essays.values())
        plain = parts_of(by_rules), by_rules.form, by_rules.how
        edited = by_rules.how not in (LEANS, STANDS_ALONE)
        if asked.model is None or not asked.history or edited or not leans(asked.question):
            return *plain, "", ()
        try:
            reply = drafting.condense_with(asked.model, asked)
        except ModelUnavailable as error:
            return *plain, error.message, (f"{error} Rules condensed the question instead.",)
        if problem := stages.condensed(reply):
            return *plain, problem, (stages.notice("condense", problem, "Rules did it instead."),)
        return parts_of(Standalone(text=reply)), by_rules.form, "the chat model", "", ()

    def _retrieve(self, condensed: Condensed) -> tuple[Found, dict[str, object]]:
        searching = condensed.intent.kind in {"question", "summary", "situation"}
        parts: tuple[Retrieved, ...] = self._search(condensed) if searching else ()
        notices: tuple[str, ...] = ()
        problem = stages.retrieved(_of_all(parts)) if searching else ""
        if problem:
            parts = self._search(condensed, again=True)
            notices = (stages.notice("retrieve", problem, "It was searched once more, more widely."),)
        passages = _of_all(parts)[: self._settings.top_k]
        detail: dict[str, object] = {"passages": [p.id for p in passages], "terms": [list(p.terms) for p in parts]}
        return Found(condensed, parts, passages, notices=notices), detail | {"check": problem or stages.PASSED}

    def _search(self, condensed: Condensed, *, again: bool = False) -> tuple[Retrieved, ...]:
        """What is found for each part; ``again``: among all passages, and in the asker's own words."""
        k = len(self.index.passages) if again else None
        if condensed.intent.kind == "summary":
            return tuple(drafting.gist(self._retriever, condensed, self.index, k))
        return tuple(
            self._retriever.retrieve(p.asking if again else p.search, k, asking=p.asking, said=p.said)
            for p in condensed.parts
        )

    def _judge(self, found: Found) -> tuple[Judged, dict[str, object]]:
        if found.condensed.intent.kind not in {"question", "situation", "summary"}:
            return Judged(found, ()), {"answerable": True}
        questions = found.condensed.questions
        searched = found.parts if len(found.parts) == len(questions) else (None,) * len(questions)
        composed = tuple(self._composed(questions, searched))
        if found.condensed.intent.kind == "summary":  # it names an essay, which is always there
            composed = tuple(None if one is None or one.missed else one for one in composed)
            return Judged(found, (Judgement(answerable=True),) * len(composed), composed), {"answerable": True}
        judged = [judge(part, self._vocabulary) for part in found.parts]
        judgements = tuple(with_composed(j, c) for j, c in zip(judged, composed, strict=True))
        detail = {"parts": [judgement.model_dump() for judgement in judgements]}
        detail["composed"] = [{"kind": c.kind, "score": round(c.score, 3)} if c else None for c in composed]  # type: ignore[misc]
        return Judged(found, judgements, composed), {"answerable": any(j.answerable for j in judgements), **detail}

    def _composed(
        self, questions: Sequence[Question], searched: Sequence[Retrieved | None]
    ) -> Iterator[Composed | None]:
        """What the statements say to each part; one that only goes on ("and why?") knows what the first has said."""
        first = ""
        for question, found in zip(questions, searched, strict=True):
            if first and question.asked == "reasons" and not content_stems(question.asking):
                question = question.model_copy(update={"said": first})
            composed = self.composer.compose(question, found)
            first = first or (" ".join(sentence.text for sentence in composed.lead) if composed else "")
            yield composed


def readable(text: str) -> str:
    """The text without characters nobody sees. Raises InputError for NUL and lone surrogates, which are no text."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError("The question or its history holds characters that are not text.", "Type it anew.")
    return _UNSEEN.sub("", text)


def _of_all(parts: Iterable[Retrieved]) -> tuple[RankedPassage, ...]:
    """The rankings of several parts as one, first places first, each passage once."""
    lists = [list(part.passages) for part in parts]
    found: dict[str, RankedPassage] = {}
    for place in range(max(map(len, lists), default=0)):
        for ranking in lists:
            if place < len(ranking):
                found.setdefault(ranking[place].id, ranking[place])
    return tuple(found.values())
