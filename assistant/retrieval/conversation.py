"""What a message asks once the conversation before it is taken in: follow-ups, corrections, other forms.

A conversation is read turn by turn. Each message either stands alone or edits the question that stands: it names an
item of the last answer, corrects a word, changes the author or the form, or continues. Thanks change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from assistant.corpus.reading import catalog
from assistant.corpus.wording import wording_of
from assistant.errors import ConfigurationError
from assistant.retrieval.lexicon import Glossary, content_stems, glossary_for
from assistant.retrieval.reading import FILE, Form, focus_of, form_of, name_words, pattern, plain
from assistant.textfiles import read_yaml
from assistant.types import Essay, Frozen, Turn

MAX_TOPIC_CHARS = 300
LEANS = "leans on the last"
STANDS_ALONE = "stands alone"
_FORM_STEMS = frozenset(
    content_stems(
        "too long half numbered ordered simple shorter short briefly brief concise line lines sentence sentences "
        "table matrix grid bullet bullets points list checklist words word simpler again form format version rewrite "
        "rephrase repeat sum summarize summarise put turn convert make give write one two three four five max "
        "maximum less longer tighter nutshell tldr same"
    )
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "1st": 1, "2nd": 2,
             "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "last": -1, "latter": -1, "former": 1}  # fmt: skip
MOST_ITEM_STEMS = 7
_NAMES = ("one", "two", "three", "four", "five", "six", "seven")


@lru_cache(maxsize=1)
def _classes() -> tuple[re.Pattern[str], ...]:
    """Things of one kind, as patterns; names go by their capitals."""
    kinds = read_yaml(FILE, ConfigurationError)["classes"]
    return tuple(re.compile(one, re.NOFLAG if "[A-Z]" in one else re.IGNORECASE) for one in kinds)


MANY_SUBJECTS = 8
"""A question with this many subject words can be understood whatever it refers to."""
MAX_PARTS = 3


class Part(Frozen):
    """One of the questions asked at once: ``asking`` in the asker's words, ``search`` as it stands alone.

    ``said`` is the reply it follows on, which need not be said again.
    """

    asking: str
    search: str
    said: str = ""


TECHNIQUES = 5
"""The row of the classes that names techniques: what a lone pronoun mostly stands for."""
_PRONOUN = re.compile(r"\b(?:it|they|them)\b", re.IGNORECASE)


class Standalone(Frozen):
    """A question that needs no conversation, the form it is wanted in, and what the answer need not say again.

    ``topic`` is the earlier question it leans on, if any.
    """

    text: str
    topic: str = ""
    form: Form = Form()
    said: str = ""
    how: str = STANDS_ALONE


def standalone(question: str, history: Sequence[Turn], essays: Iterable[Essay]) -> Standalone:
    """What ``question`` asks after ``history`` (oldest first)."""
    every = list(essays)
    talk: list[_Asked] = []
    answers = False
    for turn in history:
        if turn.role == "assistant":
            if talk and answers:
                talk[-1] = talk[-1]._replace(reply=turn.content)
        elif turn.content.strip():
            answers = pattern("empty").match(turn.content) is None
            if answers:
                talk.append(_Asked(_next(turn.content.strip(), talk, every)))
    state = _next(question.strip(), talk, every) if question.strip() else Standalone(text=question)
    return state if state.text else Standalone(text=question, form=form_of(question))


class _Asked(NamedTuple):
    """A question of the conversation as it stands, and the reply to it. Thanks are none."""

    question: Standalone
    reply: str = ""


def _next(message: str, talk: Sequence[_Asked], essays: Sequence[Essay]) -> Standalone:
    """The question that stands after one more message."""
    before, last = talk[-1] if talk else _Asked(Standalone(text=""))
    form, reply = form_of(message), last
    clean = pattern("aside").sub("", message).strip() or message
    if not before.text:
        return Standalone(text=clean, form=form)
    if form.wanted and len(set(content_stems(clean)) - _FORM_STEMS) <= (1 if form.max_sentences else 0):
        return before.model_copy(update={"form": form, "said": "", "how": "another form of the last answer"})
    item = _item(clean, talk, essays)
    if item:
        return Standalone(text=item, form=form, said=reply, how="an item of the last answer")
    corrected = pattern("correction").match(clean)
    if corrected and len(clean.split()) <= 12:
        what = re.sub(r"^not [^,]+, |,? not .*$", "", corrected["what"] or corrected["bare"])
        return Standalone(text=_substituted(what, before.text, essays), form=form, how="a correction")
    if pattern("switch").match(clean) and (switched := _switched(clean, before.text, essays)):
        return Standalone(text=switched, form=form, said=reply, how="the same of something else")
    if leans(clean):
        before, reply = _leant_on(clean, talk)
        if named := _named_anew(clean, before.text):
            return Standalone(text=named, form=form, said=reply, how=LEANS)
        topic = " ".join((before.topic, before.text))[-MAX_TOPIC_CHARS:].strip(" ?.!")
        return Standalone(text=clean, topic=topic, form=form, said=reply, how=LEANS)
    return Standalone(text=clean, form=form)


def _named_anew(message: str, before: str) -> str:
    """The message with the one thing that the question before names in place of its one pronoun; else empty."""
    things = {match[0].lower(): match[0] for match in _classes()[TECHNIQUES].finditer(before)}
    pronouns = _PRONOUN.findall(message)
    if len(things) != 1 or len(pronouns) != 1:
        return ""
    return re.sub(
        r"^(?:and|but|so|then)\s+", "", _PRONOUN.sub(next(iter(things.values())), message), flags=re.IGNORECASE
    )


def _leant_on(message: str, talk: Sequence[_Asked]) -> _Asked:
    """The question a message leans on: the last, but for one that alone has words of the message in it or its reply."""
    stems = set(content_stems(message))
    held = [stems & set(content_stems(f"{asked.question.text} {asked.reply}")) for asked in talk]
    own = [len(words - held[-1]) for words in held]
    best = max(range(len(talk)), key=lambda row: (own[row], row))
    return talk[best] if own[best] and not held[-1] else talk[-1]


def parts_of(question: Standalone) -> tuple[Part, ...]:
    """The questions in a question, at most three; mostly it is one.

    A later part that leans on the first ("and how long does it take?") is searched for together with it.
    """
    first, *later = _split(question.text)
    opening = _with(first, question.topic)
    asked = [(part, _with(part, first.rstrip("?")) if leans(part) else part) for part in later]
    every = [(first, opening), *asked]
    return tuple(Part(asking=asking, search=search, said=question.said) for asking, search in every)


def _with(question: str, topic: str) -> str:
    return f"{question} ({topic})" if topic else question


def _split(question: str) -> tuple[str, ...]:
    pieces = [piece.strip() for piece in pattern("between_questions").split(question) if piece and piece.strip()]
    asking = [piece for piece in pieces if pattern("asks").search(piece)]
    thin = any(len(content_stems(piece)) < 2 for piece in pieces[:1])
    if len(asking) < 2 or len(asking) != len(pieces) or len(pieces) > MAX_PARTS or thin:
        return (question,)
    return tuple(pieces)


def leans(question: str) -> bool:
    """Whether a question can't be understood alone: it refers back, continues, or names no subject."""
    subjects = content_stems(question)
    if _names_its_subject(question):
        return False
    if pattern("continues").match(question) or pattern("role").search(question) or len(subjects) < 2:
        return True
    refers = pattern("refers").search(pattern("seeming_reference").sub(" ", question))
    return refers is not None and len(subjects) < MANY_SUBJECTS


