"""The table of tuned constants, ``tuning.yaml``: each with its value, its owner and the reason for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.textfiles import read_yaml
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
    data = read_yaml(FILE, ConfigurationError)["constants"]
    return {f"{group}.{name}": Constant(**record) for group, one in data.items() for name, record in one.items()}


def tuned(name: str) -> float:
    """The value of a constant. Raises KeyError for a name that the table does not have."""
    return constants()[name].value
