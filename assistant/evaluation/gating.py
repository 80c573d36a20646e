"""The gate: whether a run may ship, by the Wilson interval of its pass share.

The bars come from the first essay (ship above 0.9, fix the prompt below 0.5, consider fine-tuning between). They and
the prices of models are read from ``eval/thresholds.toml``.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.errors import InputError, NothingMeasured
from assistant.evaluation.results import CaseResult, Interval, Run
from assistant.evaluation.statistics import wilson
from assistant.settings import suites_dir
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


Word = Literal["SHIP", "FIX THE PROMPT FIRST", "CONSIDER FINE-TUNING", "UNDECIDED", "ERRORS"]
MOST_CASES = 20_000
"""How far to look for the number of cases that would decide."""
_MENDED_BY = {
    "error": "the set-up",
    "not retrieved": "the index or the ranking",
    "not cited": "the prompt or an example",
    "wrong span cited": "the prompt or an example",
    "fact missing": "the prompt or an example",
    "says what it must not": "the choice of sentences, or the prompt",
    "wrong verdict": "the reading of yes-no questions, or the prompt",
    "premise not corrected": "the reading of the question, or the prompt",
    "unsupported": "the prompt or the model",
    "answer not first": "the order of sentences, or the prompt",
    "filler": "the choice of further sentences, or the prompt",
    "wrong form": "the reading of the wanted form, or the prompt",
    "too long": "the prompt",
    "should have abstained": "the threshold for abstaining",
    "should have answered": "the index or the threshold for abstaining",
}


class Verdict(Frozen):
    """What the gate says, why, of how many passed cases, and how many more cases would decide (None: no number)."""

    verdict: Word
    reason: str
    passed: Interval
    more_cases: int | None = None

    @property
    def ships(self) -> bool:
        """Whether the gate is open."""
        return self.verdict == "SHIP"


def gate(run: Run, thresholds: Thresholds | None = None) -> Verdict:
    """The verdict on a run, by its suite's own bars where it has some. Repeats are reduced per case first.

    Raises NothingMeasured for a run without cases.
    """
    bars = (thresholds or load_thresholds()).for_suite(run.setup.suite)
    passes = passed_cases(run.results, bars.repeats)
    if not passes:
        raise NothingMeasured(f"The run {run.id} holds no case.", "Run a suite that has some.")
    passed = wilson(sum(passes.values()), len(passes))
    barred = _barred(run, passes, bars)
    word = _word(passed, bars)
    if word == "SHIP" and barred:
        return Verdict(verdict="UNDECIDED", reason=f"{_measured(passed)} {barred}", passed=passed)
    if word != "SHIP" and (failed := _errors(run)):
        return Verdict(verdict="ERRORS", reason=f"{failed} {_measured(passed)} {barred}".rstrip(), passed=passed)
    more = _more_cases(passed, bars) if word == "UNDECIDED" else None
    told = " ".join(filter(None, (_measured(passed), _why(word, passed, run, bars, more), barred)))
    return Verdict(verdict=word, reason=told, passed=passed, more_cases=more)


def passed_cases(results: Iterable[CaseResult], repeats: float = 1.0) -> dict[str, bool]:
    """Whether each case passed, by id: at least the share ``repeats`` of its repeats did."""
    by_case: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        by_case[result.case.id].append(result.passed and result.error is None)
    return {case: sum(each) >= repeats * len(each) for case, each in by_case.items()}


def _word(passed: Interval, bars: Thresholds) -> Word:
    if passed.low > bars.ship:
        return "SHIP"
    if passed.high < bars.fix:
        return "FIX THE PROMPT FIRST"
    if passed.low >= bars.fix and passed.high < bars.ship:
        return "CONSIDER FINE-TUNING"
    return "UNDECIDED"


def _barred(run: Run, passes: Mapping[str, bool], bars: Thresholds) -> str:
    """What keeps the run from shipping whatever its share: a broken suite, or a kind that fails."""
    let_through = [f"{sentinel.name!r}" for sentinel in run.sentinels if sentinel.lets_through]
    if let_through:
        return f"The suite is broken: it lets {_joined(let_through)} pass. Mend the suite before trusting it."
    kinds: dict[str, list[bool]] = defaultdict(list)
    for case_id, case in {result.case.id: result.case for result in run.results}.items():
        kinds[case.kind].append(passes[case_id])
    low = [f"{kind} ({sum(p)} of {len(p)})" for kind, p in kinds.items() if sum(p) < bars.kind_minimum * len(p)]
    return f"Below {bars.kind_minimum:.0%} in: {_joined(low)}." if low else ""


def _errors(run: Run) -> str:
    """What to do about answers that never came, which say nothing about prompts; empty where all came."""
    count = sum(result.error is not None for result in run.results)
    mend = "Mend the cause, and run again with --retry-errors"
    return f"{count} of {len(run.results)} questions ended in an error. {mend}." if count else ""


def _measured(passed: Interval) -> str:
    return f"{passed.k} of {passed.n} passed ({passed.share:.0%}, 95% interval {passed.low:.1%} to {passed.high:.1%})."


def _why(word: Word, passed: Interval, run: Run, bars: Thresholds, more: int | None) -> str:
    if word == "SHIP":
        return f"The lower end is above {bars.ship:.0%}."
    if word == "FIX THE PROMPT FIRST":
        return f"The upper end is below {bars.fix:.0%}. {_failures(run)}"
    if word == "CONSIDER FINE-TUNING":
        return f"The interval lies between {bars.fix:.0%} and {bars.ship:.0%}. {_failures(run)}"
    bar = bars.ship if passed.low <= bars.ship <= passed.high else bars.fix
    needed = f"About {more:,} more cases at this share would decide." if more else "No number of cases would decide."
    return f"The interval spans {bar:.0%}. {needed}"


def _failures(run: Run) -> str:
    """The failures as the reason, each with what mends it."""
    counts = Counter(result.attribution or "error" for result in run.results if not result.passed)
    told = [f"{count} {what} (mend {_MENDED_BY[what]})" for what, count in counts.most_common()]
    return f"Failures: {', '.join(told)}."


def _more_cases(passed: Interval, bars: Thresholds) -> int | None:
    """The fewest further cases after which, at the same pass share, the verdict stands and stays."""
    for total in range(passed.n + 1, MOST_CASES):
        if _word(wilson(round(passed.share * total), total), bars) != "UNDECIDED":
            return total - passed.n
    return None


def _joined(names: list[str]) -> str:
    return ", ".join(names)
