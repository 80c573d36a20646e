"""What a question asks of the corpus: which essays it names, and whether it compares."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.retrieval.lexicon import content_stems
from assistant.types import Essay, Frozen

_COMPARES = re.compile(
    r"\b(compar\w+|versus|vs|differ\w*|(?:dis)?agree\w*|contrast\w*|contradict\w*|conflict\w*|in common|stack up|"
    r"aligned|opposite|whereas|authors each|each (?:author|essay|piece|post|writer)|"
    r"(?:all|any of the|all of the|four|three|two|which|other|both) (?:\w+ )?"
    r"(?:essays|authors|pieces|posts|writers|articles))\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:(?:all|each) (?:of )?(?:the )?|the )four (?:essays|authors|pieces|articles)\b"
    r"|\ball (?:of )?(?:the )?(?:essays|authors)\b|\beach (?:essay|author)\b|\bauthors each\b",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\b(?:according to|in (?:the|his|her|their) (?:essay|article|piece|post|framework)|"
    r"(?:the|his|her) (?:essay|article|piece|post)|compared? (?:with|to)?|contrast|versus|vs)\b",
    re.IGNORECASE,
)
_ASKED_OF = re.compile(
    r"^\W*what (?:do|does) (?:my|our|your|the|these|those) (?:documents?|docs|essays|notes|sources|files|authors|texts)"
    r" (?:say|tell us|state|mention|have to say) (?:about|on|regarding) ",
    re.IGNORECASE,
)
MIN_SUBJECT_WORDS = 1
_COMMON = frozenset("the of for and bits writing blog com org inc llc ltd fine tuning".split())


class Focus(Frozen):
    """Essays named in the question (ids, in corpus order), and whether it compares them."""

    named: tuple[str, ...] = ()
    compares: bool = False


def focus_of(question: str, essays: Iterable[Essay]) -> Focus:
    """Read a question for titles, authors and publishers, and for words that compare."""
    every = list(essays)
    all_meant = len(every) > 1 and _ALL.search(question) is not None
    named = tuple(essay.id for essay in every if all_meant or _is_named(essay, question, every))
    return Focus(named=named, compares=len(named) > 1 or _COMPARES.search(question) is not None)


def subject_of(question: str, focus: Focus, essays: Iterable[Essay]) -> str:
    """The question without the names of the essays it names, which else draw every sentence that names them too."""
    named = [essay for essay in essays if essay.id in focus.named]
    bare = question
    for word in {word for essay in named for word in _name_words(essay)}:
        bare = re.sub(rf"(?<!\w){re.escape(word)}(?:['’]s)?(?!\w)", " ", bare, flags=re.IGNORECASE)
    bare = " ".join(_SETTING.sub(" ", bare).split()) if named else _ASKED_OF.sub("", question)
    return bare if len(content_stems(bare)) >= MIN_SUBJECT_WORDS else question


def _is_named(essay: Essay, question: str, every: list[Essay]) -> bool:
    if essay.title.lower() in question.lower():
        return True
    others = {word for other in every if other.id != essay.id for word in _name_words(other)}
    return any(_stands_as_name(word, question) for word in _name_words(essay) - others)


def _stands_as_name(word: str, question: str) -> bool:
    """Long names in any case; short ones ("Pan", "Logic") only with a capital, as they are words too."""
    found = re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", question, re.IGNORECASE)
    return any(match[0][0].isupper() or len(word) > 5 for match in found)


def _name_words(essay: Essay) -> set[str]:
    """Words of the author's and the publisher's name, lower case."""
    given = re.findall(r"[^\W\d_]{3,}", f"{essay.author or ''} {essay.publisher or ''}")
    return {word.lower() for word in given} - _COMMON
