"""Follow-ups into standalone questions, by rules: no model needed.

A question that leans on the conversation ("And on speed?", "why do they do it?") gets the last question it
can lean on put before it; one that stands alone is left as it is.

Two questions asked at once, taken apart so that each is answered.

What a question asks of the corpus: which essays it names, and whether it compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from assistant.retrieval.lexicon import content_stems, terms_meant
from assistant.types import Essay, Frozen, Turn

_ROLE = re.compile(
    r"^\W*(?:[\w' ]{0,24}[.,!] )?(?:and )?(?:so )?"
    r"(?:what(?:'s| is|s| are| was| were)?|any|is there (?:a|any)|are there any) "
    r"(?:the |its |their )?(?:big |main |only )?"
    r"(?:catch|downsides?|upsides?|benefits?|risks?|alternatives?|reasons?|exceptions?|fix|results?|outcome|drawbacks?|trade-?offs?|"
    r"limits?|conditions?|remedy|remedies|solution|point|difference|middle(?: \w+)?|next step)\W*$",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\b(?:is|was|does|would|isn't) it\b(?=[^?]*\b(?:true|worth|ever|possible|better|make sense|to|ok|safe)\b)"
    r"|\bworth it\b"
    r"|(?<=\w )that (?=(?:the|a|an|we|you|i|is|are|was|were|can|will|should|has|have|our|my|fine|most|every)\b)",
    re.IGNORECASE,
)
"""Words that only look like references: "is it worth ...", "a model that can ..."."""
MAX_TOPIC_CHARS = 300
MANY_SUBJECTS = 8
"""A question with this many subject words can be understood whatever it refers to."""
_LEANS = re.compile(
    r"^\W*(and|but|so|then|ok(ay)?|or|also|what about|how about|which ones?|why( not| is that| so)?\W*$|how so|really|"
    r"go on|tell me more|more|explain|elaborate|for example|such as|since when|compared (to|with))\b",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(it|its|it's|that|this|those|these|they|them|their|he|she|his|her|him|there|ones?|"
    r"the (first|second|third|last|same|other|latter|former|rest|others?)( one)?|such|do so|did so|above|"
    r"previous|earlier|you (said|mention\w*)|again|instead|else)\b",
    re.IGNORECASE,
)


_DEFINES = re.compile(
    r"^\W*(?:(?:what|who)(?:['’]s| is| are| was| were)|what does|define|should (?:we|i) use|do (?:we|i) need) "
    r"(?:an? |the )?(?P<what>[\w-]+(?: [\w-]+)?)(?: mean)?\W*$",
    re.IGNORECASE,
)
"""A whole question about one thing, which is its subject where it is a name or a term: "What is RAG?"."""


def condense(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the conversation before it.

    ``history`` is oldest first; only what the user asked is taken from it, as text.
    """
    topic = _topic(question, history)
    return f"{question} ({topic})" if topic else question


def _topic(question: str, history: Sequence[Turn]) -> str:
    """The words of the earlier conversation a leaning question needs, or nothing."""
    asked = [turn.content.strip() for turn in history if turn.role == "user" and turn.content.strip()]
    if not asked or not leans(question):
        return ""
    topic = asked[-1]
    if len(asked) > 1 and leans(topic):
        topic = f"{asked[-2]} {topic}"
    return topic[-MAX_TOPIC_CHARS:]


def leans(question: str) -> bool:
    """Whether a question can't be understood alone: it refers back, continues, or names no subject."""
    subjects = content_stems(question)
    if _names_its_subject(question):
        return False
    if _LEANS.match(question) or _ROLE.search(question) or len(subjects) < 2:
        return True
    refers = _REFERS.search(_EMPTY.sub(" ", question))
    return refers is not None and len(subjects) < MANY_SUBJECTS


def _names_its_subject(question: str) -> bool:
    asked = _DEFINES.match(question)
    if asked is None or _ROLE.search(question) or _REFERS.search(question):
        return False
    what = asked["what"]
    return what != what.lower() or bool(terms_meant(what))


_ASKING = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|do|does|did|can|could|should|would|will|was|were|has|have)"
)
_BREAK = re.compile(
    rf"\?\s+(?=\S)|[,;]?\s+(?:and|plus|also)(?: also)?,?\s+(?={_ASKING}\b)|;\s+(?={_ASKING}\b)", re.IGNORECASE
)
_ASKS = re.compile(rf"^\W*(?:and |but |so |also |then )?{_ASKING}\b|\?\s*$", re.IGNORECASE)
MAX_PARTS = 3


