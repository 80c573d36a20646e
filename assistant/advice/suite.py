"""Situations with the verdict a careful reader gives, and how the rules do on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from assistant.advice.situation import Rung, Situation
from assistant.errors import SuiteError
from assistant.types import Frozen


class Verdict(Frozen):
    """The rung wanted, others that do, and those that would be wrong."""

    rung: Rung
    also_ok: tuple[Rung, ...] = ()
    never: tuple[Rung, ...] = Field((), alias="not")


class Gold(Frozen):
    """One situation of a suite."""

    id: str
    title: str
    text: str
    situation: Situation
    verdict: Verdict
    ready_to_fine_tune: bool | None
    reasons: tuple[dict[str, str], ...] = ()
    would_change: tuple[str, ...] = ()
    disagreement: str | None = None

    def accepts(self, rung: Rung) -> bool:
        """Whether a rung is one of those wanted and none of those ruled out."""
        return rung in {self.verdict.rung, *self.verdict.also_ok} and rung not in self.verdict.never


def load_suite(path: Path) -> tuple[Gold, ...]:
    """The situations of a JSON Lines file. Raises SuiteError naming the line and what is wrong with it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: can't be read ({type(error).__name__}).", "Check the path.") from None
    found = tuple(_gold(path, at, line) for at, line in enumerate(lines, 1) if line.strip())
    if not found:
        raise SuiteError(f"{path}: holds no situation.", "Write one as eval/situations.jsonl has them.")
    return found


def _gold(path: Path, at: int, line: str) -> Gold:
    try:
        data: Any = json.loads(line)
        return Gold.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        told = f"{'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}"
    except (ValueError, RecursionError):
        told = "is not JSON"
    raise SuiteError(f"{path}, line {at}: {told}.", "Write it as eval/situations.jsonl has them.")