def _names_its_subject(question: str) -> bool:
    asked = pattern("defines").match(question)
    if asked is None or pattern("role").search(question) or pattern("refers").search(question):
        return False
    what = asked["what"]
    return what != what.lower() or bool(_of_the_essays().meant(what))


@lru_cache(maxsize=1)
def _of_the_essays() -> Glossary:
    return glossary_for(wording_of((), catalog()))


def _item(message: str, talk: Sequence[_Asked], essays: Sequence[Essay]) -> str:
    """The message with the item it names by its place in the last list written out; empty where it names none.

    The item is asked of the author whose list it was.
    """
    found = pattern("ordinal").search(message)
    lists = ((list_items(asked.reply), asked.question.text) for asked in reversed(talk))
    listed, before = next((one for one in lists if len(one[0]) > 2), ([], ""))
    if found is None or not listed or len(content_stems(message)) > MOST_ITEM_STEMS:
        return ""
    number = int(found["digit"]) if found["digit"] else 0
    number = number or (_NAMES.index(found["name"].lower()) + 1 if found["name"] else _ORDINALS[found["word"].lower()])
    at = number - 1 if number > 0 else len(listed) - 1
    if not 0 <= at < len(listed):
        return ""
    rest = (
        pattern("explain").sub("", message[: found.start()]),
        re.sub(r"^ (?:one|point|case|item|question|step)s?\b", "", message[found.end() :]),
    )
    named = focus_of(before, essays).named
    of = next((f" according to {one.byline}" for one in essays if named == (one.id,)), "")
    if not any(map(str.isalnum, "".join(rest))):  # quoted, since an item that is a question does not ask for a Yes
        return f"Explain “{listed[at].rstrip('?.')}”{of}"
    return " ".join(f"{rest[0]} {listed[at]}{of} {rest[1]}".split()).replace(" ?", "?")


