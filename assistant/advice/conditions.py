"""Small typed conditions over facts, in three values: true, false, and None for what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from assistant.types import Frozen

Facts = Mapping[str, Any]
"""Name → value; None: unknown."""


class Condition(Frozen):
    """Either ``all``/``any``/``not``/``unless`` of further conditions, or one test of one ``field``.

    ``not`` of the unknown is unknown; ``unless`` holds wherever its condition is not known to hold.
    """

    every: tuple[Condition, ...] | None = Field(None, alias="all", min_length=1)
    some: tuple[Condition, ...] | None = Field(None, alias="any", min_length=1)
    negated: Condition | None = Field(None, alias="not")
    unless: Condition | None = None
    field: str | None = None
    equals: bool | str | float | None = Field(None, alias="is")
    one_of: tuple[str, ...] | None = None
    has: str | None = None
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        groups = [self.every, self.some, self.negated, self.unless, self.field]
        tests = [self.equals, self.one_of, self.has, self.above, self.below, self.at_least, self.known]
        if sum(group is not None for group in groups) != 1:
            raise ValueError("a condition is one of all, any, not, unless, field")
        if sum(test is not None for test in tests) != (self.field is not None):
            raise ValueError("a field is tested by one of is, one_of, has, above, below, at_least, known")
        return self

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; None where what is unknown decides."""
        if self.every is not None:
            return _all([part.holds(facts) for part in self.every])
        if self.some is not None:
            return _not(_all([_not(part.holds(facts)) for part in self.some]))
        if self.negated is not None:
            return _not(self.negated.holds(facts))
        if self.unless is not None:
            return self.unless.holds(facts) is not True
        return self._test(facts[str(self.field)])

    def fields(self) -> frozenset[str]:
        """Every field it asks about."""
        single = [part for part in (self.negated, self.unless) if part is not None]
        parts = [*(self.every or ()), *(self.some or ()), *single]
        return frozenset({self.field} if self.field else set()).union(*(part.fields() for part in parts))

    def _test(self, value: Any) -> bool | None:
        if self.known is not None:
            return (value is not None) == self.known
        if value is None:
            return None
        if self.has is not None:
            return value.get(self.has) if isinstance(value, Mapping) else self.has in value
        if self.one_of is not None:
            return value in self.one_of
        return self._compare(value)

    def _compare(self, value: Any) -> bool:
        if self.above is not None:
            return bool(value > self.above)
        if self.below is not None:
            return bool(value < self.below)
        if self.at_least is not None:
            return bool(value >= self.at_least)
        return bool(value == self.equals)


def _all(values: list[bool | None]) -> bool | None:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
