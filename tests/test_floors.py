"""The shape of the house: a room imports only from the floors below it, and faces never import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "assistant"
FLOORS = {
    "types": 0,
    "errors": 0,
    "settings": 0,
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
DOORS = {("cli", "assistant.web.server"), ("cli", "assistant.web.demo"), ("cli", "assistant.web.mcp")}
LAZY_NAMES = {"Assistant": "assistant.answering.assistant"}  # what the package itself hands on from a higher floor


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


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if path.stem == "__init__" else parts)] = path
    return found


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_from_floors_below(module: str) -> None:
    path = modules()[module]
    assert violations(path.read_text(encoding="utf-8"), module, path.stem == "__init__") == []


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
        ("assistant.index.build", "from . import vectors"),
        ("assistant.web.app", "from assistant import Assistant"),
        ("assistant.settings", "from assistant.errors import ConfigurationError"),
        ("assistant.cli.serve", "def serve():\n    from assistant.web.server import serve"),
        ("assistant.corpus.loading", "import yaml"),
    ],
)
def test_the_check_lets_pass(module: str, source: str) -> None:
    assert violations(source, module) == []
