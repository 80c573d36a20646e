"""The table of tuned constants, ``tuning.yaml``: each with its value, its owner and the reason for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

from assistant.types import Frozen

FILE = Path(__file__).with_name("tuning.yaml")


class Constant(Frozen):
    """A number set by measurement. ``owner`` is the room that reads it, ``why`` what it is for."""

    value: float
    owner: str
    why: str


@lru_cache(maxsize=1)
def constants() -> dict[str, Constant]:
    """Every constant by its name, ``group.name``."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(FILE.read_bytes(), loader)  # noqa: S506 - both loaders are safe
    return {f"{group}.{name}": Constant(**record) for group, one in data.items() for name, record in one.items()}


def tuned(name: str) -> float:
    """The value of a constant. Raises KeyError for a name that the table does not have."""
    return constants()[name].value
