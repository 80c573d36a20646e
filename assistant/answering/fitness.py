"""How fit a sentence is to answer a question: what search made of it, and what the sentence itself says and lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answering.excerpts import Excerpt, Excerpts
from assistant.answering.judge import asking_part, brought_by, kind_of
from assistant.answering.vocabulary import Vocabulary
from assistant.corpus.loading import built_in
from assistant.corpus.markup import readable
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.reading import plain
from assistant.retrieval.retriever import Retrieved, ScoredSentence

LISTS = re.compile(
    r"\b(?:what|which) (?:are|were|things|steps|items|kinds?|types?|rules)\b"
    r"|\b(?:list|steps|how (?:do|can|should|to)|consist)\b",
    re.IGNORECASE,
)
JUST_SAID = 0.2
OPEN_ENDED = 0.2
OTHER_CODE = 0.25
"""What a sentence about the 7B model loses where the 70B one is asked for."""
DEFINES = 0.12
POINTS = 0.15
"""What a sentence loses that only says where to read on."""
LOOKS = 0.4
"""What a sentence loses that says only that something comes next."""
OWN_READ = 24
LEAST = 0.545
"""A sentence less fit than this answers nothing, however near its passage is."""
COVERED = 0.34
"""The share of the question's telling words that a sentence, its heading and its title must have."""
OTHER_POLARITY = 0.15
ANNOUNCES = 0.03
"""A sentence that announces a list or code brings more of an answer."""
HEADS = 0.06
"""What opens the section whose heading is what is asked for mostly says what it is."""
CODING = 0.2
ENUMERATES = 0.1
"""Where a list is asked for, sentences that count its points are one."""
QUOTES = 0.4
"""What a sentence loses that only repeats the question among other words."""
_CODING = re.compile(
    r"\b(?:write|show|give|example|code|snippet|function|script|query|schema|config\w*)\b", re.IGNORECASE
)
_DENIES = re.compile(r"\b(?:not|never|no|cannot|without|except|only)\b|n['’]t\b", re.IGNORECASE)
OWN_MEANING, OWN_WORDS = 0.8, 0.3
_POINTS = re.compile(
    r"\W*(?:see|here(?:['’]s| is| are)|for (?:more|further|all other)|read|refer to|please (?:see|read|refer)"
    r"|more (?:info|detail)\w*|consult|check out|learn (?:more|about)|as (?:mentioned|described|discussed)"
    r"|we(?:['’]ll| will)|in this chapter|then|(?:you (?:can|will|may) )?find (?:more|names|details|information))\b",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\W*(?:(?:first|now|next|then|so),? )?let['’]s (?:\w+ )?(?:take a |have a )?"
    r"(?:look|see|explore|discuss|turn|examine)\b",
    re.IGNORECASE,
)
"""A sentence that only leads over to what comes next."""
_CODE = re.compile(r"\b(?:\d+(?:\.\d+)?[A-Za-z]\w*|[A-Za-z]+-?\d\w*)\b")
_WHAT_IS = re.compile(r"^\W*(?:what(?:'s| is| are)|define|explain) (?:an? |the )?([\w -]{3,40}?)\W*$", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A sentence with what it cannot stand without, and how fit it is to answer; more is better."""

    sentence: ScoredSentence
    excerpt: Excerpt
    fitness: float


@dataclass(frozen=True)
class Likeness:
    """How like a sentence's own words are to a question, without the heading above them that made it be found."""

    encode: Callable[[list[str]], NDArray[np.float32]]
    vocabulary: Vocabulary

    def __call__(self, found: Retrieved, sentences: Sequence[ScoredSentence]) -> dict[tuple[str, int], float]:
        """0 to about 1 for the best sentences; those that cover too little of what is asked are left out."""
        own = sentences[:OWN_READ]
        asked = self.vocabulary.telling(found.subject, found.terms)
        total = sum(asked.values()) or 1.0

        def covered(text: str) -> float:
            return sum(asked[stem] for stem in asked.keys() & set(content_stems(text))) / total

        vectors = self.encode([found.subject, *(readable(s.text) for s in own)])
        return {
            (s.source_id, s.start): OWN_MEANING * float(vectors[0] @ vector) + OWN_WORDS * covered(s.text)
            for s, vector in zip(own, vectors[1:], strict=True)
            if covered(f"{self.vocabulary.title(s.source_id)} {s.section} {s.text}") >= COVERED
        }


def candidates(
    sentences: Sequence[ScoredSentence], found: Retrieved, excerpts: Excerpts, likeness: Likeness | None = None
) -> list[Candidate]:
    """The sentences that can be quoted, by fitness, best first.

    Fitness is the retrieval score, less where the sentence lacks the kind of thing asked for, is itself a question
    or an opening, or was just said in the conversation.
    """
    asking = asking_part(found.asking)
    kind, brought = kind_of(asking, ours=all(built_in([s.source_id]) for s in found.sentences[:1])), brought_by(asking)
    coded, term = _codes(asking), _term_asked(asking)
    penalty = kind.weight if kind is not None else 0.0

    tied = likeness is None or not sentences or built_in([sentences[0].source_id])
    own = {} if tied or likeness is None else likeness(found, sentences)
    sentences = sentences if tied else [s for s in sentences if (s.source_id, s.start) in own]
    asked = frozenset(content_stems(found.subject))
    denied, coding = plain(asking).denied, _CODING.search(asking) is not None

    def fitness(sentence: ScoredSentence) -> float:
        lacks = kind is not None and not kind.given(sentence.text, brought)
        opens = sentence.text.rstrip().endswith("?")
        told = shared_words(sentence.text, found.said) if found.said else 0.0
        other = bool(coded) and bool(_codes(sentence.text)) and not coded & _codes(sentence.text)
        defines = DEFINES if term and _defines(sentence.text, term, tied=tied) else 0.0
        score = sentence.score if tied else _of_own(sentence, own[sentence.source_id, sentence.start])
        if not tied:
            score -= OTHER_POLARITY * (denied and not _DENIES.search(sentence.text))
            score += HEADS * (frozenset(content_stems(sentence.section)) == asked and excerpts.opens(sentence))
            score += CODING * (coding and sentence.text.startswith(("```", "~~~")))
            score -= QUOTES * (not opens and _bare(asking) in sentence.text.lower())
        return score + defines - penalty * lacks - OPEN_ENDED * opens - JUST_SAID * told - OTHER_CODE * other

    listing = LISTS.search(asking) is not None
    quoted = ((s, excerpts.around(s, asked, listing=listing)) for s in sentences)
    found_fit = ((s, e, fitness(s) + ENUMERATES * e.enumerates) for s, e in quoted if e is not None)
    ranked = sorted((Candidate(*one) for one in found_fit), key=lambda c: -c.fitness)
    return ranked if tied or (ranked and ranked[0].fitness >= LEAST) else []


def _of_own(sentence: ScoredSentence, likeness: float) -> float:
    """The score of a sentence that no question is tied to."""
    announces = ANNOUNCES * sentence.text.rstrip().endswith(":")
    points = POINTS * bool(_POINTS.match(sentence.text)) + LOOKS * bool(_LOOKS.match(sentence.text))
    return (sentence.score + likeness) / 2 + announces - points


def shared_words(a: str, b: str) -> float:
    """Subject words two texts share, as a part of the shorter one's, 0 to 1."""
    left, right = set(content_stems(a)), set(content_stems(b))
    return len(left & right) / max(1, min(len(left), len(right)))


def _bare(question: str) -> str:
    return question.strip(" ?!.\"'？。！").lower()


def _codes(text: str) -> set[str]:
    """Designations with digits, such as 70B or p95, without plain numbers."""
    return {match[0].lower() for match in _CODE.finditer(text)}


def _term_asked(asking: str) -> str | None:
    """The term of a question that is no more than "what is TERM?"."""
    match = _WHAT_IS.match(asking)
    return match[1].lower() if match else None


def _defines(text: str, term: str, *, tied: bool) -> bool:
    """Whether the sentence opens with the term and says what it is."""
    bare = re.sub(r"[*_`]", "", text.lower())
    verbs = "is|are|means?|can|lets?" if tied else "is|are|means?|refers? to|defines?|describes?|denotes?"
    defines = rf"(?:the |an? )?{re.escape(term)}s? (?:{verbs}) (?!still|an active|different)"
    return re.match(defines, bare) is not None
