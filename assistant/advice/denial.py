"""Whether the words before a phrase take it back: "not", "never", "without", a minus sign, half of a range."""

from __future__ import annotations

import re

from assistant.advice.figures import NUMBER, PERCENT

WITHIN = 80
"""Characters before a phrase in which it may be taken back."""
_WORD = (
    r"(?:(?:not|no)(?! (?:only|just|merely|doubt|(?:more|less|fewer|later|longer) than)\b)|cannot|[a-z]+n['’]t|dont"
    r"|never|neither|nor|none|nobody|nothing|nowhere|without|used to|lack(?:s|ed|ing)?|lost|hardly any|far from"
    r"|short of|exempt from|free (?:of|from)|except(?: for)?|other than|apart from|instead of|rather than"
    r"|(?:everything|all|anything) but)"
)
_CLAUSE = re.compile(
    r"[,()\"“”]|\s[-–—]+\s|—|\b(?:but|however|yet we|though|although|because|so|and (?:we|our|it|i|the))\b", re.I
)
_BUT_ALL = re.compile(r"\b(?:everything|all|anything) but\b", re.I)
_ASIDE = re.compile(rf"\b({_WORD}),[^,]{{1,40}},\s*", re.I)
_DENIED = re.compile(rf"(?<![\w']){_WORD}(?:\s+[\w'%$€£/-]+){{0,4}}\s*$|\bnon-$", re.I)
_MINUS = re.compile(r"(?:^|\s|\d|[($€£])[-−–]\s?[$€£]?\s?$")
_FIRST_HALF = re.compile(rf"(?:{NUMBER}\s?(?:-|–|to|or)\s?|\bbetween\s{NUMBER}\sand\s)(?:about |even )?$", re.I)
_OTHER_HALF = re.compile(
    rf"(?:\s?[-–/]\s?|,?\s(?:to|and|or|then|but)\s|,\s(?=also|even|now|sometimes|then))"
    rf"(?:(?:also|even|now|sometimes|then|maybe|at times)\s)?{PERCENT}(?!\s(?:is|would be|will be|are)\b)",
    re.I,
)


def denied(before: str) -> bool:
    """Whether what stands in ``before`` denies what comes right after it, in the same clause."""
    before = _ASIDE.sub(r"\1 ", before[-WITHIN:])
    before = _BUT_ALL.sub("except", before)
    return _DENIED.search(_CLAUSE.split(before)[-1]) is not None


def no_single_figure(before: str, after: str) -> bool:
    """Whether the figure between is one end of a range, one of two values, or below zero."""
    near = before[-WITHIN:]
    return bool(_MINUS.search(near) or _FIRST_HALF.search(near) or _OTHER_HALF.match(after[:WITHIN]))
