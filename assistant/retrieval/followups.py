"""Follow-ups into standalone questions, by rules: no model needed.

A question that leans on the conversation ("And on speed?", "why do they do it?") gets the last question it
can lean on put before it; one that stands alone is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.retrieval.glossary import terms_meant
from assistant.retrieval.lexicon import content_stems
from assistant.types import Turn

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
