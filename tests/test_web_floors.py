"""The floors inside the web room."""

import pytest
from test_floors import graph

WEB = "assistant.web."
FLOORS = {
    "asking": 0,
    "rendering": 1,
    "observe": 2,
    "catalog": 4,
    "conversations": 3,
    "guard": 3,
    "jobs": 3,
    "following": 3,
    "service": 5,
    "health": 6,
    "sse": 6,
    "api": 7,
    "chat": 7,
    "mcp": 7,
    "openai": 7,
    "pages": 7,
    "app": 8,
    "server": 9,
}
UPWARD: set[tuple[str, str]] = set()
"""Imports of a floor above or beside, each with its reason; four at most."""
GRAPH = {
    module: {other for other in used if other.startswith(WEB)}
    for module, used in graph().items()
    if module.startswith(WEB)
}


def part(module: str) -> str:
    return module.removeprefix(WEB).split(".")[0]


def test_every_part_has_its_floor() -> None:
    assert {part(module) for module in GRAPH} == set(FLOORS)


@pytest.mark.parametrize("module", GRAPH)
def test_a_part_imports_only_from_floors_below(module: str) -> None:
    own = part(module)
    upward = {
        (own, part(other)) for other in GRAPH[module] if part(other) != own and FLOORS[part(other)] >= FLOORS[own]
    }
    assert upward <= UPWARD
    assert len(UPWARD) <= 4
