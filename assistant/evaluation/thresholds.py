"""The bars of the gate and the prices of models, as ``eval/thresholds.toml`` gives them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from assistant.errors import InputError
from assistant.evaluation.loading import suites_dir
from assistant.types import Frozen, Usage


class Price(Frozen):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(None, ge=0)

    def of(self, usage: Usage) -> float:
        """US dollars these tokens cost."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = usage.input_tokens - usage.cached_input_tokens
        return (fresh * self.input + usage.cached_input_tokens * cached + usage.output_tokens * self.output) / 1e6


class Bars(Frozen):
    """Bars a suite has of its own; None leaves the general one."""

    ship: float | None = Field(None, gt=0, lt=1)
    fix: float | None = Field(None, gt=0, lt=1)
    repeats: float | None = Field(None, gt=0, le=1)
    kind_minimum: float | None = Field(None, ge=0, le=1)


class Thresholds(Frozen):
    """Pass shares: ``ship`` for the interval's lower end, ``fix`` for its upper end, ``repeats`` within a case."""

    ship: float = Field(0.9, gt=0, lt=1)
    fix: float = Field(0.5, gt=0, lt=1)
    repeats: float = Field(1.0, gt=0, le=1)
    kind_minimum: float = Field(0.5, ge=0, le=1)
    prices: dict[str, Price] = Field(default_factory=dict)
    suites: dict[str, Bars] = Field(default_factory=dict)

    def for_suite(self, name: str) -> Thresholds:
        """The bars with those a suite has of its own."""
        own = self.suites.get(name)
        return self.model_copy(update=own.model_dump(exclude_none=True)) if own else self


def load_thresholds(path: Path | None = None) -> Thresholds:
    """The bars of a TOML file, else of the built-in one. Raises InputError naming what is wrong with it."""
    file = path or suites_dir() / "thresholds.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        flat = dict(data.pop("gate", {}))
        for head in ("owner", "version"):
            data.pop(head, None)
        flat |= {f"kind_{name}": value for name, value in data.pop("kinds", {}).items()}
        made = Thresholds.model_validate(flat | data)
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}).", "Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: is not TOML ({error}).", "Correct it.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{file}: {where}: {first['msg']}.", "Correct it.") from None
    if any(bars.fix >= bars.ship for bars in (made, *map(made.for_suite, made.suites))):
        raise InputError(f"{file}: fix must be below ship.", "Correct it.")
    return made
