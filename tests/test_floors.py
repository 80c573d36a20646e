"""The shape of the house: rooms on floors, no import circle, and no module that only its neighbour needs.

A room imports only from the floors below it, and faces never import each other.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "assistant"
FLOORS = {
    "types": 0,
    "errors": 0,
    "settings": 0,
    "textfiles": 0,
    "quantities": 0,
    "tuning": 0,
    "corpus": 1,
    "index": 1,
    "store": 1,
    "retrieval": 2,
    "advice": 2,
    "answering": 3,
    "evaluation": 4,
    "cli": 5,
    "web": 5,
}
GROUND = 0
NEIGHBOURS = {("index", "corpus")}  # an index is made of documents; documents know nothing of indexes
# `assistant serve` and `assistant mcp` start the web faces; they share nothing else with them
DOORS = {("cli", "assistant.web.server"), ("cli", "assistant.web.mcp")}
LAZY_NAMES = {"Assistant": "assistant.answering.assistant"}  # what the package itself hands on from a higher floor
LONGEST = 300
"""Lines two modules may have together before they are better kept apart."""
SEAMS = {
    "assistant.web.chat": "the door of a room, which imports Gradio while the server answers already",
}
"""Modules that one neighbour imports and that stay apart all the same, with the reason."""
LISTS = {
    "assistant.cli.app": "names the commands, each a module that is read and imported alone",
    "assistant.corpus.formats.__main__": "picks the reader of a file's format, each with a library of its own",
}
"""Modules whose work is to import others, with the reason."""


def imports(source: str, module: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full name of each import of this package, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            yield from ((node.lineno, str(arg.value)) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """A sentence for each import that breaks the rule."""
    own = room(module)
    return [
        f"{module}:{line} imports {name}"
        for line, name in imports(source, module, is_package)
        if name.split(".")[0] == "assistant" and not allowed(own, LAZY_NAMES.get(name.removeprefix("assistant."), name))
    ]


def allowed(own: str | None, name: str) -> bool:
    """Whether the room may import the name; the package's own ``__init__`` (no room) hands on whatever it likes."""
    other = room(name)
    if own is None or other is None or own == other or (own, other) in NEIGHBOURS:
        return True
    if any(own == face and f"{name}.".startswith(f"{door}.") for face, door in DOORS):
        return True
    floors = FLOORS[own], FLOORS[other]
    return floors[1] < floors[0] or floors == (GROUND, GROUND)


def room(module: str) -> str | None:
    """``assistant.index.build`` is in the room ``index``; a name of the package itself is in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else None


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if path.stem == "__init__" else parts)] = path
    return found


@cache
def sources() -> dict[str, str]:
    return {module: path.read_text(encoding="utf-8") for module, path in modules().items()}


@cache
def graph() -> dict[str, set[str]]:
    """The modules of this package that each module imports, wherever in the file."""
    used: dict[str, set[str]] = {}
    for module, source in sources().items():
        named = (name for _, name in imports(source, module, _is_package(module)))
        used[module] = {_module_of(name) for name in named} - {"", module}
    return used


def alone(used: Mapping[str, set[str]], lines: Mapping[str, int]) -> dict[str, str]:
    """Modules that one module of their own folder imports and nothing else, though both fit into one; with it."""
    users: dict[str, set[str]] = defaultdict(set)
    for module, others in used.items():
        for other in others:
            users[other].add(module)
    found = {module: next(iter(each)) for module, each in users.items() if len(each) == 1}
    return {
        module: user
        for module, user in found.items()
        if module.rpartition(".")[0] == user.rpartition(".")[0] and lines[module] + lines[user] <= LONGEST
    }


def circle(used: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, the first one also last; [] without one."""
    try:
        TopologicalSorter(used).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _is_package(module: str) -> bool:
    return modules()[module].stem == "__init__"


def _module_of(name: str) -> str:
    """The module that holds an imported name; "" for another package."""
    name = LAZY_NAMES.get(name.removeprefix("assistant."), name)
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name


def test_a_module_imports_only_from_floors_below() -> None:
    found = [violations(source, module, _is_package(module)) for module, source in sources().items()]
    assert [sentence for each in found for sentence in each] == []


def test_a_module_that_one_neighbour_imports_is_part_of_it() -> None:
    lines = {module: len(source.splitlines()) for module, source in sources().items()}
    apart = {module: user for module, user in alone(graph(), lines).items() if user not in LISTS}
    assert apart.keys() - SEAMS.keys() == set(), "Join each with its importer, or name the seam and its reason."
    assert SEAMS.keys() - apart.keys() == set(), "These need no reason any more."


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(graph()) == []


def test_the_shape_is_seen() -> None:
    lines = {"a.one": 100, "a.two": 200, "a.three": 201, "b.one": 1}
    assert alone({"a.one": {"a.two"}}, lines) == {"a.two": "a.one"}
    assert alone({"a.one": {"a.three"}}, lines) == {}
    assert alone({"a.one": {"a.two"}, "b.one": {"a.two"}}, lines) == {}
    assert alone({"b.one": {"a.two"}}, lines) == {}
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []
    assert {"assistant.cli.evaluation", "assistant.evaluation.endpoints"} <= graph().keys()
    assert "assistant.evaluation.endpoints" in graph()["assistant.cli.evaluation"]


def test_every_room_has_its_floor() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - {"__init__", "__main__"} <= set(FLOORS)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("assistant.corpus.loading", "from assistant.index.build import build_index"),
        ("assistant.corpus.loading", "import assistant.answering.pipeline"),
        ("assistant.corpus.loading", "from ..index import build"),
        ("assistant.corpus.loading", "from .. import index"),
        ("assistant.types", "from assistant.corpus import loading"),
        ("assistant.retrieval.retriever", "from assistant.advice import rules"),
        ("assistant.retrieval.retriever", "def late():\n    from assistant import Assistant"),
        ("assistant.index.build", "if TYPE_CHECKING:\n    from assistant.retrieval.retriever import HybridRetriever"),
        ("assistant.answering.models", "importlib.import_module('assistant.web.app')"),
        ("assistant.web.app", "from assistant.cli import main"),
        ("assistant.cli.ask", "from assistant.web.app import create_app"),
        ("assistant.evaluation.gate", "from assistant.cli.main import app"),
    ],
)
def test_the_check_catches(module: str, source: str) -> None:
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("assistant.index.build", "from assistant.corpus.loading import Corpus"),
        ("assistant.index.build", "from . import searches"),
        ("assistant.web.app", "from assistant import Assistant"),
        ("assistant.settings", "from assistant.errors import ConfigurationError"),
        ("assistant.cli.serve", "def serve():\n    from assistant.web.server import serve"),
        ("assistant.corpus.loading", "import yaml"),
    ],
)
def test_the_check_lets_pass(module: str, source: str) -> None:
    assert violations(source, module) == []
