"""One reader of a question: what is asked, of whom, with which polarity and figures, and in which form.

Every later stage reads this value; none has patterns over the question of its own. Negation is never dropped: an
answer to "when should I not" and one to "when should I" have nothing in common but their words.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from assistant.corpus.loading import built_in
from assistant.corpus.wording import other_names
from assistant.errors import ConfigurationError
from assistant.quantities import WORD_NUMBERS, Quantity, quantities
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.opposites import either
from assistant.textfiles import read_yaml
from assistant.types import Essay, Frozen

Asked = Literal[
    "verdict", "amount", "when", "reasons", "how", "who", "definition", "comparison", "difference", "agreement", "what"
]
"""What is asked for: ``when`` conditions, ``reasons`` what speaks for or against, ``what`` anything else."""

FILE = Path(__file__).with_name("questions.yaml")


@cache
def pattern(name: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """A pattern of ``questions.yaml`` by its name. Raises KeyError for one that is not there."""
    return re.compile("|".join(read_yaml(FILE, ConfigurationError)["patterns"][name]), flags)


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[Asked, re.Pattern[str]], ...]:
    kinds = read_yaml(FILE, ConfigurationError)["kinds"]
    return tuple((kind, re.compile("|".join(alternatives), re.IGNORECASE)) for kind, alternatives in kinds.items())


@lru_cache(maxsize=1)
def words_read() -> frozenset[str]:
    """The words that the patterns look for, which are no typing slips whatever the documents say."""
    data = read_yaml(FILE, ConfigurationError)
    every = (one for table in (data["patterns"], data["kinds"]) for patterns in table.values() for one in patterns)
    return frozenset(word for one in every for word in re.findall(r"(?<!\\)\b[a-z]{3,}", one))


_INSTEAD = re.compile(r"\b(?:instead of|rather than)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_SIZE = re.compile(r"\b\d+(?:\.\d+)?\s?[bB]\b(?!\w)")
_COUNT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a": 1, "single": 1}


MIN_SUBJECT_WORDS = 1
LONG_NAME = 5
LONG_TITLE = 4
_WORD = re.compile(r"\w+")
_COMMON = frozenset("the of for and bits writing blog com org inc llc ltd fine tuning".split())


class Form(Frozen):
    """The form an answer is wanted in; nothing set means that none was asked for. ``points`` is a list's length."""

    max_sentences: int | None = None
    max_words: int | None = None
    points: int | None = None
    listed: bool = False
    table: bool = False

    @property
    def wanted(self) -> bool:
        """Whether a form was asked for at all."""
        return self != _NO_FORM


class Focus(Frozen):
    """Essays named in the question (ids, in corpus order), and whether it compares them."""

    named: tuple[str, ...] = ()
    compares: bool = False


class Question(Frozen):
    """A question that stands alone, read once.

    ``asking`` is the sentence that asks, without courtesies. ``denied`` is its polarity: an odd number of denials;
    ``against`` whether that speaks against training. ``said`` is the reply it follows on.
    ``bare`` is the text without courtesies and words of form, for
    likeness of meaning; ``names`` are the stems of proper names the documents know, ``sizes`` model sizes ("7b"), and
    ``figures`` all other numbers with their units.
    """

    text: str
    asking: str
    asked: Asked
    denied: bool
    against: bool
    form: Form
    focus: Focus
    bare: str = ""
    said: str = ""
    names: tuple[str, ...] = ()
    sizes: frozenset[str] = frozenset()
    figures: tuple[Quantity, ...] = ()

    @property
    def is_verdict(self) -> bool:
        """Whether Yes or No can open the answer."""
        return self.asked == "verdict"


def read_question(text: str, essays: Iterable[Essay]) -> Question:
    """Read a standalone question about these documents."""
    focus = focus_of(text, essays)
    bare = plain(text)
    return bare.model_copy(update={"focus": focus})


_NO_FORM, _NO_FOCUS = Form(), Focus()
"""Shared by nearly all questions read, because thousands of them are kept."""


@lru_cache(maxsize=12_000)
def plain(text: str) -> Question:
    """Read a question without the documents: all but the essays it names."""
    open_ = pattern("yes_or_no").sub(" ", text)  # its "no" denies nothing
    stripped = _without_form(pattern("courtesy").sub(" ", open_).strip() or text.strip())
    asking = pattern("request").sub("", _asking(pattern("behind").sub("", stripped) or stripped))
    asked: Asked = "verdict" if pattern("yes_or_no").search(text) else _asked(asking)
    return Question(
        text=text,
        asking=asking,
        asked=asked,
        denied=asked not in ("difference", "agreement") and _denials(asking) % 2 == 1,
        against=_against(asking, asked),
        form=form_of(text),
        focus=_NO_FOCUS,
        bare=_bare(pattern("claims").sub("", stripped, count=1) if asked == "who" else stripped),
        sizes=frozenset(match[0].replace(" ", "").lower() for match in _SIZE.finditer(text)),
        figures=quantities(_SIZE.sub(" ", text)),
    )