def list_items(reply: str) -> list[str]:
    """The items of an answer's list: its bullets, or what a sentence enumerates behind a colon."""
    clean = re.sub(r"\s*\[\d+\]", "", reply)
    bullets = [match[1].strip() for match in pattern("bullet", re.MULTILINE).finditer(clean)]
    if len(bullets) > 1:
        return bullets
    best: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", clean):
        _, colon, listed = sentence.partition(":")
        first = listed.split()[:1]
        if first and len(again := re.split(rf",\s+(?:and |or )?(?={re.escape(first[0])} )", listed.strip())) > 2:
            return [part.strip(" .") for part in again]
        whole = listed if colon else sentence
        ends = r";\s*(?:and |or )?" if whole.count(";") > 1 else r";|,\s+(?:and |or )?|\s+and\s+(?=\S+(?: \S+){0,7}$)"
        parts = [part.strip(" .") for part in re.split(ends, whole)]
        parts = [part for part in parts if part]
        if len(parts) > max(2, len(best)) or (colon and len(parts) > 1 and len(parts) > len(best)):
            best = parts
    return best


def _substituted(what: str, before: str, essays: Sequence[Essay]) -> str:
    """The question before with the corrected thing put in place of the one of its kind; else both together."""
    author = _author_switched(what, before, essays)
    if author:
        return author
    for kind in _classes():
        new, old = kind.search(what), kind.search(before)
        if new and old:
            return f"{before[: old.start()]}{new[0]}{before[old.end() :]}"
    return what if not leans(what) and len(content_stems(what)) > 2 else f"{what} ({before})"


def _switched(message: str, before: str, essays: Sequence[Essay]) -> str:
    """The question before, asked of the author or thing that the message names; empty where it names none alone."""
    what = pattern("switch").sub("", message, count=1).strip(" ?!.,")
    author = _author_switched(what, before, essays)
    if author or not what or len(content_stems(what)) > 2 or plain(what).asked != "what":
        return author
    for kind in _classes():
        new, old = kind.fullmatch(what.removeprefix("the ").removeprefix("a ")), kind.search(before)
        if new and old:
            return f"{before[: old.start()]}{new[0]}{before[old.end() :]}"
    return ""


def _author_switched(what: str, before: str, essays: Sequence[Essay]) -> str:
    """The question before, asked of the essay that ``what`` names and nothing else."""
    named = focus_of(what, essays).named
    new = [essay for essay in essays if essay.id in named]
    names = {word for essay in essays for word in name_words(essay)}
    if len(new) != 1 or content_stems(_without(what, names)):
        return ""
    bare = before
    for essay in essays:
        for word in sorted(name_words(essay), key=len, reverse=True):
            bare = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "\0", bare, flags=re.IGNORECASE)
    if "\0" in bare:
        first = re.sub(r"\0(?:[ &.,]*\0)*", "\1", bare)
        head, _, tail = first.partition("\1")
        return " ".join(f"{head}{new[0].byline}{tail.replace(chr(1), '')}".split())
    return f"{before.rstrip(' ?!.')} according to {new[0].byline}?"


def _without(text: str, names: set[str]) -> str:
    return " ".join(
        word
        for word in text.split()
        if word.strip("?.,!'’s").lower() not in names and word.strip("?.,!").lower() not in names
    )
