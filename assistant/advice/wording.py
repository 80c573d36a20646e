"""A field of a situation, or what follows from one, as it is told to people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assistant.advice.figures import plain
from assistant.advice.situation import SHARES, Owners


def told(name: str, value: Any, *, exact: bool = False) -> str:
    """The value of the field ``name``: 82% for a share, yes or no, a list by commas, "unknown" for None.

    ``exact``: with every digit there is, so that what is typed back is the same value; else rounded.
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _figure(value, share=name in SHARES, exact=exact)
    parts = value.model_dump() if isinstance(value, Owners) else value
    if isinstance(parts, Mapping):
        return ", ".join(f"{part} {told(part, each, exact=exact)}" for part, each in parts.items())
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list | tuple) else str(value)


def _figure(value: float, *, share: bool, exact: bool) -> str:
    if exact:
        digits = f"{Decimal(repr(value)) * (100 if share else 1):,f}"
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    else:
        digits = plain(round(100 * value, 1) if share else value)
    return f"{digits}%" if share else digits
