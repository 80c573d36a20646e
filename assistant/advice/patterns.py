"""``reading.yaml``, compiled: the patterns by which a text about one's own case is read."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from assistant.advice.figures import MONEY, NUMBER, PERCENT
from assistant.advice.phrases import Kind
from assistant.advice.situation import FIELDS, Rung
from assistant.errors import ConfigurationError
from assistant.types import Frozen

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
    asks_else: re.Pattern[str]


@lru_cache(maxsize=1)
def patterns() -> Patterns:
    """The built-in patterns."""
    return load_patterns(FILE)


def load_patterns(path: Path) -> Patterns:
    """The patterns of a file. Raises ConfigurationError naming the record that is wrong."""
    data: Any = None
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        words = {"n": NUMBER, "p": PERCENT, "money": MONEY} | data.pop("words")
        found = Patterns.model_validate(_compiled(data, words))
        wrong = next((record.field for record in found.records if record.field not in FIELDS), None)
        if wrong is not None:
            raise ConfigurationError(f"{path.name}: a situation has no field {wrong}.", "Correct the record.")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, AttributeError, re.error) as error:
        raise ConfigurationError(f"{path.name}: can't be read ({error}).", "Correct it.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path.name}: {where}: {first['msg']}.", "Correct the record.") from None
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

    names = ("own_case", "about_essays", "training", "asks_advice", "asks_to_train", "asks_else")
    made = data | {name: compiled(data[name]) for name in names}
    made["rungs"] = {rung: compiled(pattern) for rung, pattern in data["rungs"].items()}
    made["records"] = [
        record
        | {name: compiled(record[name]) for name in ("unless", "unless_after", "whole") if name in record}
        | {"match": [compiled(pattern) for pattern in record["match"]]}
        for record in data["records"]
    ]
    return made
