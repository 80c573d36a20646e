"""The shape of the web room: its own floors, no import circle, no module that serves one neighbour only."""

from graphlib import CycleError, TopologicalSorter

import pytest
from test_floors import imports, modules

WEB = "assistant.web."
FLOORS = {
    "asking": 0,
    "rendering": 0,
    "schemas": 0,
    "observe": 1,
    "catalog": 2,
    "conversations": 2,
    "guard": 2,
    "jobs": 2,
    "readiness": 2,
    "own_model": 3,
    "service": 4,
    "health": 5,
    "sse": 5,
    "api": 6,
    "chat": 6,
    "mcp": 6,
    "openai": 6,
    "pages": 6,
    "app": 7,
    "server": 8,
    "demo": 9,
}
UPWARD: set[tuple[str, str]] = set()
"""Imports of a floor above or beside, each with its reason; four at most."""
LONGEST = 300
SEAMS = {
    "assistant.web.app",  # the application, which other servers may run
    "assistant.web.chat.head",  # imports Gradio, which the server does while it answers already
}
"""Modules of one neighbour that stay apart all the same."""

MODULES = modules()


def module_of(name: str) -> str:
    """The module that holds an imported name, "" for one of another package."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


USED = {
    module: {module_of(name) for _, name in imports(path.read_text(encoding="utf-8"), module, path.stem == "__init__")}
    for module, path in MODULES.items()
}
GRAPH = {
    module: {other for other in used - {module} if other.startswith(WEB)}
    for module, used in USED.items()
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


def test_no_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


def lines(module: str) -> int:
    return len(MODULES[module].read_text(encoding="utf-8").splitlines())


def test_a_module_that_one_neighbour_imports_is_part_of_it() -> None:
    """Unless both together are too long."""
    apart = []
    for module in set(GRAPH) - SEAMS:
        users = [user for user, used in USED.items() if module in used - {user}]
        if len(users) == 1 and users[0].rpartition(".")[0] == module.rpartition(".")[0]:
            apart += [f"{module} serves {users[0]}"] if lines(module) + lines(users[0]) <= LONGEST else []
    assert apart == []