def _without_form(text: str) -> str:
    """The question behind a colon, where what stands before it only asks for a form."""
    first = pattern("form_first").match(text)
    return text[first.end() :] if first and form_of(first[0]).wanted else text


def form_of(text: str) -> Form:
    """The form that the text asks for."""
    sentences = pattern("max_sentences").search(text)
    words = pattern("max_words").search(text)
    points = pattern("points").search(text)
    most = _counted(sentences)
    if most is None and pattern("short").search(text) and len(text.split()) <= 12:
        most = 1
    form = Form(
        max_sentences=most,
        max_words=_words_wanted(words) if words else None,
        points=_counted(points),
        listed=points is not None or pattern("list").search(text) is not None,
        table=pattern("table").search(text) is not None,
    )
    return form if form.wanted else _NO_FORM


def _counted(match: re.Match[str] | None) -> int | None:
    """The number that stands in a match's one group that took part."""
    said = next((group for group in match.groups() if group), "") if match else ""
    return int(said) if said.isdigit() else _COUNT.get(said.lower())


def _words_wanted(match: re.Match[str]) -> int:
    given = next(group for group in match.groups() if group).lower()
    return int(given) if given.isdigit() else int(WORD_NUMBERS.get(given, 1))


def _bare(text: str) -> str:
    """The text without the words that only ask for a form; all of it where nothing else is left."""
    rest = text
    for name in ("max_sentences", "max_words", "points_words", "form_words"):
        rest = pattern(name).sub(" ", rest)
    rest = " ".join(pattern("request").sub("", rest).split())
    return rest if len(rest) > 2 and any(c.isalpha() for c in rest) else text


def _asking(text: str) -> str:
    """The sentence that asks: the last with a question mark, else the last one, else all of it."""
    pieces = [piece.strip() for piece in _SENTENCES.split(text) if piece.strip()]
    asking = [piece for piece in pieces if piece.endswith("?")]
    return (asking or pieces or [text])[-1]


def _asked(asking: str) -> Asked:
    if either(asking):
        return "what"
    if pattern("leads").search(asking):
        return "verdict"
    verdict = pattern("verdict").search(asking) is not None
    for kind, shows in _kinds():
        if shows.search(asking) and not (verdict and kind not in ("comparison", "difference", "agreement")):
            return "verdict" if verdict and kind in ("agreement", "difference") else kind
    return "verdict" if verdict else "what"


def _against(asking: str, asked: Asked) -> bool:
    """Whether it asks what speaks against training: it denies that, or does not deny what stands in its place.

    Who asks for the risks of a thing asks for reasons against it; to ask whether it risks something denies nothing.
    """
    denied = _denials(asking) + (asked != "verdict" and pattern("risk_of").search(asking) is not None)
    other, training = pattern("instead_of_training").search(asking), pattern("training").search(asking)
    of_other = other is not None and (training is None or other.start() < training.start())
    chosen = _INSTEAD.search(asking)  # "train instead of retrieving" denies what stands behind it
    if chosen and training and other and (training.start() < chosen.start()) != (other.start() < chosen.start()):
        denied -= 1
    return (denied % 2 == 1) != of_other


def _denials(asking: str) -> int:
    return len(pattern("denies").findall(pattern("biased").sub(" ", pattern("risk_of").sub(" ", asking))))


def focus_of(question: str, essays: Iterable[Essay]) -> Focus:
    """Read a question for titles, authors and publishers, and for words that compare."""
    names = _names_of(list(essays))
    if len(names.ours) > 1 and pattern("all_essays").search(question) is not None:
        return Focus(named=names.in_order(names.ours), compares=True)
    named = names.in_order(_owners_named(question, names) | _titles_named(question, names))
    asks_all = bool(names.ours) and pattern("compares_essays").search(question) is not None
    return Focus(named=named, compares=len(named) > 1 or asks_all)


def named_by_id(said: Iterable[str], essays: Iterable[Essay]) -> tuple[str, ...]:
    """The essays whose ids are among these words, but for ids that are words themselves."""
    names = _names_of(list(essays))
    return names.in_order({names.ids[word] for word in said if word in names.ids})


