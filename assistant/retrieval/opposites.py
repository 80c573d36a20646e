"""Words of general English that turn a sentence round: pairs of opposites, each side by the stems of its words."""

from __future__ import annotations

import re
from functools import lru_cache

_PAIRS = (
    (r"grow\w*|increas\w*|widen\w*|ris(?:e|es|ing)|rose|rais\w*|doubl\w*|gain\w*", r"shrink\w*|shrunk|narrow(?:s|ed|ing)|decreas\w*|fall\w*|fell|drop\w*|clos(?:es|ing)|cuts?|reduc\w*|lower\w*|halv\w*|los(?:e|es|t|ing)"),
    (r"better|improv\w*|superior", r"worse\w*|regress\w*|degrad\w*|inferior"),
    (r"enough|suffic\w+|will do|do the job|suffices", r"need|needs|needed|require[sd]?|takes? more|insufficient"),
    (r"current|up to date|up-to-date|fresh", r"outdated|stale|obsolete|out of date|out-of-date|behind"),
    (r"easier|easy|simpler|simple", r"harder|hard|difficult|complex"),
    (r"cheap\w*|sav(?:e|es|ing|ings)|affordable", r"dear\w*|expensive|costly|costlier"),
    (r"fast\w*|quick\w*|sooner|speeds? up", r"slow\w*|longer|later|delay\w*"),
    (r"safe\w*", r"risk\w*|danger\w*|unsafe"),
    (r"before|first|ahead of|earlier", r"after|afterwards|last|behind|later"),
    (r"agree\w*|alike|the same", r"disagree\w*|differ\w*|clash\w*|contradict\w*"),
    (r"keep\w*|retain\w*|preserv\w*|stays?", r"forget\w*|los(?:e|es|ing)|overwrit\w*|drops?"),
    (r"allow\w*|permit\w*|free to|open to", r"forbid\w*|forbade|ban(?:s|ned)?|prohibit\w*"),
    (r"above|over|exceed\w*|more than|at least", r"below|under|fewer than|less than|at most"),
    (r"large\w*|many|high\w*|big\w*|plenty", r"small\w*|few|low\w*|little|tiny"),
    (r"strength\w*|strong\w*", r"weak\w*"),
    (r"always|all|every\w*", r"never|none|nobody|no one"),
    (r"in favou?r|supports?|recommend\w*|praise\w*", r"oppos\w*|reject\w*|warns?|warned|discourag\w*"),
    (r"succeed\w*|success\w*|helps?|win\w*", r"fail\w*|hurts?|harm\w*"),
    (r"editable|reversible|flexible", r"permanent|irreversible|frozen|fixed"),
    (r"inside|in the weights|into the weights|in weights|into weights", r"outside|in text|in the prompt|in context"),
)  # fmt: skip
_OPPOSITES = tuple((re.compile(rf"\b(?:{a})\b", re.I), re.compile(rf"\b(?:{b})\b", re.I)) for a, b in _PAIRS)


@lru_cache(maxsize=8_000)
def sides(text: str) -> tuple[int, ...]:
    """For each pair 1 where only its first side stands in the text, -1 where only its second does, else 0."""
    return tuple(bool(a.search(text)) - bool(b.search(text)) for a, b in _OPPOSITES)


def opposed(one: str, other: str) -> int:
    """How many pairs stand with one side in one text and with the other side in the other."""
    return sum(a * b < 0 for a, b in zip(sides(one), sides(other), strict=True))