class Part(Frozen):
    """One of the questions asked at once: ``asking`` in the asker's words, ``search`` as it stands alone.

    ``said`` is the reply it follows on, which need not be said again.
    """

    asking: str
    search: str
    said: str = ""


def parts_of(question: str, history: Sequence[Turn] = ()) -> tuple[Part, ...]:
    """The questions in a question, at most three, each standalone; mostly it is one.

    A later part that leans on the first ("and how long does it take?") is searched for together with it.
    """
    asked = _split(question)
    first = condense(asked[0], history)
    replies = [turn.content for turn in history if turn.role == "assistant"] if first != asked[0] else []
    return (
        Part(asking=asked[0], search=first, said=replies[-1] if replies else ""),
        *(_later(part, asked[0], first, history) for part in asked[1:]),
    )


def _later(part: str, opening: str, first: str, history: Sequence[Turn]) -> Part:
    if leans(part):
        return Part(asking=f"{part} ({opening})", search=f"{part} ({first})")
    return Part(asking=part, search=condense(part, history))


def _split(question: str) -> tuple[str, ...]:
    pieces = [piece.strip() for piece in _BREAK.split(question) if piece and piece.strip()]
    asking = [piece for piece in pieces if _ASKS.search(piece)]
    thin = any(len(content_stems(piece)) < 2 for piece in pieces[:1])
    if len(asking) < 2 or len(asking) != len(pieces) or len(pieces) > MAX_PARTS or thin:
        return (question,)
    return tuple(pieces)


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
LONG_NAME = 5
_WORD = re.compile(r"\w+")
_COMMON = frozenset("the of for and bits writing blog com org inc llc ltd fine tuning".split())


class Focus(Frozen):
    """Essays named in the question (ids, in corpus order), and whether it compares them."""

    named: tuple[str, ...] = ()
    compares: bool = False


def focus_of(question: str, essays: Iterable[Essay]) -> Focus:
    """Read a question for titles, authors and publishers, and for words that compare."""
    every = list(essays)
    if len(every) > 1 and _ALL.search(question) is not None:
        named = tuple(essay.id for essay in every)
    else:
        by_author, lower = _owners_named(question, every), question.lower()
        named = tuple(essay.id for essay in every if essay.id in by_author or essay.title.lower() in lower)
    return Focus(named=named, compares=len(named) > 1 or _COMPARES.search(question) is not None)


def subject_of(question: str, focus: Focus, essays: Iterable[Essay]) -> str:
    """The question without the names of the essays it names, which else draw every sentence that names them too."""
    named = [essay for essay in essays if essay.id in focus.named]
    bare = question
    for word in {word for essay in named for word in name_words(essay)}:
        bare = re.sub(rf"(?<!\w){re.escape(word)}(?:['’]s)?(?!\w)", " ", bare, flags=re.IGNORECASE)
    bare = " ".join(_SETTING.sub(" ", bare).split()) if named else _ASKED_OF.sub("", question)
    return bare if len(content_stems(bare)) >= MIN_SUBJECT_WORDS else question


def _owners_named(question: str, every: Sequence[Essay]) -> set[str]:
    """Ids of the essays whose author or publisher the question names, by a word that is no other essay's name.

    Long names in any case; short ones ("Pan", "Logic") only with a capital, as they are words too.
    """
    owners = _owners(tuple((essay.id, essay.author or "", essay.publisher or "") for essay in every))
    spelled = {word.lower() for word in _WORD.findall(question) if word[0].isupper() or len(word) > LONG_NAME}
    return {found[0] for word in spelled if len(found := owners.get(word, ())) == 1}


@lru_cache(maxsize=4)
def _owners(bylines: tuple[tuple[str, str, str], ...]) -> Mapping[str, tuple[str, ...]]:
    """The ids of the essays that have each word in their author's or publisher's name."""
    owners: dict[str, tuple[str, ...]] = {}
    for source_id, author, publisher in bylines:
        for word in _name_words(author, publisher):
            owners[word] = (*owners.get(word, ())[:1], source_id)  # two are as good as more
    return owners


def name_words(essay: Essay) -> frozenset[str]:
    """Words of the author's and the publisher's name, lower case."""
    return _name_words(essay.author or "", essay.publisher or "")


@lru_cache(maxsize=20_000)
def _name_words(author: str, publisher: str) -> frozenset[str]:
    given = re.findall(r"[^\W\d_]{3,}", f"{author} {publisher}")
    return frozenset(word.lower() for word in given) - _COMMON