class _Names:
    """By what the essays of one corpus can be named."""

    def __init__(self, essays: Sequence[Essay]) -> None:
        self.essays = tuple(essays)  # held, so that their ids stay theirs
        self.places = {essay.id: place for place, essay in enumerate(essays)}
        self.ids = {essay.id.lower(): essay.id for essay in essays if not essay.id.isalpha()}
        self.ours = {essay.id: essay.title.lower() for essay in essays if built_in([essay.id])}
        self.titled: dict[str, list[Essay]] = {}
        owners: dict[str, list[str]] = {}
        for essay in essays:
            ours = essay.id in self.ours
            if not ours:
                self.titled.setdefault(next(iter(_WORD.findall(essay.title.lower())), ""), []).append(essay)
            for word in _name_words(essay.author or "", (essay.publisher or "") * ours):
                owners.setdefault(word, []).append(essay.id)
        self.owner = {word: held[0] for word, held in owners.items() if len(held) == 1}
        publishers = " ".join(essay.publisher or "" for essay in essays if essay.id in self.ours)
        self.odd = {word.lower() for word in _WORD.findall(publishers) if not word[1:].islower()}

    def in_order(self, source_ids: Iterable[str]) -> tuple[str, ...]:
        """The essays in their order."""
        return tuple(sorted(source_ids, key=self.places.__getitem__))


_KNOWN: OrderedDict[tuple[int, ...], _Names] = OrderedDict()
_CORPORA = 4


def _names_of(essays: Sequence[Essay]) -> _Names:
    """The names of a corpus; of the last few it is remembered."""
    key = tuple(map(id, essays))
    names = _KNOWN.get(key) or _Names(essays)
    _KNOWN[key] = names
    while len(_KNOWN) > _CORPORA:
        _KNOWN.popitem(last=False)
    return names


def _titles_named(question: str, names: _Names) -> set[str]:
    """Ids of the essays that the question names by their title, or by another name that ours have."""
    lower = question.lower()
    found = {
        source_id
        for source_id, title in names.ours.items()
        if title in lower or any(re.search(rf"\b{name}\b", lower) for name in other_names().get(source_id, ()))
    }
    words = {form for word in _WORD.findall(lower) for form in (word, word.removesuffix("s"))}
    likely = (essay for word in sorted({"", *words}) for essay in names.titled.get(word, ()))
    return found | {essay.id for essay in likely if _titled(question, essay.title)}


def _titled(question: str, title: str) -> bool:
    """Whether a question names a document by its title: in quotes, as a page, or by several words with their capitals.

    A title that is a common word ("Expenses") names nothing: the question is about its subject.
    """
    if title.lower() not in question.lower():
        return False
    exact = re.escape(title)
    quoted = re.search(rf"[\"“‘']{exact}[\"”’']", question, re.IGNORECASE)
    noun = "(?:page|document|doc|guide|chapter|file|handbook|manual)"
    paged = re.search(
        rf"\b{exact}['’]?s? {noun}\b|\b{noun} (?:on |about |called |named )?{exact}(?!\w)", question, re.IGNORECASE
    )
    long = len(title.split()) >= LONG_TITLE and re.search(rf"(?<!\w){exact}(?!\w)", question) is not None
    return bool(quoted or paged or long)


def subject_of(question: str, focus: Focus, essays: Iterable[Essay]) -> str:
    """The question without the names of the essays it names, which else draw every sentence that names them too."""
    named = [essay for essay in essays if essay.id in focus.named] if focus.named else []
    bare = question
    for word in {word for essay in named for word in (*other_names().get(essay.id, ()), *name_words(essay))}:
        bare = re.sub(rf"(?<!\w){re.escape(word)}(?:['’]s)?(?!\w)", " ", bare, flags=re.IGNORECASE)
    bare = " ".join(pattern("setting").sub(" ", bare).split()) if named else pattern("asked_of").sub("", question)
    return bare if len(content_stems(bare)) >= MIN_SUBJECT_WORDS else question


def _owners_named(question: str, names: _Names) -> set[str]:
    """Ids of the essays whose author or publisher the question names, by a word that is no other essay's name.

    Long names and odd ones ("DevX") in any case; short ones ("Pan", "Logic") only with a capital, as they are words
    too. Authors of other documents than the essays, who may be an "Operations Team", always with a capital inside the
    question.
    """
    first, *others = _WORD.findall(question) or [""]
    capital = {word.lower() for word in (others if len(others) > 1 else (first, *others)) if word[:1].isupper()}
    spelled = {
        word.lower()
        for word in (first, *others)
        if word[:1].isupper() or len(word) > LONG_NAME or word.lower() in names.odd
    }
    found = {word: names.owner[word] for word in spelled if word in names.owner}
    return {source_id for word, source_id in found.items() if source_id in names.ours or word in capital}


def name_words(essay: Essay) -> frozenset[str]:
    """Words of the author's and the publisher's name, lower case."""
    return _name_words(essay.author or "", essay.publisher or "")


@lru_cache(maxsize=20_000)
def _name_words(author: str, publisher: str) -> frozenset[str]:
    given = re.findall(r"[^\W\d_]{3,}", f"{author} {publisher}")
    return frozenset(word.lower() for word in given) - _COMMON
