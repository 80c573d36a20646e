"""All errors stand in one module, whose docstring shows them as the tree they are."""

import ast
import inspect
import re

import pytest
from test_floors import modules

from assistant import errors
from assistant.errors import AssistantError

TREE = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}


def subclasses(source: str) -> list[str]:
    """Classes of ``source`` that are errors of the tree, by the names of their bases."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases} for node in classes}
    return [name for name, of in bases.items() if of & TREE.keys()]


@pytest.mark.parametrize("module", [name for name in modules() if name != "assistant.errors"])
def test_no_error_of_the_tree_stands_elsewhere(module: str) -> None:
    assert subclasses(modules()[module].read_text(encoding="utf-8")) == []


def test_the_search_for_them_finds_one() -> None:
    assert subclasses("from assistant import errors\nclass Late(errors.CorpusError): ...\nclass Not(str): ...") == [
        "Late"
    ]


def test_the_docstring_shows_the_tree_as_it_is() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).splitlines()[2:]:  # type: ignore[union-attr]
        branch = re.match(r"((?:[│ ]   )*)(?:[├└]── )?(\w+)", line)
        assert branch is not None, line
        depth = len(branch[1]) // 4 + ("──" in line)
        path[depth:] = [branch[2]]
        drawn[branch[2]] = path[depth - 1] if depth else ""
    bases = {name: kind.__base__.__name__ for name, kind in TREE.items() if kind is not AssistantError}
    assert drawn == {"AssistantError": ""} | bases
