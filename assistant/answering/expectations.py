"""The kind of thing a question asks for, and whether a sentence has it: an amount, a year, a name.

"How much did it cost in dollars?" is not answered by a sentence without dollars, however near its subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.retrieval.lexicon import words

Check = Callable[[str, str], bool]
_NUMBER_WORDS = (
    "zero|none|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|"
    "thousands?|millions?|billions?|dozens?|half|double|triples?|single|few|several"
)
_NUMBER = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s?\d|\b(?:dollars|euros)\b", re.IGNORECASE)
_SHARE = re.compile(r"\d\s?%|\bpercent|\b(?:half|third|quarter|most|majority|double|triples?|times)\b|\b0?\.\d", re.IGNORECASE)
_DATE = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:January|February|March|April|June|July|August|September|October|November|December)\b"
    r"|\b(?:days?|weeks?|months?|years?|later|ago|since|once|after|before|when)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b|\b\w+ years? (?:later|ago|before)\b", re.IGNORECASE)
_OFTEN = re.compile(r"\b(?:every|each|daily|weekly|monthly|yearly|often|times a|days?|weeks?|months?|quarter)\b", re.IGNORECASE)
_PEOPLE = re.compile(rf"(?:\d[\d,.]*|\b(?:{_NUMBER_WORDS})) (?:of )?(?:\w+ )?(?:people|employees|engineers|staff|members|developers)", re.I)
_NAMED = re.compile(r"(?<![.!?:] )(?<!^)\b(?:[A-Z][\w-]*[A-Za-z0-9]|\w*\d\w*[A-Z]\w*)")
_NAMED_THING = (
    r"(?:(?:base|frontier|foundation|specific|exact|new|open|language|embedding|particular|chat|ai|llm|eval\w*|cloud|"
    r"annotation|labell?ing|monitoring|training|serving|vector|data) )*"
    r"(?:model|tool|tools|library|libraries|framework|vendor|vendors|provider|database|platform|company|customer|client|"
    r"software|startup|bank|university|product|programming language|conference|journal|person)\b(?! (?:size|sizes|type|types|gets|behavi))"
)

_RULES: tuple[tuple[re.Pattern[str], Check], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), check)
    for pattern, check in (
        (r"\bdollars?\b|\busd\b|\$ ?(?:amount|figure)|\bsalar(?:y|ies)\b|\bper hour\b", lambda s, q: bool(_MONEY.search(s))),
        (r"\bhow much (?:did|does|do|would|will|is|was|money)\b.*\b(?:cost|spend|spent|pay|paid|charge|earn|raise|save)\b",
         lambda s, q: bool(_MONEY.search(s) or _SHARE.search(s) or _NUMBER.search(s))),
        (r"\b(?:which|what) year\b|\bwhat date\b|\bexact date\b", lambda s, q: bool(_YEAR.search(s))),
        (r"^\W*when (?:did|was|were|will)\b", lambda s, q: bool(_DATE.search(s))),
        (r"\b(?:what|which) (?:percentage|percent|proportion|fraction|share)\b|\bhow (?:high|low) (?:is|was)\b",
         lambda s, q: bool(_SHARE.search(s))),
        (r"\bhow many (?:people|employees|engineers|staff|developers|team members)\b", lambda s, q: bool(_PEOPLE.search(s))),
        (r"\bhow many\b", lambda s, q: bool(_NUMBER.search(s))),
        (r"\bhow (?:often|frequently)\b", lambda s, q: bool(_OFTEN.search(s))),
        (rf"\b(?:which|what|name (?:the|a)|name of the) {_NAMED_THING}", lambda s, q: _new_name(s, q)),
    )
)


def unmet(question: str, sentences: list[str]) -> str | None:
    """What the question asks for that none of the sentences has, in words; None where nothing is missing."""
    for (pattern, check), missing in zip(_RULES, _MISSING, strict=True):
        if pattern.search(question):
            return None if any(check(s, question) for s in sentences) else missing
    return None


_MISSING = ("an amount of money", "an amount", "a year", "a date", "a share", "a number of people", "a number", "how often", "a name")


def meets(question: str, sentence: str) -> bool:
    """Whether the sentence has the kind of thing the question asks for, or the question asks for none."""
    return unmet(question, [sentence]) is None


def _new_name(sentence: str, question: str) -> bool:
    """A name or designation in the sentence that the question did not bring itself."""
    asked = set(words(question))
    return any(not set(words(match[0])) <= asked for match in _NAMED.finditer(sentence))
