"""The kind of thing a question asks for, and whether a sentence has it: an amount, a year, a name.

"How much did it cost in dollars?" is not answered by a sentence without dollars, however near its subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.retrieval.lexicon import words

_NUMBER_WORDS = (
    "zero|none|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|"
    "thousands?|millions?|billions?|dozens?|half|double|triples?|single|few|several"
)
_NUMBER = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s?\d|\b(?:dollars|euros)\b", re.IGNORECASE)
_AMOUNT = re.compile(rf"{_MONEY.pattern}|\d\s?%|\bpercent|\b(?:cheap\w*|expensive|fraction|free)\b|\bcosts? [^.]*\d", re.IGNORECASE)
_PERSON = re.compile(r"\b[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+\b")
_SHARE = re.compile(
    r"\d\s?%|\bpercent|\b(?:half|third|quarter|most|majority|double|triples?|times)\b|\b0?\.\d", re.IGNORECASE
)
_DATE = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:January|February|March|April|June|July|August|September|October|November|December)\b"
    r"|\b(?:days?|weeks?|months?|years?|later|ago|since|once|after|before|when)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b|\b\w+ years? (?:later|ago|before)\b", re.IGNORECASE)
_SCORED = re.compile(r"\b(?:accura\w+|precision|f1|score\w*|right|correct\w*|pass\w*)\b.*\d|\d.*\b(?:accura\w+|precision|f1|score\w*|pass\w*)\b", re.I)
_DURATION = re.compile(
    r"\b(?:seconds?|minutes?|hours?|days?|afternoon|weeks?|months?|quarters?|years?|decades?|same day|immediately|at once|instantly)\b", re.I
)
_ENUMERATION = re.compile(r"[,;][^.]*[,;][^.]*\b(?:and|or)\b|:[^.]*[,;][^.]*\b(?:and|or)\b|,[^.,]*,|→.*→", re.IGNORECASE)
_OFTEN = re.compile(r"\b(?:every|each|daily|weekly|monthly|yearly|often|times a|days?|weeks?|months?|quarter)\b", re.IGNORECASE)
_PEOPLE = re.compile(
    rf"(?:\d[\d,.]*|\b(?:{_NUMBER_WORDS})) (?:of )?(?:\w+ )?(?:people|employees|engineers|staff|members|developers)", re.I
)
_NAMED = re.compile(r"(?<![.!?:] )(?<!^)\b(?:[A-Z][\w-]*[A-Za-z0-9]|\w*\d\w*[A-Z]\w*)")
_THING = (
    r"(?:(?:base|frontier|foundation|specific|exact|new|open|language|embedding|particular|chat|ai|llm|eval\w*|cloud|"
    r"annotation|labell?ing|monitoring|training|serving|vector|data) )*"
    r"(?:model|tools?|library|libraries|framework|vendors?|providers?|database|platform|company|customer|client|software|"
    r"startup|bank|university|product|programming language|conference|journal|person)\b(?! (?:sizes?|types?|gets|behavi))"
)


@dataclass(frozen=True)
class Kind:
    """A kind of thing asked for: how the question shows it, what a sentence with it looks like, its name.

    One that is not ``required`` is preferred where there is a choice, and not missed where there is none.
    """

    asked: re.Pattern[str]
    given: Callable[[str, str], bool]
    name: str
    required: bool = True


def _kind(asked: str, given: re.Pattern[str] | Callable[[str, str], bool], name: str) -> Kind:
    pattern = given if isinstance(given, re.Pattern) else None
    check = (lambda sentence, _: bool(pattern.search(sentence))) if pattern is not None else given
    return Kind(re.compile(asked, re.IGNORECASE), check, name)  # type: ignore[arg-type]


def _new_name(sentence: str, question: str) -> bool:
    """A name or designation in the sentence that the question did not bring itself."""
    asked = set(words(question))
    return any(not set(words(match[0])) <= asked for match in _NAMED.finditer(sentence))


def _person(sentence: str, question: str) -> bool:
    """A first and a last name in the sentence that the question did not bring."""
    return any(match[0].lower() not in question.lower() for match in _PERSON.finditer(sentence))


KINDS = (
    _kind(r"\bdollars?\b|\busd\b|\$ ?(?:amount|figure)|\bsalar(?:y|ies)\b|\bper hour\b", _MONEY, "an amount of money"),
    _kind(r"\bhow much (?:did|does|do|would|will|is|was|money)\b.*\b(?:cost|spend|spent|pay|paid|charge|earn|raise|save)\b"
          r"|\bwhat (?:does|did|do|will|the|an?) .{2,60} (?:spend|pay|charge|costs?)\b(?! (?:of|more))"
          r"|\b(?:what|what's) (?:is |are |was |does )?(?:the )?(?:current |exact |total |going )?(?:price|prices|fee|fees) (?:of|for)\b",
          _AMOUNT, "an amount"),
    _kind(r"\b(?:which|what) year\b|\bwhat date\b|\bexact date\b", _YEAR, "a year"),
    _kind(r"^\W*when (?:did|was|were|will)\b", _DATE, "a date"),
    _kind(r"\b(?:what|which) (?:percentage|percent|proportion|fraction|share)\b", _SHARE, "a share"),
    _kind(r"\b(?:what|which|how much) (?:\w+ )?(?:accuracy|precision|f1|score)\b|\baccuracy (?:in percent|did|does|was)\b", _SCORED, "a score"),
    _kind(r"\bhow long\b|\bhow many (?:minutes|hours|days|weeks|months|years)\b|\bwhat duration\b", _DURATION, "how long"),
    _kind(r"\bwho (?:wrote|invented|created|founded|coined|proposed|described|discovered|designed|first|leads?|led|ran|runs|heads|headed)\b"
          r"|\bwho (?:is|was) the (?:founder|ceo|cto|inventor|author|creator|head|first|client|customer)\b|\bwho (?:were|are) (?:the|its|their) (?:authors?|founders?|researchers)\b", _person, "a name"),
    _kind(r"\b(?:in|how many) (?:milliseconds|ms|seconds|microseconds)\b", re.compile(r"\d\s?(?:ms\b|milliseconds|seconds)|\bseconds\b"), "a time"),
    _kind(r"\bhow (?:much|many) (?:memory|ram|vram|gb|gigabytes|storage|disk)\b", re.compile(r"\d\s?(?:GB|MB|TB|KB)"), "an amount of memory"),
    _kind(r"\bas a (?:figure|number|percentage)\b|\b(?:exact|precise|actual) (?:figure|number|amount|value)\b", _NUMBER, "a figure"),
    _kind(r"\bhow many (?:people|employees|engineers|staff|developers|team members)\b", _PEOPLE, "a number of people"),
    _kind(r"\bhow many\b", _NUMBER, "a number"),
    _kind(r"\bhow (?:often|frequently)\b", _OFTEN, "how often"),
    _kind(rf"\b(?:which|what|name (?:the|a)|name of the) {_THING}", _new_name, "a name"),
)  # fmt: skip


LISTED = Kind(
    re.compile(
        rf"\b(?:what|which) (?:are|were) (?:the|those|these|his|her|their|all)\b|\b(?:list|name|enumerate|give me|tell me) (?:me )?(?:the|all|his|her|their)\b"
        rf"|\b(?:the|which|what) (?:{_NUMBER_WORDS}|\d) \w+|\bin (?:what|which) order\b|\b(?:what is|what's|explain|describe) (?:the|his|her|\w+'s) (?:\w+ )?(?:ladder|sequence|framework|steps|checklist)\b",
        re.IGNORECASE,
    ),
    lambda sentence, _: bool(_ENUMERATION.search(sentence)),
    "a list",
    required=False,
)


def kind_of(question: str) -> Kind | None:
    """The kind of thing the question asks for; None where it asks for an explanation, advice or yes or no."""
    return next((kind for kind in (*KINDS, LISTED) if kind.asked.search(question)), None)


def unmet(question: str, sentences: Sequence[str]) -> str | None:
    """What the question asks for that none of the sentences has, in words; None where nothing is missing."""
    kind = kind_of(question)
    if kind is None or not kind.required or any(kind.given(sentence, question) for sentence in sentences):
        return None
    return kind.name
