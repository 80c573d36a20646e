"""What people say that is not a question to the essays: greetings, "what can you do", "which essays", summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from assistant.retrieval.focus import focus_of
from assistant.types import Essay, Frozen

IntentKind = Literal["question", "greeting", "thanks", "abilities", "essays", "summary", "about"]

_PATTERNS: tuple[tuple[IntentKind, str], ...] = (
    ("greeting", r"(hi|hello|hey|hiya|howdy|greetings|good (morning|afternoon|evening|day)|hallo|yo)( there| all| everyone| assistant)?( how are you( doing)?( today)?)?"),
    ("thanks", r"(ok |okay |great |perfect |cool )?(thanks|thank you|thx|cheers|ta|bye|goodbye|see you)( a lot| so much| very much| again| then| for .{1,40})?"
               r"|(ok|okay|great|cool|nice|perfect|got it)( thanks)?"),
    ("abilities", r"(hi |hello |hey )?((so )?what (can|do|could) you (do|help( me)?( with)?|know( about)?|answer|offer)( for me| here)?|help|help me|who are you|what are you"
                  r"|what is this( (thing|tool|bot|assistant|site|page))?|how (do|can|should) i use (you|this)|how does this (work|thing work)|what (can|should|could) i ask( you)?( about| here)?"
                  r"|what topics (do|can) you (cover|answer))"),
    ("essays", r"(which|what|list|show|name)( me)?( all)?( of)?( the)? ?(four |your )?(essays|sources|documents|articles|authors|texts|pieces|material|corpus)"
               r"( (do|can|are|have|did) (you|there|in here|we)( all)?( know| have| use| cover| read| cite| draw on| based on| got| here)?( about)?"
               r"| you( all)? (know|have|use|cover|read|cite|rely on)( about)?| is this( all)? based on| are (these|they)| wrote these)?"
               r"|(what|which) (is|are) (your|the) (sources?|essays|authors|documents)|where do(es)? (your|the) (answers|information|knowledge) come from|what (are you|is this) based on"
               r"|who (wrote|are) (these|the|your) (essays|authors|sources|pieces)"),
)
_COMPILED = tuple((kind, re.compile(rf"(?:{pattern})")) for kind, pattern in _PATTERNS)
_SUMMARY = re.compile(
    r"\b(summar(y|i[sz]e|ies|i[sz]ing|i[sz]es)|tl;?dr|gist|overview|recap|in a nutshell|main (point|points|argument|idea|message|claim|thesis|takeaways?)"
    r"|key (points?|takeaways?|message|ideas?)|boil down|sum up|what('s| is| does) .{0,60}(essay|piece|article|post) (about|say|argue|claim)s?( in general| overall)?\W*$"
    r"|what does .{2,40} (argue|claim|think|say) (overall|in general|in (the|his|her|their) (essay|piece|post|article)))",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(who (wrote|is the author of|published|authored)|author of|when was .{0,60}(published|written|posted)|where was .{0,60}published"
    r"|(publication|published) date|(link|url|address) (to|of|for) )",
    re.IGNORECASE,
)


class Intent(Frozen):
    """What kind of message it is, and the essays it is about (ids)."""

    kind: IntentKind = "question"
    essays: tuple[str, ...] = ()


def intent_of(message: str, essays: Iterable[Essay]) -> Intent:
    """Read one message. Whatever matches no pattern is a question."""
    every = list(essays)
    plain = re.sub(r"[^\w;' ]+", " ", message.lower()).strip()
    plain = " ".join(plain.split())
    for kind, pattern in _COMPILED:
        if pattern.fullmatch(plain):
            return Intent(kind=kind)
    named = _named(message, every)
    if named and _ABOUT.search(message) and len(plain.split()) <= 16:
        return Intent(kind="about", essays=named)
    if _SUMMARY.search(message) and (named or re.search(r"\b(essays|all four|them all|everything|the corpus)\b", plain)):
        return Intent(kind="summary", essays=named or tuple(essay.id for essay in every))
    return Intent()


def _named(message: str, every: list[Essay]) -> tuple[str, ...]:
    """Essays named by author, publisher, title or id."""
    by_id = tuple(essay.id for essay in every if essay.id.lower() in message.lower())
    return by_id or focus_of(message, every).named
