"""``reading.yaml``, compiled: the patterns by which a text about one's own case is read.

Whether the words before a phrase take it back: "not", "never", "without", a minus sign, half of a range.

What one phrase says: numbers, shares, times, periods, owners, and lists of what was tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from assistant.advice.situation import FIELDS, MONEY, NUMBER, PERCENT, Rung, number, share
from assistant.errors import ConfigurationError
from assistant.textfiles import read_yaml
from assistant.types import Frozen

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


Kind = Literal["number", "daily", "share", "failing", "ms", "period", "owners", "no-owners", "rungs"]
DAYS_A_MONTH = 30
PARTS = {"data": r"\bdata|\bexamples|\blabels", "evals": r"\beval", "releases": r"\breleas"}
_EACH = re.compile(r"\b(?:each|every)\b")


def read_phrase(kind: Kind, text: str, periods: Mapping[str, str], rungs: Mapping[Any, re.Pattern[str]]) -> Any:
    """The value of a phrase; None where it holds none."""
    if kind in {"number", "daily"}:
        value = number(text)
        return value if value is None or kind == "number" else value * DAYS_A_MONTH
    if kind in {"share", "failing"}:
        part = share(text)
        return part if part is None or kind == "share" else round(1 - part, 6)
    if kind == "ms":
        return _milliseconds(text)
    if kind == "period":
        word = re.sub(r"^(?:every|each|once a)\s+", "", text.strip().lower())
        return periods.get(word[:2])
    if kind == "rungs":
        return [
            rung
            for rung, pattern in rungs.items()
            if any(not denied(text[: match.start()]) for match in pattern.finditer(text))
        ]
    return _owned(text, kind == "owners")


def _milliseconds(text: str) -> float | None:
    value = number(text)
    if value is None:
        return None
    return value if re.search(r"\b\d*\.?\d*\s?(?:ms|milli)", text, re.IGNORECASE) else value * 1000


def _owned(text: str, owned: bool) -> dict[str, bool] | None:
    """Each part the phrase names; all three where it names none of them, or each."""
    named = [part for part, pattern in PARTS.items() if re.search(pattern, text, re.IGNORECASE)]
    if owned and (not named or _EACH.search(text)):
        named = list(PARTS)
    return dict.fromkeys(named, owned) or None


FILE = Path(__file__).with_name("reading.yaml")


class Record(Frozen):
    """A field, how its phrases are read, and the patterns that find them; ``reading.yaml`` says more."""

    field: str
    match: tuple[re.Pattern[str], ...] = Field(min_length=1)
    kind: Kind | None = Field(None, alias="as")
    value: Any = None
    unless: re.Pattern[str] | None = None
    unless_after: re.Pattern[str] | None = None
    whole: re.Pattern[str] | None = None


class Patterns(Frozen):
    """The whole file."""

    owner: str
    version: int
    periods: dict[str, str]
    rungs: dict[Rung, re.Pattern[str]]
    records: tuple[Record, ...]
    own_case: re.Pattern[str]
    about_essays: re.Pattern[str]
    training: re.Pattern[str]
    asks_advice: re.Pattern[str]
    asks_to_train: re.Pattern[str]
    asks_openly: re.Pattern[str]
    asks_else: re.Pattern[str]


@lru_cache(maxsize=1)
def patterns() -> Patterns:
    """The built-in patterns."""
    return load_patterns(FILE)


def load_patterns(path: Path) -> Patterns:
    """The patterns of a file. Raises ConfigurationError naming the record that is wrong."""
    data: Any = None
    try:
        data = dict(read_yaml(path, ConfigurationError))
        words = {"n": NUMBER, "p": PERCENT, "money": MONEY} | data.pop("words")
        found = Patterns.model_validate(_compiled(data, words))
        wrong = next((record.field for record in found.records if record.field not in FIELDS), None)
        if wrong is not None:
            raise ConfigurationError(f"{path.name}: a situation has no field {wrong}.", "Correct the record.")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path.name}: {where}: {first['msg']}.", "Correct the record.") from None
    except (TypeError, ValueError, KeyError, AttributeError, re.error) as error:
        raise ConfigurationError(f"{path.name}: can't be read ({error}).", "Correct it.") from None
    return found


def _compiled(data: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """The file's data with every pattern compiled, named parts filled in."""

    def compiled(pattern: Any) -> re.Pattern[str]:
        if not isinstance(pattern, str):
            raise ConfigurationError(f"{FILE.name}: {pattern} is no text.", "Put the pattern in quotes.")
        for _ in range(2):  # a named part may name another
            for name, meaning in words.items():
                pattern = pattern.replace("{" + name + "}", f"(?:{meaning})")
        return re.compile(pattern, re.IGNORECASE)

    names = ("own_case", "about_essays", "training", "asks_advice", "asks_to_train", "asks_openly", "asks_else")
    made = data | {name: compiled(data[name]) for name in names}
    made["rungs"] = {rung: compiled(pattern) for rung, pattern in data["rungs"].items()}
    made["records"] = [
        record
        | {name: compiled(record[name]) for name in ("unless", "unless_after", "whole") if name in record}
        | {"match": [compiled(pattern) for pattern in record["match"]]}
        for record in data["records"]
    ]
    return made
